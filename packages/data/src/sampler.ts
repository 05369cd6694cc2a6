/** In which order samples are taken. A sampler gives the indices of one epoch from the epoch's seed, so any epoch can be repeated. */
import { ValueError } from '@flambeau/core';
import { randomPermutation, uniformAt } from './random.js';

export interface Sampler {
  readonly length: number;
  /** The indices of one epoch. */
  indices(seed: number): readonly number[];
}

/** 0, 1, 2, … PyTorch: `SequentialSampler`. */
export class SequentialSampler implements Sampler {
  constructor(readonly source: { readonly length: number }) {}
  get length(): number {
    return this.source.length;
  }
  indices(): readonly number[] {
    return Array.from({ length: this.length }, (_, i) => i);
  }
}

export interface RandomSamplerOptions {
  /** Draw each index independently. Default false: every index once. */
  readonly replacement?: boolean;
  /** How many indices an epoch has. Default: all. */
  readonly numSamples?: number;
}

/** All indices in random order. PyTorch: `RandomSampler`. */
export class RandomSampler implements Sampler {
  readonly length: number;
  private readonly replacement: boolean;
  constructor(
    readonly source: { readonly length: number },
    { replacement = false, numSamples = source.length }: RandomSamplerOptions = {},
  ) {
    if (!Number.isInteger(numSamples) || numSamples < 0)
      throw new ValueError(`RandomSampler: numSamples must be a non-negative integer, got ${numSamples}`);
    if (source.length === 0 && numSamples > 0) throw new ValueError('RandomSampler: there is nothing to draw from');
    this.length = numSamples;
    this.replacement = replacement;
  }
  indices(seed: number): readonly number[] {
    const n = this.source.length;
    if (this.replacement) return Array.from({ length: this.length }, (_, i) => Math.floor(uniformAt(seed, i) * n));
    const result: number[] = [];
    for (let round = 0; result.length < this.length; round++) for (const i of randomPermutation(n, seed + round)) result.push(i);
    return result.slice(0, this.length);
  }
}

/** The given indices in random order. PyTorch: `SubsetRandomSampler`. */
export class SubsetRandomSampler implements Sampler {
  constructor(readonly subset: readonly number[]) {}
  get length(): number {
    return this.subset.length;
  }
  indices(seed: number): readonly number[] {
    return randomPermutation(this.subset.length, seed).map((i) => this.subset[i]);
  }
}

/** Indices drawn with the given weights. PyTorch: `WeightedRandomSampler` (with replacement). */
export class WeightedRandomSampler implements Sampler {
  private readonly cumulative: readonly number[];
  constructor(
    weights: readonly number[],
    readonly length: number,
  ) {
    const bad = weights.findIndex((w) => !(w >= 0) || w === Number.POSITIVE_INFINITY);
    if (bad >= 0)
      throw new ValueError(`WeightedRandomSampler: weight ${bad} is ${weights[bad]}; weights are finite and not negative`);
    let sum = 0;
    this.cumulative = weights.map((w) => (sum += w));
    if (!(sum > 0)) throw new ValueError('WeightedRandomSampler: at least one weight must be positive');
  }
  indices(seed: number): readonly number[] {
    const total = this.cumulative[this.cumulative.length - 1];
    return Array.from({ length: this.length }, (_, i) => {
      const x = uniformAt(seed, i) * total;
      let low = 0;
      let high = this.cumulative.length - 1;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.cumulative[middle] > x) high = middle;
        else low = middle + 1;
      }
      return low;
    });
  }
}

/** Groups of indices: one group makes one batch. PyTorch: `BatchSampler`. */
export class BatchSampler {
  constructor(
    readonly sampler: Sampler,
    readonly batchSize: number,
    readonly dropLast: boolean,
  ) {
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new ValueError(`batchSize must be a positive integer, got ${batchSize}`);
  }
  get length(): number {
    const n = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(n) : Math.ceil(n);
  }
  batches(seed: number): readonly (readonly number[])[] {
    const indices = this.sampler.indices(seed);
    return Array.from({ length: this.length }, (_, b) => indices.slice(b * this.batchSize, (b + 1) * this.batchSize));
  }
}
