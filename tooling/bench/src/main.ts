/**
 * `pnpm bench [name…]`: runs the workloads whose names begin with one of the given ones (all by default) against the peers that
 * are there. See README.md.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setNumThreads } from '@flambeau/core';
import { Ceilings } from './ceilings.js';
import { type Measurement, measure } from './measure.js';
import { report } from './report.js';
import { Side } from './side.js';
import type { Workload } from './workload.js';
import { workloads } from './workloads/index.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '10' }, threads: { type: 'string' }, list: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const threads = Number(values.threads ?? availableParallelism());
if (!(Number.isInteger(rounds) && rounds > 0 && Number.isInteger(threads) && threads > 0))
  throw new RangeError('--rounds and --threads take positive integers');
const chosen = positionals.length === 0 ? workloads : workloads.filter((w) => positionals.some((p) => w.name.startsWith(p)));
const unknown = positionals.filter((p) => !workloads.some((w) => w.name.startsWith(p)));
if (unknown.length > 0)
  throw new Error(`no workload begins with ${unknown.join(' or ')}; there are ${workloads.map((w) => w.name).join(', ')}`);

/** Our side first, then the peers that are installed. */
async function startSides(): Promise<Side[]> {
  const [node, python] = [process.execPath, process.env.BENCH_PYTHON ?? 'python3'];
  const commands: Record<string, string[]> = {
    flambeau: [node, here('peers/flambeau.js')],
    pytorch: [python, here('../python/peer.py')],
    'tfjs-wasm': [node, here('peers/tfjs.js')],
  };
  const n = String(threads);
  const env = { BENCH_THREADS: n, OMP_NUM_THREADS: n, MKL_NUM_THREADS: n };
  const sides: Side[] = [];
  for (const [name, command] of Object.entries(commands)) {
    const { side, hello } = await Side.start(name, command, env);
    if (hello.absent === undefined) {
      console.log(`${name}: ${hello.version}`);
      sides.push(side);
      continue;
    }
    side.stop();
    if (name === 'flambeau') throw new Error(hello.absent);
    console.log(`${name}: left out (${hello.absent})`);
  }
  return sides;
}

async function run(): Promise<void> {
  setNumThreads(threads);
  console.log(`${cpus()[0].model}, ${threads} threads, ${rounds} rounds`);
  const ceilings = new Ceilings();
  console.log(ceilings.describe());
  const sides = await startSides();
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-bench-'));
  const measurements: [Workload<string>, Measurement][] = [];
  try {
    for (const workload of chosen) {
      console.log(`  ${workload.name}`);
      if (workload.ceiling) ceilings.measure(workload.ceiling);
      measurements.push([workload, await measure(workload, sides, rounds, join(folder, workload.name))]);
      if (workload.ceiling) ceilings.measure(workload.ceiling); // again: a busy moment must not pass for the machine's best
    }
  } finally {
    for (const side of sides) side.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const { table, failures } = report(
    measurements,
    sides.slice(1).map((s) => s.name),
    ceilings,
  );
  console.log(`\n${table}\n`);
  const runs = here('../runs');
  mkdirSync(runs, { recursive: true });
  const file = join(runs, `${new Date().toISOString().replaceAll(':', '-')}.json`);
  const raw = { cpu: cpus()[0].model, threads, rounds, ceilings, failures, measurements: measurements.map(([, m]) => m) };
  writeFileSync(file, JSON.stringify(raw));
  console.log(`raw samples: ${file}`);
  for (const failure of failures) console.error(`FAILED ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

if (values.list) for (const { name } of workloads) console.log(name);
else await run();
