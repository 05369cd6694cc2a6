import { describe, expect, it } from 'vitest';
import { BatchSampler, RandomSampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler } from './sampler.js';

const source = { length: 10 };
const sorted = (x: readonly number[]) => [...x].sort((a, b) => a - b);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('RandomSampler', () => {
  it('gives every index once, in an order that depends on the seed only', () => {
    const sampler = new RandomSampler(source);
    expect(sorted(sampler.indices(1))).toEqual(upTo(10));
    expect(sampler.indices(1)).toEqual(sampler.indices(1));
    expect(sampler.indices(1)).not.toEqual(sampler.indices(2));
  });

  it('puts every index at every place about equally often', () => {
    const sampler = new RandomSampler({ length: 4 });
    const counts = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    for (let seed = 0; seed < 4000; seed++) for (const [place, index] of sampler.indices(seed).entries()) counts[place][index]++;
    // binomial: mean 1000, standard deviation 27
    for (const count of counts.flat()) expect(Math.abs(count - 1000)).toBeLessThan(5 * 27);
  });

  it('draws more samples than there are in rounds, and large data sets at once', () => {
    const indices = new RandomSampler(source, { numSamples: 25 }).indices(3);
    expect(indices).toHaveLength(25);
    expect(sorted(indices.slice(0, 10))).toEqual(upTo(10));
    expect(sorted(indices.slice(10, 20))).toEqual(upTo(10));
    expect(new RandomSampler({ length: 300_000 }).indices(0)).toHaveLength(300_000);
  });

  it('with replacement draws independently', () => {
    const indices = new RandomSampler(source, { replacement: true, numSamples: 2000 }).indices(5);
    for (const i of upTo(10)) expect(Math.abs(indices.filter((x) => x === i).length - 200)).toBeLessThan(5 * 14);
  });

  it('refuses to draw from nothing', () => {
    expect(() => new RandomSampler({ length: 0 }, { replacement: true, numSamples: 1 })).toThrow('nothing to draw from');
    expect(() => new RandomSampler(source, { numSamples: -1 })).toThrow('non-negative integer, got -1');
  });
});

describe('other samplers', () => {
  it('SequentialSampler counts', () => expect(new SequentialSampler(source).indices()).toEqual(upTo(10)));

  it('SubsetRandomSampler shuffles its indices', () => {
    const subset = [3, 5, 8, 13, 21];
    expect(sorted(new SubsetRandomSampler(subset).indices(7))).toEqual(subset);
  });

  it('WeightedRandomSampler follows the weights', () => {
    const indices = new WeightedRandomSampler([0, 1, 3], 4000).indices(0);
    const count = (i: number) => indices.filter((x) => x === i).length;
    expect(count(0)).toBe(0);
    expect(Math.abs(count(1) - 1000)).toBeLessThan(5 * 28);
    expect(count(1) + count(2)).toBe(4000);
  });

  it('WeightedRandomSampler names a bad weight', () => {
    expect(() => new WeightedRandomSampler([1, -2], 3)).toThrow('weight 1 is -2');
    expect(() => new WeightedRandomSampler([Number.NaN], 3)).toThrow('weight 0 is NaN');
    expect(() => new WeightedRandomSampler([0, 0], 3)).toThrow('at least one weight must be positive');
  });

  it('BatchSampler groups, with or without the rest', () => {
    expect(new BatchSampler(new SequentialSampler(source), 4, false).batches(0)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(new BatchSampler(new SequentialSampler(source), 4, true).batches(0)).toHaveLength(2);
    expect(() => new BatchSampler(new SequentialSampler(source), 0, true)).toThrow('positive integer, got 0');
  });
});
