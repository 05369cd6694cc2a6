/** Making one batch: the same code with and without workers. */
import { forkRng } from '@flambeau/core';
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

/**
 * The samples of a batch. Each finds a default generator of its own, seeded by (seed, epoch, index). Asynchronous ones are under
 * way together, so that what they wait for (files, decoders) overlaps.
 */
export async function fetchSamples<T>(
  dataset: Dataset<T>,
  indices: readonly number[],
  seed: number,
  epoch: number,
): Promise<T[]> {
  const samples: (T | Promise<T>)[] = [];
  for (const index of indices) {
    const failed = (cause: unknown): never => {
      throw new SampleError(index, cause);
    };
    try {
      const sample = forkRng(() => dataset.get(index), { seed: sampleSeed(seed, epoch, index) });
      samples.push(sample instanceof Promise ? sample.catch(failed) : sample);
    } catch (cause) {
      samples.push(Promise.reject(cause).catch(failed));
      break;
    }
  }
  await Promise.allSettled(samples); // nothing runs on after a failure
  return Promise.all(samples);
}
