/** Where batches come from. */
import { ValueError } from '@flambeau/core';
import type { DataLoaderState } from '@flambeau/data';

/** Batches, once per iteration. With `stateDict` and `loadStateDict` (as `DataLoader` has) training resumes in mid-epoch. */
export interface BatchSource<B = unknown> extends AsyncIterable<B> {
  readonly length?: number;
  setEpoch?(epoch: number): void;
  stateDict?(): DataLoaderState;
  loadStateDict?(state: DataLoaderState): void;
  close?(): Promise<void>;
}

/** Batches per epoch; infinite if the source does not know. */
export function lengthOf(source: BatchSource): number {
  try {
    return source.length ?? Number.POSITIVE_INFINITY;
  } catch (error) {
    if (error instanceof ValueError) return Number.POSITIVE_INFINITY; // a DataLoader over an IterableDataset
    throw error;
  }
}

/**
 * The batches of an epoch up to number `limit`, the first `done` of which the source skips itself. A source that has no more is
 * read to its end, so that it keeps its workers.
 */
export async function* take(source: BatchSource, limit: number, done = 0): AsyncGenerator<unknown> {
  if (done >= limit) return;
  const all = limit >= lengthOf(source);
  let taken = done;
  for await (const batch of source) {
    yield batch;
    if (++taken >= limit && !all) return;
  }
}
