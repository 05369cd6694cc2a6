/**
 * `npm run bench [name…]`: runs the workloads that belong to one of the given groups, or whose names begin with one of the given names
 * (all by default), against the peers that are there. See README.md.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setNumThreads } from '@flambeau/core';
import { Ceilings } from './ceilings.js';
import { estimate } from './estimate.js';
import { check, type Measurement, measure, measureMemory } from './measure.js';
import { profileWorkloads } from './profile.js';
import { type Report, report, wrongOutputs } from './report.js';
import { Side } from './side.js';
import type { Workload } from './workload.js';
import { groups, workloads } from './workloads/index.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' },
    threads: { type: 'string' },
    list: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const threads = Number(values.threads ?? availableParallelism());
if (!(Number.isInteger(rounds) && rounds > 0 && Number.isInteger(threads) && threads > 0))
  throw new RangeError('--rounds and --threads take positive integers');

/** The workloads of a group, or else those whose names begin with it. */
function choose(name: string): readonly Workload[] {
  const found = groups[name] ?? workloads.filter((w) => w.name.startsWith(name));
  if (found.length === 0)
    throw new Error(`no workload begins with ${name}, and the groups are ${Object.keys(groups).join(', ')}`);
  return found;
}
const wanted = new Set(positionals.flatMap(choose));
const chosen = positionals.length === 0 ? workloads : workloads.filter((w) => wanted.has(w));

const [node, python] = [process.execPath, process.env.BENCH_PYTHON ?? 'python3'];
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  flambeau: [node, here('peers/flambeau.js')],
  pytorch: [python, here('../python/peer.py')],
  'tfjs-wasm': [node, here('peers/tfjs.js')],
};

function start(name: string): ReturnType<typeof Side.start> {
  const n = String(threads);
  return Side.start(name, COMMANDS[name], { BENCH_THREADS: n, OMP_NUM_THREADS: n, MKL_NUM_THREADS: n });
}

/** Our side first, then the peers that are installed. */
async function startSides(): Promise<Side[]> {
  const sides: Side[] = [];
  for (const name of Object.keys(COMMANDS)) {
    const { side, hello } = await start(name);
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

async function measureOne(workload: Workload, sides: readonly Side[], ceilings: Ceilings, folder: string): Promise<Measurement> {
  const freshSide = async (name: string) => (await start(name)).side;
  if (workload.measures === 'memory') return measureMemory(workload, sides, freshSide, folder);
  if (workload.ceiling) ceilings.measure(workload.ceiling);
  const measurement = await measure(workload, sides, rounds, folder);
  if (workload.ceiling) ceilings.measure(workload.ceiling); // again: a busy moment must not pass for the machine's best
  return measurement;
}

/** For those who wait: what came out, before the table is there. */
function summary({ rows, failures }: Report): string {
  const share = (ofCeiling: number | null) => (ofCeiling === null ? '' : `, ${(100 * ofCeiling).toFixed(0)} %`);
  const lines = rows.map(
    ({ ratio, ofCeiling, met }) => `${ratio?.toFixed(2) ?? '–'}${share(ofCeiling)}${met === false ? ' (missed)' : ''}`,
  );
  return [...lines, ...failures].join('; ');
}

/** Compares outputs and measures nothing. */
async function checkAll(): Promise<void> {
  const sides = await startSides();
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-bench-'));
  let wrong = 0;
  try {
    for (const workload of chosen.filter((w) => w.measures !== 'memory')) {
      try {
        const errors = await check(workload, sides, join(folder, workload.name));
        const failures = wrongOutputs(workload, errors);
        if (failures.length > 0) wrong++;
        console.log(
          failures.join('\n') ||
            `${workload.name}  ${Object.values(errors)
              .map((e) => e.toExponential(0))
              .join(', ')}`,
        );
      } catch (error) {
        wrong++;
        console.log(`${workload.name}: ${(error as Error).message}`);
      }
    }
  } finally {
    for (const side of sides) side.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${wrong} of ${chosen.length} workloads failed`);
  if (wrong > 0) process.exitCode = 1;
}

async function profileAll(): Promise<void> {
  setNumThreads(threads);
  const ceilings = new Ceilings();
  console.log(ceilings.describe());
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-bench-'));
  const { side } = await start('flambeau');
  try {
    for await (const table of profileWorkloads(chosen, side, ceilings, folder)) console.log(`\n${table}`);
  } finally {
    side.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(): Promise<void> {
  setNumThreads(threads);
  console.log(`${cpus()[0].model}, ${threads} threads, ${rounds} rounds`);
  const ceilings = new Ceilings();
  console.log(ceilings.describe());
  const folder = mkdtempSync(join(tmpdir(), 'flambeau-bench-'));
  const sides = await startSides();
  const rows = chosen.reduce((n, w) => n + w.lines.length, 0);
  console.log(`${chosen.length} workloads, ${rows} rows, about ${Math.ceil(estimate(chosen, rounds, ceilings) / 60)} minutes`);
  const peers = sides.slice(1).map((s) => s.name);
  const measurements: (readonly [Workload, Measurement])[] = [];
  const failures: string[] = [];
  try {
    for (const [i, workload] of chosen.entries()) {
      process.stdout.write(`  ${i + 1}/${chosen.length} ${workload.name}`);
      try {
        const measured = [workload, await measureOne(workload, sides, ceilings, join(folder, workload.name))] as const;
        measurements.push(measured);
        console.log(`  ${summary(report([measured], peers, ceilings))}`);
      } catch (error) {
        failures.push(`${workload.name}: ${(error as Error).message}`);
        console.log(`  ${(error as Error).message.split('\n')[0]}`);
      }
    }
  } finally {
    for (const side of sides) side.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const result = report(measurements, peers, ceilings);
  failures.push(...result.failures);
  console.log(`\n${result.table}\n\n${result.totals}\n`);
  const runs = here('../runs');
  mkdirSync(runs, { recursive: true });
  const file = join(runs, `${new Date().toISOString().replaceAll(':', '-')}.json`);
  const samples = measurements.map(([, m]) => m);
  writeFileSync(
    file,
    JSON.stringify({ cpu: cpus()[0].model, threads, rounds, ceilings, failures, rows: result.rows, measurements: samples }),
  );
  console.log(`raw samples: ${file}`);
  for (const failure of failures) console.error(`FAILED ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
}

if (values.list) for (const { name } of workloads) console.log(name);
else if (values.check) await checkAll();
else if (values.profile) await profileAll();
else await run();
