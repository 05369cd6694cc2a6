/** How long a run of the benchmarks takes, roughly. */
import type { Ceilings } from './ceilings.js';
import { PAUSE, ROUND, WARM_UP } from './measure.js';
import type { Workload } from './workload.js';

/** Seconds to write and read inputs, to compare outputs and to measure a ceiling. */
const SET_UP = 1;
/** A run takes about this many times as long as the ceiling allows. */
const OFF_CEILING = 1.7;
/** Processes of a row about memory, and how long one starts. */
const MEMORY = 60;

/** In seconds. */
export function estimate(workloads: readonly Workload[], rounds: number, ceilings: Ceilings): number {
  return workloads.reduce((total, workload) => {
    if (workload.measures === 'memory') return total + MEMORY;
    const run = workload.ceiling === undefined ? 0 : OFF_CEILING * ceilings.roughly(workload.ceiling);
    const variants = 2 * (workload.lines.length > 1 ? 2.5 : 1.8);
    const round = PAUSE + Math.max(ROUND, run);
    return total + SET_UP + variants * (Math.max(WARM_UP, run) + 2 * run + rounds * round);
  }, 0);
}
