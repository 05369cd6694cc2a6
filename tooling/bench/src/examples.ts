/**
 * `node tooling/bench/dist/examples.js --data DIR [name…]`: runs the example programs of apps/examples and their twins in PyTorch one after the
 * other, round by round, and compares the times that their training loops report. See README.md.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { align } from './report.js';
import { median } from './statistics.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** The same for both sides, or for ours and for PyTorch's. */
type Args = readonly string[] | readonly [readonly string[], readonly string[]];

/** Arguments that make each example's training long enough for a compiler to warm up and short enough to be repeated. */
function work(data: string, folder: string): Readonly<Record<string, Args>> {
  const weights = ['--weights', join(data, 'resnet-cifar10/resnet20-12fca82f.th')];
  const pixels = join(folder, 'pixels.safetensors');
  const set = (folder: string, ...rest: string[]) => ['--data', join(data, folder), ...rest];
  return {
    'fashion-mlp': set('fashion-mnist', '--epochs', '4'),
    'fashion-cnn': set('fashion-mnist', '--epochs', '1'),
    'fashion-resnet': set('fashion-mnist', '--epochs', '1'),
    'surnames-lstm': set('names', '--epochs', '1'),
    'char-gpt': set('tinyshakespeare/input.txt', '--steps', '300'),
    translation: ['--steps', '150'],
    autoencoder: set('mnist', '--epochs', '1'),
    vae: set('mnist', '--epochs', '3'),
    gan: set('mnist', '--steps', '150'),
    unet: ['--epochs', '2'],
    ddpm: ['--data', join(root, 'apps/quickstart/data/optdigits'), '--steps', '300'],
    gcn: ['--data', join(root, 'apps/examples/test/cora.npz'), '--runs', '2'],
    recommender: ['--epochs', '2'],
    forecaster: set('ett/ETTh1.csv', '--epochs', '1'),
    // Python reads the pixels that our side has decoded
    'transfer-learning': [set('hymenoptera_data', ...weights, '--export', pixels), [...weights, '--pixels', pixels]],
    dqn: ['--steps', '5000'],
  };
}

/** Seconds that a program says its training took. */
async function secondsOf(command: string, args: readonly string[], threads: string): Promise<number> {
  const env = { ...process.env, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads };
  const { stdout } = await run(command, args, { env, maxBuffer: 2 ** 26 });
  const took = /training took ([\d.]+) s/.exec(stdout);
  if (took === null) throw new Error(`${[command, ...args].join(' ')}: did not say how long its training took`);
  return Number(took[1]);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, rounds: { type: 'string', default: '3' } },
});
if (values.data === undefined || !existsSync(values.data))
  throw new Error('name the folder that holds fashion-mnist, mnist, names, … with --data DIR');
const folder = mkdtempSync(join(tmpdir(), 'flambeau-examples-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const all = work(values.data, folder);
const names = positionals.length > 0 ? positionals : Object.keys(all);
const unknown = names.filter((name) => !(name in all));
if (unknown.length > 0) throw new Error(`there is no example ${unknown.join(' or ')}; there are ${Object.keys(all).join(', ')}`);

const threads = String(availableParallelism());
const rows = [['example', 'ours', 'pytorch', 'pytorch / ours']];
for (const name of names) {
  const sides = [
    [process.execPath, join(root, `apps/examples/dist/${name}.js`)],
    [process.env.BENCH_PYTHON ?? 'python3', join(root, `tooling/oracle/examples/${name.replaceAll('-', '_')}.py`)],
  ];
  const seconds: number[][] = [[], []];
  for (let round = 0; round < Number(values.rounds); round++)
    for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) {
      process.stdout.write(`\r\x1b[K${name}: round ${round + 1}, ${['ours', 'PyTorch'][side]}`);
      const [command, program] = sides[side];
      const args = all[name];
      const own = typeof args[0] === 'string' ? (args as readonly string[]) : (args[side] as readonly string[]);
      seconds[side].push(await secondsOf(command, [program, ...own], threads));
    }
  const [ours, theirs] = seconds.map(median);
  rows.push([name, `${ours.toFixed(2)} s`, `${theirs.toFixed(2)} s`, (theirs / ours).toFixed(2)]);
  process.stdout.write(`\r\x1b[K${rows.at(-1)?.join('  ')}\n`);
}
console.log(`\n${align(rows)}`);
