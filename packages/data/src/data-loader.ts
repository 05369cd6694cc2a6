/** Batches from a dataset. */
import { ValueError } from '@flambeau/core';
import { type Collated, defaultCollate } from './collate.js';
import { type Dataset, IterableDataset } from './dataset.js';
import { fetchSamples } from './fetch.js';
import { drawSeed } from './random.js';
import { BatchSampler, RandomSampler, type Sampler, SequentialSampler } from './sampler.js';
import { WorkerPool } from './worker-pool.js';
import { TO_WORKER } from './worker-reference.js';

// biome-ignore lint/suspicious/noExplicitAny: any samples, any batch
export type Collate<T = any, B = any> = (samples: T[]) => B;

export interface DataLoaderOptions<T, B> {
  /** Samples per batch. Default 1. */
  readonly batchSize?: number;
  /** Take samples in random order. Default false. */
  readonly shuffle?: boolean;
  /** In which order samples are taken; excludes `shuffle`. */
  readonly sampler?: Sampler;
  /** Threads that make batches ahead of time. Default 0: batches are made when asked for. */
  readonly numWorkers?: number;
  /** How samples become a batch. Default `defaultCollate`. Runs in the worker if marked by `workerFunction`, else here. */
  readonly collateFn?: Collate<T, B>;
  /** Leave out the last batch if it is smaller. Default false. */
  readonly dropLast?: boolean;
  /** Batches that each worker makes ahead. Default 2. */
  readonly prefetchFactor?: number;
  /** Keep the workers between epochs. Default true. */
  readonly persistentWorkers?: boolean;
  /** Seed of order and augmentation. Default: drawn from core's default generator at the first epoch. */
  readonly seed?: number;
}

/** Where a loader stands: enough to continue in mid-epoch with the very same batches. */
export interface DataLoaderState {
  readonly seed: number;
  readonly epoch: number;
  /** Batches of this epoch that were handed out. */
  readonly batches: number;
}

/**
 * Makes batches, in order, on this thread or ahead of time on worker threads. Each `for await` is one epoch. PyTorch:
 * `torch.utils.data.DataLoader`.
 *
 * Order and random augmentation depend on the seed and the epoch only, not on the number of workers.
 *
 * @example
 * for await (const [x, y] of new DataLoader(dataset, { batchSize: 64, shuffle: true, numWorkers: 2 })) step(x, y);
 */
export class DataLoader<T, B = Collated<T>> implements AsyncIterable<B> {
  readonly batchSize: number;
  readonly numWorkers: number;
  private readonly batchSampler: BatchSampler | null;
  private readonly options: DataLoaderOptions<T, B>;
  private pool: WorkerPool | null = null;
  private seed: number | null;
  private epoch = 0;
  private handedOut = 0;
  private skip = 0;
  /** The last iteration stopped early: the next one is a new epoch all the same. */
  private interrupted = false;
  /** Iterations that draw on the pool now. */
  private iterations = 0;

  constructor(
    readonly dataset: Dataset<T> | IterableDataset<T>,
    options: DataLoaderOptions<T, B> = {},
  ) {
    const { batchSize = 1, shuffle = false, sampler, numWorkers = 0, dropLast = false, prefetchFactor = 2 } = options;
    for (const [name, value, least] of [
      ['batchSize', batchSize, 1],
      ['numWorkers', numWorkers, 0],
      ['prefetchFactor', prefetchFactor, 1],
    ] as const)
      if (!Number.isInteger(value) || value < least)
        throw new ValueError(`DataLoader: ${name} must be an integer of at least ${least}, got ${value}`);
    if (sampler && shuffle) throw new ValueError('DataLoader: sampler and shuffle exclude each other');
    this.batchSize = batchSize;
    this.numWorkers = numWorkers;
    this.options = options;
    this.seed = options.seed ?? null;
    if (dataset instanceof IterableDataset) {
      if (shuffle || sampler)
        throw new ValueError('DataLoader: an IterableDataset decides its order itself; shuffle and sampler do not apply');
      if (numWorkers > 0) throw new ValueError('DataLoader: an IterableDataset is read on this thread; use numWorkers: 0');
      this.batchSampler = null;
    } else {
      const order = sampler ?? (shuffle ? new RandomSampler(dataset) : new SequentialSampler(dataset));
      this.batchSampler = new BatchSampler(order, batchSize, dropLast);
    }
  }

  /** Batches per epoch. @throws {ValueError} For an IterableDataset, which does not know. */
  get length(): number {
    if (this.batchSampler === null) throw new ValueError('DataLoader: the length of an IterableDataset is not known');
    return this.batchSampler.length;
  }

  /** The position after the last batch that was handed out. */
  stateDict(): DataLoaderState {
    return { seed: this.currentSeed(), epoch: this.epoch, batches: this.handedOut };
  }

  /** The next iteration continues from there. */
  loadStateDict({ seed, epoch, batches }: DataLoaderState): void {
    this.seed = seed;
    this.epoch = epoch;
    this.skip = batches;
    this.interrupted = false;
    this.handedOut = batches;
  }

  /**
   * The next iteration is this epoch's: it decides order and augmentation. Without it, iterations count themselves. A position
   * that was loaded stays if it is of this epoch.
   */
  setEpoch(epoch: number): void {
    if (epoch !== this.epoch || this.interrupted) this.skip = this.handedOut = 0;
    this.epoch = epoch;
    this.interrupted = false;
  }

  private currentSeed(): number {
    this.seed ??= drawSeed();
    return this.seed;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const seed = this.currentSeed();
    const skip = this.skip;
    if (this.interrupted) this.epoch++;
    const { epoch } = this; // another iteration may begin before this one ends: the loader's position is the newest one's
    this.interrupted = true; // until this one is through
    this.skip = 0;
    this.handedOut = skip;
    const batches =
      this.batchSampler === null
        ? this.iterableBatches(skip)
        : this.numWorkers > 0
          ? this.workerBatches(seed, epoch, skip)
          : this.ownBatches(seed, epoch, skip);
    for await (const batch of batches) {
      if (this.epoch === epoch) this.handedOut++;
      yield batch;
    }
    if (this.epoch !== epoch) return;
    this.interrupted = false;
    this.epoch++;
    this.handedOut = 0;
  }

  private collate(samples: T[]): B {
    return (this.options.collateFn ?? (defaultCollate as unknown as Collate<T, B>))(samples);
  }

  private epochBatches(seed: number, epoch: number, skip: number): readonly (readonly number[])[] {
    return (this.batchSampler as BatchSampler).batches(seed + 1_000_003 * epoch).slice(skip);
  }

  private async *ownBatches(seed: number, epoch: number, skip: number): AsyncGenerator<B> {
    for (const indices of this.epochBatches(seed, epoch, skip))
      yield this.collate(await fetchSamples(this.dataset as Dataset<T>, indices, seed, epoch));
  }

  private async *workerBatches(seed: number, epoch: number, skip: number): AsyncGenerator<B> {
    const { collateFn, prefetchFactor = 2, persistentWorkers = true } = this.options;
    this.pool ??= new WorkerPool(this.dataset as Dataset, collateFn, this.numWorkers);
    const { pool } = this;
    const collatesHere = collateFn !== undefined && !(TO_WORKER in collateFn);
    const todo = this.epochBatches(seed, epoch, skip);
    const underway: Promise<unknown>[] = [];
    let next = 0;
    const refill = () => {
      while (next < todo.length && underway.length < this.numWorkers * prefetchFactor) {
        const batch = pool.request(todo[next++], seed, epoch);
        batch.catch(() => {}); // thrown where it is awaited
        underway.push(batch);
      }
    };
    let complete = false;
    this.iterations++;
    try {
      for (refill(); underway.length > 0; refill()) {
        const batch = await (underway.shift() as Promise<unknown>);
        refill();
        yield (collatesHere ? this.collate(batch as T[]) : batch) as B;
      }
      complete = true;
    } finally {
      // after an error or an early exit batches are still under way: the threads stop with the last loop
      if (--this.iterations === 0 && (!complete || !persistentWorkers)) await this.close();
    }
  }

  private async *iterableBatches(skip: number): AsyncGenerator<B> {
    let samples: T[] = [];
    let skipped = 0;
    for await (const sample of (this.dataset as IterableDataset<T>).iterate({ id: 0, count: 1 })) {
      samples.push(sample);
      if (samples.length === this.batchSize) {
        if (skipped++ >= skip) yield this.collate(samples);
        samples = [];
      }
    }
    if (samples.length > 0 && !this.options.dropLast && skipped >= skip) yield this.collate(samples);
  }

  /** Stops the worker threads. A loader that is iterated again starts new ones. */
  async close(): Promise<void> {
    const { pool } = this;
    this.pool = null;
    await pool?.close();
  }
}
