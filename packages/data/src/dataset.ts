/** Where samples come from. */
import { type Tensor, ValueError } from '@flambeau/core';
import { randomPermutation } from './random.js';
import { type Sendable, type WorkerReference, workerReference, TO_WORKER } from './worker-reference.js';

/**
 * A list of samples. A subclass says how many there are and makes the `i`-th. PyTorch: `torch.utils.data.Dataset`.
 *
 * Random numbers that `get` draws from core's default generator depend on the loader's seed, the epoch and `i` only: not on
 * which thread makes the sample, nor on what was drawn before.
 *
 * To be used with `numWorkers`, a dataset says how another thread can make the same one:
 *
 * @example
 * export class Squares extends Dataset<Tensor> {
 *   constructor(readonly length: number) { super(); }
 *   get(i: number) { return tensor([i * i]); }
 *   [TO_WORKER]() { return workerReference(import.meta.url, 'Squares', [this.length]); }
 * }
 */
export abstract class Dataset<T = unknown> implements Partial<Sendable> {
  abstract readonly length: number;
  /** Sample `index`, 0 ≤ index < length. */
  abstract get(index: number): T | Promise<T>;
  [TO_WORKER]?(): WorkerReference;
}

/** Samples that can only be read one after the other. PyTorch: `torch.utils.data.IterableDataset`. */
export abstract class IterableDataset<T = unknown> implements Partial<Sendable> {
  /** With several workers each gets the whole iterable: `worker` says which part to yield. */
  abstract iterate(worker: { readonly id: number; readonly count: number }): AsyncIterable<T> | Iterable<T>;
  [TO_WORKER]?(): WorkerReference;
}

/** Workers run the built package: Node 20 runs no TypeScript. */
const HERE = new URL(import.meta.url.endsWith('.ts') ? '../dist/index.js' : './index.js', import.meta.url).href;

/** Samples are slices along the first dimension of some tensors. PyTorch: `torch.utils.data.TensorDataset`. */
export class TensorDataset extends Dataset<Tensor[]> {
  readonly tensors: readonly Tensor[];
  readonly length: number;

  constructor(...tensors: Tensor[]) {
    super();
    if (tensors.length === 0) throw new ValueError('TensorDataset: at least one tensor is needed');
    const sizes = tensors.map((t) => t.shape[0]);
    if (sizes.some((n) => n === undefined || n !== sizes[0]))
      throw new ValueError(`TensorDataset: first dimensions differ: ${tensors.map((t) => `(${t.shape.join(', ')})`).join(', ')}`);
    this.tensors = tensors;
    this.length = sizes[0];
  }

  override get(index: number): Tensor[] {
    return this.tensors.map((t) => t.select(0, index));
  }
  override [TO_WORKER](): WorkerReference {
    return workerReference(HERE, 'TensorDataset', [...this.tensors]);
  }
}

/** Some of the samples of another dataset. PyTorch: `torch.utils.data.Subset`. */
export class Subset<T> extends Dataset<T> {
  constructor(
    readonly dataset: Dataset<T>,
    readonly indices: readonly number[],
  ) {
    super();
    const bad = indices.find((i) => !Number.isInteger(i) || i < 0 || i >= dataset.length);
    if (bad !== undefined)
      throw new ValueError(`Subset: index ${bad} is out of range for a dataset of ${dataset.length} samples`);
  }
  get length(): number {
    return this.indices.length;
  }
  override get(index: number): T | Promise<T> {
    return this.dataset.get(this.indices[index]);
  }
  override [TO_WORKER](): WorkerReference {
    return workerReference(HERE, 'Subset', [this.dataset, this.indices]);
  }
}

/** One dataset after the other. PyTorch: `torch.utils.data.ConcatDataset`. */
export class ConcatDataset<T> extends Dataset<T> {
  readonly length: number;
  constructor(readonly datasets: readonly Dataset<T>[]) {
    super();
    this.length = datasets.reduce((n, d) => n + d.length, 0);
  }
  override get(index: number): T | Promise<T> {
    let i = index;
    for (const d of this.datasets) {
      if (i < d.length) return d.get(i);
      i -= d.length;
    }
    throw new ValueError(`ConcatDataset: index ${index} is out of range for ${this.length} samples`);
  }
  override [TO_WORKER](): WorkerReference {
    return workerReference(HERE, 'ConcatDataset', [this.datasets]);
  }
}

export interface RandomSplitOptions {
  /** Seed of the permutation. Default: drawn from core's default generator. */
  readonly seed?: number;
}

/**
 * Splits a dataset at random into parts of the given sizes, or of the given fractions if they add up to 1. PyTorch:
 * `torch.utils.data.random_split`.
 */
export function randomSplit<T>(dataset: Dataset<T>, lengths: readonly number[], { seed }: RandomSplitOptions = {}): Subset<T>[] {
  const total = lengths.reduce((a, b) => a + b, 0);
  let sizes = [...lengths];
  if (lengths.every((x) => x <= 1) && Math.abs(total - 1) < 1e-6) {
    sizes = lengths.map((x) => Math.floor(x * dataset.length));
    // what rounding left over goes to the parts in turn
    for (let i = 0, left = dataset.length - sizes.reduce((a, b) => a + b, 0); left > 0; i = (i + 1) % sizes.length, left--)
      sizes[i]++;
  } else if (total !== dataset.length)
    throw new ValueError(
      `randomSplit: the lengths [${lengths.join(', ')}] add up to ${total}, the dataset has ${dataset.length} samples`,
    );
  const bad = sizes.find((n) => !Number.isInteger(n) || n < 0);
  if (bad !== undefined)
    throw new ValueError(`randomSplit: lengths are non-negative integers, or fractions that add up to 1, got ${bad}`);
  const order = randomPermutation(dataset.length, seed);
  let at = 0;
  return sizes.map((n) => new Subset(dataset, order.slice(at, (at += n))));
}
