/** Making one batch: the same code with and without workers. */
import { getRngState, manualSeed, setRngState } from '@flambeau/core';
import type { Dataset } from './dataset.js';
import { sampleSeed } from './random.js';

/** An error that a dataset threw, with the sample it was making. */
export class SampleError extends Error {
  override name = 'SampleError';
  constructor(index: number, cause: unknown) {
    super(
      `the dataset failed on sample ${index}: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`,
      { cause },
    );
    if (cause instanceof Error && cause.stack) this.stack = `${this.name}: ${this.message}\n  caused by ${cause.stack}`;
  }
}

/** The samples of a batch. Each finds core's default generator seeded by (seed, epoch, index). */
export async function fetchSamples<T>(
  dataset: Dataset<T>,
  indices: readonly number[],
  seed: number,
  epoch: number,
): Promise<T[]> {
  const samples: T[] = [];
  for (const index of indices) {
    const before = getRngState();
    manualSeed(sampleSeed(seed, epoch, index));
    try {
      samples.push(await dataset.get(index));
    } catch (cause) {
      throw new SampleError(index, cause);
    } finally {
      setRngState(before);
    }
  }
  return samples;
}
