/** One workload on every side, in rounds. */
import { mkdirSync, rmSync } from 'node:fs';
import { readOutput, writeInputs } from './arrays.js';
import type { Side } from './side.js';
import { largestError, median } from './statistics.js';
import type { Workload } from './workload.js';

/** How long a side warms up (a just-in-time compiler takes its time), and how long one round lasts for one variant, in seconds. */
const WARM_UP = 2;
const ROUND = 0.15;
/** A sample is at least this long, so that the clock does not matter. */
const SAMPLE = 0.004;
/** Between two sides: threads that wait by spinning go to sleep. */
const PAUSE_MS = 30;

/** What one way of doing a workload took. */
export interface Timing {
  readonly side: string;
  readonly variant: string;
  /** Runs in one sample. */
  readonly times: number;
  /** Seconds of every sample, by round. */
  readonly rounds: number[][];
}

export interface Measurement {
  readonly workload: string;
  readonly timings: readonly Timing[];
  /** How far each peer's outputs lie from ours; see `largestError`. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Seconds for one run: the median over the rounds of the rounds' medians. */
export const secondsOf = ({ rounds, times }: Timing): number => median(rounds.map(median)) / times;

/** The fastest variant of a side. */
export function fastest(measurement: Measurement, side: string): Timing | undefined {
  const own = measurement.timings.filter((t) => t.side === side);
  return own.sort((a, b) => secondsOf(a) - secondsOf(b))[0];
}

/**
 * Sets the workload up on every side from the same inputs, compares what they compute, and times them round by round, one side
 * after the other. Sides that do not know the workload are left out.
 *
 * @param sides - The first one is ours, with which the others are compared.
 */
export async function measure(
  workload: Workload<string>,
  sides: readonly Side[],
  rounds: number,
  folder: string,
): Promise<Measurement> {
  mkdirSync(folder, { recursive: true });
  try {
    writeInputs(folder, workload.inputs);
    const runs: { side: Side; timing: Timing; samples: number }[] = [];
    const outputs: { side: Side; variant: string; arrays: Float32Array[] }[] = [];
    for (const side of sides) {
      const name = side === sides[0] ? workload.name : (workload.peerName ?? workload.name);
      const { variants } = await side.ask({ do: 'prepare', workload: name, folder });
      for (const variant of variants) {
        const prefix = `${side.name}.${variant}`;
        const { count } = await side.ask({ do: 'outputs', variant, prefix });
        outputs.push({ side, variant, arrays: Array.from({ length: count }, (_, i) => readOutput(folder, `${prefix}.${i}`)) });
        runs.push({ side, ...(await calibrate(side, variant)) });
      }
    }
    const errors = compare(outputs);
    for (let round = 0; round < rounds; round++) {
      for (const { side, timing, samples } of round % 2 === 0 ? runs : [...runs].reverse()) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        const { seconds } = await side.ask({ do: 'time', variant: timing.variant, times: timing.times, samples });
        timing.rounds.push([...seconds]);
      }
    }
    return { workload: workload.name, timings: runs.map((r) => r.timing), errors };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Warms a variant up and finds out how often to run it in a sample and how many samples make a round. */
async function calibrate(side: Side, variant: string): Promise<{ timing: Timing; samples: number }> {
  const timed = async (times: number) => (await side.ask({ do: 'time', variant, times, samples: 1 })).seconds[0];
  let times = 1;
  let last = await timed(times);
  for (let spent = last; spent < WARM_UP; spent += last) {
    if (last < SAMPLE) times = Math.ceil(times * Math.min(10, (1.5 * SAMPLE) / Math.max(last, 1e-9)));
    last = await timed(times);
  }
  const samples = Math.max(3, Math.round(ROUND / last));
  return { timing: { side: side.name, variant, times, rounds: [] }, samples };
}

/** The largest difference of each side's outputs from those of the first variant of the first side. */
function compare(outputs: readonly { side: Side; variant: string; arrays: Float32Array[] }[]): Record<string, number> {
  const [reference, ...others] = outputs;
  const errors: Record<string, number> = {};
  for (const { side, arrays } of others) {
    if (arrays.length !== reference.arrays.length) throw new Error(`${side.name} gave ${arrays.length} outputs`);
    const error = Math.max(...arrays.map((a, i) => largestError(reference.arrays[i], a)));
    errors[side.name] = Math.max(errors[side.name] ?? 0, error);
  }
  return errors;
}
