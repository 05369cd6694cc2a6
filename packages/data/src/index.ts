/**
 * Datasets, samplers and a loader with worker threads.
 *
 * @module
 * @example
 * const loader = new DataLoader(new TensorDataset(x, y), { batchSize: 32, shuffle: true });
 * for await (const [xb, yb] of loader) console.log(xb.shape, yb.shape);
 */
export { type Collated, defaultCollate } from './collate.js';
export { type Collate, DataLoader, type DataLoaderOptions, type DataLoaderState } from './data-loader.js';
export {
  ConcatDataset,
  Dataset,
  IterableDataset,
  type RandomSplitOptions,
  randomSplit,
  Subset,
  TensorDataset,
} from './dataset.js';
export { SampleError } from './fetch.js';
export {
  BatchSampler,
  RandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
} from './sampler.js';
export { DataLoaderWorkerError } from './worker-pool.js';
export {
  NotSendableError,
  type Sendable,
  TO_WORKER,
  type WorkerReference,
  workerFunction,
  workerReference,
} from './worker-reference.js';
