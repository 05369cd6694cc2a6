import { arange, manualSeed, ShapeError, tensor, ValueError } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import { defaultCollate } from './collate.js';
import { ConcatDataset, randomSplit, Subset, TensorDataset } from './dataset.js';

const numbers = (n: number) => new TensorDataset(arange(n));
const valuesOf = (dataset: { length: number; get(i: number): unknown }) =>
  Array.from({ length: dataset.length }, (_, i) => (dataset.get(i) as [{ item(): number }])[0].item());

describe('datasets', () => {
  it('TensorDataset slices all tensors alike', () => {
    const [x, y] = new TensorDataset(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      tensor([5, 6]),
    ).get(1);
    expect(x.toArray()).toEqual([3, 4]);
    expect(y.item()).toBe(6);
    expect(() => new TensorDataset(arange(2), arange(3))).toThrow('first dimensions differ: (2), (3)');
    expect(() => new TensorDataset(tensor(1))).toThrow(ValueError);
  });

  it('Subset and ConcatDataset translate indices', () => {
    expect(valuesOf(new Subset(numbers(5), [4, 0]))).toEqual([4, 0]);
    expect(valuesOf(new ConcatDataset([numbers(2), numbers(3)]))).toEqual([0, 1, 0, 1, 2]);
    expect(() => new Subset(numbers(5), [5])).toThrow('index 5 is out of range for a dataset of 5 samples');
    expect(() => new ConcatDataset([numbers(2)]).get(2)).toThrow('index 2 is out of range');
  });
});

describe('randomSplit', () => {
  it('splits without overlap, the same way for the same seed', () => {
    const parts = randomSplit(numbers(10), [7, 3], { seed: 1 });
    expect(parts.map((p) => p.length)).toEqual([7, 3]);
    expect(parts.flatMap(valuesOf).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(randomSplit(numbers(10), [7, 3], { seed: 1 }).map(valuesOf)).toEqual(parts.map(valuesOf));
    expect(randomSplit(numbers(10), [7, 3], { seed: 2 }).map(valuesOf)).not.toEqual(parts.map(valuesOf));
  });

  it('takes fractions and gives what rounding leaves to the first parts', () => {
    expect(randomSplit(numbers(10), [0.33, 0.33, 0.34], { seed: 0 }).map((p) => p.length)).toEqual([4, 3, 3]);
  });

  it('follows manualSeed', () => {
    const split = () => randomSplit(numbers(20), [10, 10]).map(valuesOf);
    manualSeed(5);
    const first = split();
    manualSeed(5);
    expect(split()).toEqual(first);
  });

  it('checks the lengths', () => {
    expect(() => randomSplit(numbers(10), [7, 2])).toThrow('add up to 9, the dataset has 10 samples');
    expect(() => randomSplit(numbers(3), [1.5, 1.5])).toThrow('non-negative integers');
    expect(() => randomSplit(numbers(3), [4, -1])).toThrow('non-negative integers');
  });
});

describe('defaultCollate', () => {
  it('stacks tensors, makes tensors of numbers and keeps strings', () => {
    const batch = defaultCollate([
      { image: tensor([1, 2]), label: 3, name: 'a', good: true, nested: [0.5, 1n] as [number, bigint] },
      { image: tensor([3, 4]), label: 5, name: 'b', good: false, nested: [1, 2n] as [number, bigint] },
    ]);
    expect(batch.image.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([batch.label.dtype, batch.good.dtype, batch.nested[0].dtype, batch.nested[1].dtype]).toEqual([
      'int64',
      'bool',
      'float32',
      'int64',
    ]);
    expect(batch.label.toArray()).toEqual([3, 5]);
    expect(batch.name).toEqual(['a', 'b']);
  });

  it('names the part and the sample that do not fit', () => {
    const error = (samples: unknown[]) => {
      try {
        defaultCollate(samples);
      } catch (e) {
        return e as Error;
      }
      throw new Error('no error');
    };
    const shapes = error([
      [tensor([1]), 0],
      [tensor([1]), 0],
      [tensor([1, 2]), 0],
    ]);
    expect(shapes).toBeInstanceOf(ShapeError);
    expect(shapes.message).toContain('sample[0] has shape (1,) in the first sample and (2,) in sample 2 of the batch');
    expect(error([[1, 2], [1]]).message).toContain('sample has 2 parts in the first sample and 1 in sample 1');
    expect(error([{ x: tensor(1) }, { y: tensor(1) }]).message).toContain(
      'sample.x is a tensor in the first sample and undefined in sample 1',
    );
    expect(error([1, 'one']).message).toContain('sample is a number in the first sample and a string in sample 1');
  });
});
