import { describe, expect, it } from 'vitest';
import type { DType, View } from '../test/frame.js';
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
import { frame, Status } from './index.js';

const random = generator(19);
const below = (n: number) => Math.floor(random() * n);
const whole = (n: number) => Array.from({ length: n }, () => below(50));
const dtypes: DType[] = ['float32', 'float64', 'float16', 'int64', 'int32', 'int16', 'uint8', 'bool'];

/** Coordinates of element i, and back. */
const coordinates = (dims: readonly number[], i: number) =>
  rowMajor(dims).map((place, d) => Math.floor(i / place) % (dims[d] as number));
const offset = (dims: readonly number[], at: readonly number[]) =>
  rowMajor(dims).reduce((sum, place, d) => sum + place * (at[d] as number), 0);
/** out[at] = self[f(at)] for every coordinate of `dims`. */
function pick(self: View, dims: readonly number[], f: (at: number[]) => number[]): (number | undefined)[] {
  const x = values(self);
  return Array.from({ length: size(dims) }, (_, i) => x[offset(self.dims, f(coordinates(dims, i)))]);
}
const replaced = (at: readonly number[], dim: number, value: number) => at.map((x, d) => (d === dim ? value : x));

describe('taking', () => {
  it('index_select takes slices of any dtype and layout, negative indices from the end', () => {
    for (const dtype of dtypes)
      for (const dense of [tensor(dtype, [7], whole(7)), tensor(dtype, [5, 33], whole(165)), tensor(dtype, [3, 4, 5], whole(60))])
        for (const self of [dense, transposed(dense)])
          for (let dim = 0; dim < self.dims.length; dim++) {
            const n = self.dims[dim] as number;
            const index = Array.from({ length: 6 }, () => below(2 * n) - n);
            const dims = replaced(self.dims, dim, 6);
            const out = tensor(dtype, dims);
            run('index_select', out, self, tensor('int64', [6], index), dim);
            expect(values(out)).toEqual(
              pick(self, dims, (at) => replaced(at, dim, ((index[at[dim] as number] as number) + n) % n)),
            );
          }
  });

  it('gather takes elements', () => {
    const self = transposed(tensor('int32', [4, 6, 5], whole(120)));
    for (let dim = 0; dim < 3; dim++) {
      const dims = replaced(self.dims, dim, 3);
      const index = tensor(
        'int64',
        dims,
        Array.from({ length: size(dims) }, () => below(self.dims[dim] as number)),
      );
      const out = tensor('int32', dims);
      run('gather', out, self, index, dim);
      expect(values(out)).toEqual(pick(self, dims, (at) => replaced(at, dim, values(index)[offset(dims, at)] as number)));
    }
  });

  it('embedding takes rows', () => {
    const weight = tensor('float32', [10, 7], floats(70, random));
    const indices = tensor('int64', [2, 3], [9, 0, 3, 3, 1, 9]);
    const out = tensor('float32', [2, 3, 7]);
    run('embedding', out, weight, indices);
    expect(values(out)).toEqual(
      pick(weight, [2, 3, 7], ([a, b, c]) => [values(indices)[(a as number) * 3 + (b as number)] as number, c as number]),
    );
  });

  it('index takes by tensors of indices', () => {
    const self = transposed(tensor('float64', [4, 5, 6], floats(120, random)));
    const [rows, columns] = [
      [0, -1, 3, 2],
      [-5, 4, 0, 1],
    ];
    const list = [tensor('int64', [2, 2], rows), tensor('int64', [2, 2], columns)];
    const out = tensor('float64', [2, 2, 4]);
    run('index', out, self, list);
    expect(values(out)).toEqual(
      pick(self, [2, 2, 4], ([a, b, c]) => {
        const k = (a as number) * 2 + (b as number);
        return [((rows[k] as number) + 6) % 6, ((columns[k] as number) + 5) % 5, c as number];
      }),
    );
  });
});

describe('putting', () => {
  it('index_add_ and embedding_backward add in order', () => {
    const self = tensor('float32', [4, 3], floats(12, random));
    const source = tensor('float32', [6, 3], floats(18, random));
    const index = [1, 3, 1, -1, 0, 1];
    const want = values(self);
    values(source).forEach((v, i) => {
      const at = (((index[Math.floor(i / 3)] as number) + 4) % 4) * 3 + (i % 3);
      want[at] = (want[at] as number) + 2 * v;
    });
    run('index_add_', self, tensor('int64', [6], index), source, 0, 2);
    expectClose(self, want, 1e-6);

    const grad = tensor('float32', [4, 3], new Array(12).fill(8));
    run('embedding_backward', grad, source, tensor('int64', [6], [1, 3, 1, 3, 0, 1]), 3);
    const x = values(source);
    const rows = [[4], [0, 2, 5], [], []];
    expectClose(
      grad,
      rows.flatMap((from) => [0, 1, 2].map((c) => from.reduce((s, r) => s + (x[r * 3 + c] as number), 0))),
      1e-6,
    );
  });

  it('scatter_, scatter_fill_ and scatter_add_ along every dimension', () => {
    for (let dim = 0; dim < 2; dim++) {
      const dims = [4, 5];
      const part = replaced(dims, dim, 3);
      const index = tensor(
        'int64',
        part,
        Array.from({ length: size(part) }, () => below(dims[dim] as number)),
      );
      const source = tensor('int32', part, whole(size(part)));
      const target = (i: number) => offset(dims, replaced(coordinates(part, i), dim, values(index)[i] as number));
      const base = whole(20);
      for (const [name, f, last] of [
        ['scatter_', (_: number, b: number) => b, source],
        ['scatter_add_', (a: number, b: number) => a + b, source],
      ] as const) {
        const want = [...base];
        values(source).forEach((v, i) => {
          want[target(i)] = f(want[target(i)] as number, v);
        });
        const self = tensor('int32', dims, base);
        run(name, self, index, last, dim);
        expect(values(self), name).toEqual(want);
      }
      const filled = [...base];
      values(index).forEach((_, i) => {
        filled[target(i)] = -7;
      });
      const self = tensor('int32', dims, base);
      run('scatter_fill_', self, index, dim, -7);
      expect(values(self)).toEqual(filled);
    }
  });

  it('index_put_ broadcasts its values and accumulates duplicates', () => {
    const list = [tensor('int64', [3], [0, 2, 0])];
    const self = tensor('float32', [3, 2]);
    run('index_put_', self, tensor('float32', [2], [1, 2]), list, true);
    expect(values(self)).toEqual([2, 4, 0, 0, 1, 2]);
    run('index_put_', self, tensor('float32', [3, 1], [5, 6, 7]), list, false);
    expect(values(self)).toEqual([7, 7, 0, 0, 6, 6]);
  });
});

describe('rearranging', () => {
  it('cat, flip, tril, triu and nonzero', () => {
    const a = transposed(tensor('int16', [3, 2], [1, 2, 3, 4, 5, 6])); // [[1, 3, 5], [2, 4, 6]]
    const joined = tensor('int16', [2, 4]);
    run('cat', joined, [a, tensor('int16', [2, 1], [7, 8])], 1);
    expect(values(joined)).toEqual([1, 3, 5, 7, 2, 4, 6, 8]);
    const flipped = tensor('int16', [2, 3]);
    run('flip', flipped, a, [0, 1]);
    expect(values(flipped)).toEqual([6, 4, 2, 5, 3, 1]);
    run('tril', flipped, a, 0);
    expect(values(flipped)).toEqual([1, 0, 0, 2, 4, 0]);
    run('triu', flipped, a, 1);
    expect(values(flipped)).toEqual([0, 3, 5, 0, 0, 6]);
    const positions = tensor('int64', [3, 2]);
    run('nonzero', positions, flipped);
    expect(values(positions)).toEqual([0, 1, 0, 2, 1, 2]);
  });
});

it('reports the first bad index and writes nothing', () => {
  const ones = () => tensor('float32', [3, 3], new Array(9).fill(1));
  const zero = tensor('float32', [1, 2]);
  const bad = tensor('int64', [1, 2], [0, 3]);
  const line = tensor('int64', [2], [0, -4]);
  const calls: [string, (self: View) => number, number[]][] = [
    ['scatter_', (self) => status('scatter_', self, bad, zero, 1), [3, 3, 1]],
    ['scatter_add_', (self) => status('scatter_add_', self, bad, zero, 1), [3, 3, 1]],
    ['scatter_fill_', (self) => status('scatter_fill_', self, bad, 1, 5), [3, 3, 1]],
    ['gather', (self) => status('gather', self, ones(), tensor('int64', [3, 3], [0, 0, 0, 0, -1, 0, 0, 0, 0]), 0), [-1, 3, 4]],
    ['index_select', (self) => status('index_select', self, ones(), line, 0), [-4, 3, 1]],
    ['index_add_', (self) => status('index_add_', self, line, tensor('float32', [2, 3]), 0, 1), [-4, 3, 1]],
    ['index', (self) => status('index', self, ones(), [line]), [-4, 3, 1]],
    ['index_put_', (self) => status('index_put_', self, zero, [tensor('int64', [2], [0, 1]), line], true), [-4, 3, 1]],
    ['embedding', (self) => status('embedding', self, ones(), tensor('int64', [3], [0, 1, 3])), [3, 3, 2]],
    ['embedding_backward', (self) => status('embedding_backward', self, ones(), tensor('int64', [3], [0, 1, 3]), -1), [3, 3, 2]],
  ];
  for (const [name, of, details] of calls) {
    const self = ones();
    expect(of(self), name).toBe(Status.IndexOutOfRange);
    expect([...frame.subarray(1, 4)], name).toEqual(details);
    expect(values(self), name).toEqual(new Array(9).fill(1));
  }
});

it('accumulation has the same bits on any number of threads', () => {
  const grad = tensor('float32', [5000, 130], floats(650_000, random));
  const indices = tensor(
    'int64',
    [5000],
    Array.from({ length: 5000 }, () => below(37)),
  );
  expectSameOnAllThreads(() => {
    const weights = tensor('float32', [37, 130]);
    run('embedding_backward', weights, grad, indices, -1);
    const rows = tensor('float32', [5000, 130]);
    run('embedding', rows, weights, indices);
    return [weights, rows];
  });
});
