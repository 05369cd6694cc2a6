import { describe, expect, it } from 'vitest';
import type { View } from '../test/frame.js';
import {
  expectClose,
  expectSameOnAllThreads,
  floats,
  generator,
  rowMajor,
  run,
  size,
  status,
  tensor,
  transposed,
  values,
} from '../test/frame.js';
import { Status } from './index.js';

const random = generator(7);

/** The elements that each output of a reduction is made of. */
function groups(self: View, dims: readonly number[]): { dims: number[]; elements: number[][] } {
  const kept = self.dims.map((_, d) => d).filter((d) => !dims.includes(d));
  const out = kept.map((d) => self.dims[d] as number);
  const elements = Array.from({ length: size(out) }, () => [] as number[]);
  const places = rowMajor(self.dims);
  const targets = rowMajor(out);
  values(self).forEach((x, i) => {
    const at = kept.reduce(
      (sum, d, k) => sum + (Math.floor(i / (places[d] as number)) % (self.dims[d] as number)) * (targets[k] as number),
      0,
    );
    (elements[at] as number[]).push(x);
  });
  return { dims: out, elements };
}
const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);
const mean = (xs: readonly number[]) => sum(xs) / xs.length;

const reductions: Record<string, { of: (xs: readonly number[]) => number; attributes?: number[] }> = {
  sum: { of: sum },
  mean: { of: mean },
  amax: { of: (xs) => xs.reduce((a, b) => Math.max(a, b)) },
  amin: { of: (xs) => xs.reduce((a, b) => Math.min(a, b)) },
  prod: { of: (xs) => xs.reduce((a, b) => a * b, 1) },
  var: { of: (xs) => sum(xs.map((x) => (x - mean(xs)) ** 2)) / (xs.length - 1), attributes: [1] },
  norm: { of: (xs) => Math.hypot(...xs), attributes: [2] },
  logsumexp: { of: (xs) => Math.log(sum(xs.map(Math.exp))) },
};
const shapes: [number[], number[]][] = [
  [[37], [0]],
  [[5, 67], [1]],
  [[67, 5], [0]],
  [[3, 70, 19], [1]],
  [
    [4, 6, 35],
    [0, 2],
  ],
  [
    [4, 6, 35],
    [0, 1, 2],
  ],
  [[200, 3], [0]],
];

describe('reductions', () => {
  for (const [name, { of, attributes = [] }] of Object.entries(reductions))
    it(`${name} equals its definition for rows, columns and transposed tensors`, () => {
      for (const dtype of ['float32', 'float64'] as const)
        for (const [dims, reduced] of shapes) {
          const scale = name === 'prod' ? 0.05 : 1;
          const dense = tensor(
            dtype,
            dims,
            floats(size(dims), random).map((x) => Math.fround((name === 'prod' ? 1 : 0) + x * scale)),
          );
          for (const self of [dense, transposed(dense)]) {
            const along = reduced.filter((d) => d < self.dims.length);
            const want = groups(self, along);
            const out = tensor(dtype, want.dims);
            run(name, out, self, along, ...attributes);
            expectClose(out, want.elements.map(of), dtype === 'float32' ? 1e-5 : 1e-12, `${name} ${dims} ${along}`);
          }
        }
    });

  it('long float32 sums keep their digits', () => {
    const n = 3_000_001;
    const self = tensor('float32', [n], Float32Array.from({ length: n }, random));
    const out = tensor('float32', []);
    run('sum', out, self, [0]);
    expectClose(out, [sum(values(self))], 3e-7);
  });

  it('integers wrap around', () => {
    const out = tensor('int8', []);
    run('sum', out, tensor('int8', [3], [100, 100, 100]), [0]);
    expect(values(out)).toEqual([300 - 256]);
    const products = tensor('int32', []);
    run('prod', products, tensor('int32', [2], [1 << 20, 1 << 15]), [0]);
    expect(values(products)).toEqual([0]);
  });

  it('sums over nothing are 0, and outputs without elements are left alone', () => {
    const out = tensor('float32', [3], [9, 9, 9]);
    run('sum', out, tensor('float32', [0, 3]), [0]);
    expect(values(out)).toEqual([0, 0, 0]);
    run('sum', tensor('float32', [0]), tensor('float32', [0, 3]), [1]);
  });

  it('NaN wins in amax, amin, argmax and argmin', () => {
    const self = tensor('float32', [5], [1, NaN, 7, NaN, -3]);
    for (const name of ['amax', 'amin']) {
      const out = tensor('float32', []);
      run(name, out, self, [0]);
      expect(values(out)).toEqual([NaN]);
    }
    for (const name of ['argmax', 'argmin']) {
      const out = tensor('int64', []);
      run(name, out, self, 0);
      expect(values(out)).toEqual([1]);
    }
  });

  it('any, all and count_nonzero read the truth of every dtype', () => {
    for (const dtype of ['float32', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'] as const) {
      const self = tensor(
        dtype,
        [3, 67],
        Array.from({ length: 201 }, (_, i) => (i < 67 ? 0 : i < 134 ? 1 : i % 2)),
      );
      const [any, all, count] = [tensor('bool', [3]), tensor('bool', [3]), tensor('int64', [3])];
      run('any', any, self, [1]);
      run('all', all, self, [1]);
      run('count_nonzero', count, self, [1]);
      expect([values(any), values(all), values(count)]).toEqual([
        [0, 1, 1],
        [0, 1, 0],
        [0, 67, 33],
      ]);
    }
    const negativeZero = tensor('float32', [2], [-0, NaN]);
    const count = tensor('int64', []);
    run('count_nonzero', count, negativeZero, [0]);
    expect(values(count)).toEqual([1]);
  });

  it('max_dim and min_dim give the first extremum and its position', () => {
    for (const [dims, dim] of [
      [[7, 1100], 1],
      [[1100, 7], 0],
      [[3, 50, 5], 1],
    ] as [number[], number][]) {
      const self = tensor(
        'float32',
        dims,
        Array.from({ length: size(dims) }, () => Math.floor(random() * 40)),
      );
      const want = groups(self, [dim]);
      for (const [name, pick] of [
        ['max_dim', Math.max],
        ['min_dim', Math.min],
      ] as const) {
        const [best, where] = [tensor('float32', want.dims), tensor('int64', want.dims)];
        run(name, best, where, self, dim);
        expect(values(best)).toEqual(want.elements.map((xs) => pick(...xs)));
        expect(values(where)).toEqual(want.elements.map((xs) => xs.indexOf(pick(...xs))));
      }
    }
  });

  it('cumsum runs along any dimension', () => {
    const self = tensor('float64', [5, 9], floats(45, random));
    for (const dim of [0, 1]) {
      const out = tensor('float64', [5, 9]);
      run('cumsum', out, self, dim);
      const x = values(self);
      expectClose(
        out,
        x.map((_, i) => (dim === 0 ? sum(x.filter((_, k) => k % 9 === i % 9 && k <= i)) : sum(x.slice(i - (i % 9), i + 1)))),
        1e-14,
      );
    }
  });

  it('has the same bits on any number of threads', () => {
    for (const [dims, reduced] of [
      [[400_000], [0]],
      [[6000, 65], [0]],
      [[65, 6000], [1]],
    ] as [number[], number[]][]) {
      const self = tensor('float32', dims, floats(size(dims), random));
      const out = groups({ ...self, dims: dims.map((n, d) => (reduced.includes(d) ? 1 : n)) }, reduced).dims;
      expectSameOnAllThreads(() =>
        ['sum', 'mean', 'logsumexp'].map((name) => {
          const result = tensor('float32', out);
          run(name, result, self, reduced);
          return result;
        }),
      );
    }
  });

  it('refuses dtypes it has no arithmetic for', () => {
    const out = tensor('int32', [], [5]);
    expect(status('mean', out, tensor('int32', [2], [1, 2]), [0])).toBe(Status.UnsupportedDtype);
    expect(values(out)).toEqual([5]);
  });
});
