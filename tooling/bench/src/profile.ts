/** `--profile`: what a run of a workload consists of. */
import { mkdirSync, rmSync } from 'node:fs';
import { writeInputs } from './arrays.js';
import type { Ceilings } from './ceilings.js';
import type { ProfiledOp, ProfiledStep } from './protocol.js';
import { align } from './report.js';
import type { Side } from './side.js';
import { arithmetic, traffic, type Workload } from './workload.js';

/** A table for each variant of each workload. */
export async function* profileWorkloads(
  workloads: readonly Workload[],
  side: Side,
  ceilings: Ceilings,
  folder: string,
): AsyncGenerator<string> {
  for (const workload of workloads) {
    mkdirSync(folder, { recursive: true });
    writeInputs(folder, workload.inputs);
    const { variants } = await side.ask({ do: 'prepare', workload: workload.name, peer: workload.peer, folder });
    for (const variant of variants) {
      const { step } = await side.ask({ do: 'profile', variant });
      yield table(`${workload.name} (${variant})`, step, workload, ceilings);
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

const milliseconds = (seconds: number) => (1000 * seconds).toPrecision(4);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** The longest of arithmetic and traffic alone, over the time: an op whose operands lie in a cache may exceed it. */
function ofCeiling({ seconds, flops, bytes }: ProfiledOp, ceilings: Ceilings): string {
  const shortest = Math.max(ceilings.roughly(arithmetic(flops)), ceilings.roughly(traffic('copy', bytes)));
  return shortest === 0 ? '–' : percent(shortest / seconds);
}

function table(title: string, { seconds, profiledSeconds, ops }: ProfiledStep, workload: Workload, ceilings: Ceilings): string {
  const kernels = ops.reduce((sum, op) => sum + op.seconds, 0);
  // what the profiler itself costs is no part of the step
  const outside = Math.max(0, seconds - kernels);
  const line = (name: string, count: string, time: number, ceiling: string) => [
    name,
    count,
    milliseconds(time),
    percent(time / seconds),
    ceiling,
  ];
  const whole = workload.ceiling === undefined ? '–' : percent(ceilings.roughly(workload.ceiling) / seconds);
  const rows = [
    ['op', 'calls', 'ms', 'of step', 'of ceiling'],
    ...ops.map((op) => line(op.name, String(op.count), op.seconds, ofCeiling(op, ceilings))),
    line('kernels', '', kernels, '–'),
    line('JavaScript and memory', '', outside, '–'),
    line('step', '', seconds, whole),
  ];
  return `${title}; with the profiler ${milliseconds(profiledSeconds)} ms\n${align(rows)}`;
}
