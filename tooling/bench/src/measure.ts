/** One workload on every side, in rounds. */
import { mkdirSync, rmSync } from 'node:fs';
import { readOutput, writeInputs } from './arrays.js';
import type { Side } from './side.js';
import { largestError, median } from './statistics.js';
import type { Workload } from './workload.js';

/** How long a side warms up (a just-in-time compiler takes its time), and how long one round lasts for one variant, in seconds. */
export const WARM_UP = 0.5;
export const ROUND = 0.1;
/** A sample is at least this long, so that the clock does not matter. */
const SAMPLE = 0.004;
/** Between two sides: threads that wait by spinning go to sleep. */
export const PAUSE = 0.02;
/** Runs before the peak memory is asked for. */
const MEMORY_RUNS = 5;

/** What one way of doing a workload took. */
export interface Timing {
  readonly side: string;
  readonly variant: string;
  /** Runs in one sample. */
  readonly times: number;
  /** Seconds (or bytes) of every sample, by round. */
  readonly rounds: number[][];
}

export interface Measurement {
  readonly workload: string;
  readonly timings: readonly Timing[];
  /** How far each peer's outputs lie from ours; see `largestError`. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Seconds for one run (or bytes): the median over the rounds of the rounds' medians. */
export const costOf = ({ rounds, times }: Timing): number => median(rounds.map(median)) / times;

/** The best variant of a side, of those that count. */
export function fastest(
  measurement: Measurement,
  side: string,
  counts: (variant: string) => boolean = () => true,
): Timing | undefined {
  const own = measurement.timings.filter((t) => t.side === side && counts(t.variant));
  return own.sort((a, b) => costOf(a) - costOf(b))[0];
}

const prepare = (side: Side, { name, peer }: Workload, folder: string) =>
  side.ask({ do: 'prepare', workload: name, peer, folder });

/** Writes the inputs into the folder for as long as `fn` runs. */
async function withInputs<T>(workload: Workload, folder: string, fn: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true });
  try {
    writeInputs(folder, workload.inputs);
    return await fn();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Sets the workload up on every side from the same inputs, compares what they compute, and times them round by round, one side
 * after the other. Sides that do not know the workload are left out.
 *
 * @param sides - The first one is ours, with which the others are compared.
 */
export function measure(workload: Workload, sides: readonly Side[], rounds: number, folder: string): Promise<Measurement> {
  return withInputs(workload, folder, async () => {
    const { variants, errors } = await compare(workload, sides, folder);
    const runs: { side: Side; timing: Timing; samples: number }[] = [];
    for (const { side, variant } of variants) runs.push({ side, ...(await calibrate(side, variant)) });
    for (let round = 0; round < rounds; round++) {
      for (const { side, timing, samples } of round % 2 === 0 ? runs : [...runs].reverse()) {
        await new Promise((resolve) => setTimeout(resolve, 1000 * PAUSE));
        const { seconds } = await side.ask({ do: 'time', variant: timing.variant, times: timing.times, samples });
        timing.rounds.push([...seconds]);
      }
    }
    return { workload: workload.name, timings: runs.map((r) => r.timing), errors };
  });
}

/** Only compares what the sides compute. */
export const check = (workload: Workload, sides: readonly Side[], folder: string): Promise<Measurement['errors']> =>
  withInputs(workload, folder, async () => (await compare(workload, sides, folder)).errors);

/**
 * The peak memory of a process for each variant of each side, which does nothing but some runs of the workload.
 *
 * @param start - Starts a fresh process of a side.
 */
export function measureMemory(
  workload: Workload,
  sides: readonly Side[],
  start: (name: string) => Promise<Side>,
  folder: string,
): Promise<Measurement> {
  return withInputs(workload, folder, async () => {
    const timings: Timing[] = [];
    for (const { name } of sides) {
      let variants: readonly string[] = [''];
      for (let i = 0; i < variants.length; i++) {
        const side = await start(name);
        ({ variants } = await prepare(side, workload, folder));
        if (variants.length > 0) {
          await side.ask({ do: 'time', variant: variants[i], times: 1, samples: MEMORY_RUNS });
          const { bytes } = await side.ask({ do: 'peak' });
          timings.push({ side: name, variant: variants[i], times: 1, rounds: [[bytes]] });
        }
        side.stop();
      }
    }
    return { workload: workload.name, timings, errors: {} };
  });
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
  const samples = Math.max(1, Math.round(ROUND / last));
  return { timing: { side: side.name, variant, times, rounds: [] }, samples };
}

interface Outputs {
  readonly side: Side;
  readonly variant: string;
  readonly arrays: readonly Float32Array[];
}

/** Sets the workload up and compares each variant's outputs with those of the first variant of the first side. */
async function compare(
  workload: Workload,
  sides: readonly Side[],
  folder: string,
): Promise<{ variants: readonly { side: Side; variant: string }[]; errors: Measurement['errors'] }> {
  const outputs: Outputs[] = [];
  for (const side of sides) {
    const { variants } = await prepare(side, workload, folder);
    for (const variant of variants) {
      const prefix = `${side.name}.${variant}`;
      const { count } = await side.ask({ do: 'outputs', variant, prefix });
      outputs.push({ side, variant, arrays: Array.from({ length: count }, (_, i) => readOutput(folder, `${prefix}.${i}`)) });
    }
  }
  return { variants: outputs.map(({ side, variant }) => ({ side, variant })), errors: errorsOf(outputs) };
}

function errorsOf([reference, ...others]: readonly Outputs[]): Record<string, number> {
  const errors: Record<string, number> = {};
  for (const { side, variant, arrays } of others) {
    if (arrays.length !== reference.arrays.length) throw new Error(`${side.name} (${variant}) gave ${arrays.length} outputs`);
    const error = Math.max(...arrays.map((a, i) => largestError(reference.arrays[i], a)));
    errors[side.name] = Math.max(errors[side.name] ?? 0, error);
  }
  return errors;
}
