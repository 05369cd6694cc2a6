/** Sparse tensors and their gradients against PyTorch's numbers (`expected.py`). */
import { readFileSync } from 'node:fs';
import {
  cat,
  mul,
  scope,
  SparseCompressedTensor,
  SparseCooTensor,
  sparse,
  sparseCooTensor,
  type Tensor,
  tensor,
  zeros,
} from '@flambeau/core';
import * as autograd from '@flambeau/autograd';
import { type FunctionContext, grad, noGrad } from '@flambeau/autograd';
import { describe, expect, test } from 'vitest';

const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'));
const f64 = { dtype: 'float64' as const };
const INDICES = [
  [1, 0, 3, 1, 0, 1],
  [2, 3, 0, 2, 1, 0],
];
const OTHER = [
  [0, 1, 2, 3],
  [1, 2, 0, 4],
];

function wave(shape: readonly number[], k = 0): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const numbers = Array.from({ length: n }, (_, i) => Math.sin(1 + 0.7 * i + 5 * k));
  return tensor(numbers, f64).reshape(shape);
}

function parts(t: Tensor): unknown {
  const size = [...t.shape];
  if (t instanceof SparseCooTensor) {
    const { coordinates, entries } = t.coalesce();
    return { size, indices: coordinates.toArray(), values: entries.toArray() };
  }
  if (t instanceof SparseCompressedTensor)
    return { size, compressed: t.compressed.toArray(), plain: t.plain.toArray(), values: t.entries.toArray() };
  return t.toArray();
}

const close = (wanted: unknown): unknown =>
  typeof wanted === 'number'
    ? expect.closeTo(wanted, 10)
    : Array.isArray(wanted)
      ? wanted.map(close)
      : Object.fromEntries(Object.entries(wanted as object).map(([name, value]) => [name, close(value)]));

type Program = (a: Tensor, b: Tensor, x: Tensor, y: Tensor) => Tensor;
const programs: { readonly [name: string]: Program } = {
  toDense: (a) => a.toDense(),
  coalesce: (a) => a.coalesce(),
  mm: (a, _, x) => sparse.mm(a, x),
  mv: (a, _, x) => a.mv(x.select(1, 0)),
  transposed: (a, _, __, y) => a.t().matmul(y),
  csr: (a, _, x) => a.toSparseCsr().matmul(x),
  addmm: (a, _, x, y) => sparse.addmm(y.narrow(1, 0, 3), a, x, { beta: 2, alpha: 0.5 }),
  sparseTimesSparse: (a, b) => sparse.mm(a, b.t()),
  add: (a, b) => a.add(b),
  addToDense: (a, _, __, y) => y.add(a),
  sub: (a, b) => a.sub(b, { alpha: 3 }),
  mulNumber: (a) => a.mul(3),
  mulDense: (a, _, __, y) => a.coalesce().mul(y.detach()),
  divNumber: (a) => a.div(4),
  pow: (a) => a.pow(3),
  sum: (a) => sparse.sum(a),
  sumRows: (a) => sparse.sum(a, 0),
  sumColumns: (a) => a.sum(1),
  softmaxRows: (a) => sparse.softmax(a, 1),
  logSoftmaxColumns: (a) => sparse.logSoftmax(a, 0),
  sparseMask: (a, _, __, y) => y.sparseMask(a.detach()),
  toSparse: (_, __, ___, y) => y.relu().toSparse(),
  toSparseCsr: (_, __, ___, y) => y.relu().toSparseCsr(),
  mulSparse: (a, b) => mul(a, b.add(a)),
  csc: (a) => a.toSparseCsc(),
  denseTimesSparse: (a, _, __, y) => y.t().matmul(a.toSparseCsr()),
  abs: (a) => a.abs(),
  tanh: (a) => a.tanh(),
  cat: (a, b) => cat([a, b], 1),
  unsqueeze: (a) => a.unsqueeze(1),
  hybrid: () => sparse.sum(sparseCooTensor(INDICES, wave([6, 2]), [4, 5, 2]), [0, 2]),
  hybridToSparse: (_, __, ___, y) => y.toSparse(1).toDense(),
  int64: (a, _, x) => a.mul(10).long().matmul(x.mul(10).long()),
};

describe('a sparse tensor', () => {
  test('has a program for each stored result', () => {
    expect(Object.keys(programs).sort()).toEqual(Object.keys(expected).sort());
  });

  test.each(Object.keys(programs))("%s: PyTorch's result and gradients", (name) => {
    const a = sparseCooTensor(INDICES, wave([6]), [4, 5], { requiresGrad: true });
    const b = sparseCooTensor(OTHER, wave([4], 1), [4, 5], { requiresGrad: true });
    const [x, y] = [wave([5, 3], 2).requiresGrad_(), wave([4, 5], 3).requiresGrad_()];
    const { result: wanted, gradients } = expected[name];
    const result = programs[name](a, b, x, y);
    expect(parts(result)).toEqual(close(wanted));
    if (gradients === undefined) return;
    const dense = result.toDense();
    dense.mul(wave(dense.shape, 9)).sum().backward();
    for (const [leaf, t] of Object.entries({ a, b, x, y }))
      if (gradients[leaf] === null) expect(t.grad).toBe(null);
      else if (t.isSparse) {
        // at a place with two entries each has the gradient of their sum
        const wantedAt = (t._indices().t().toArray() as number[][]).map(([i, j]) => gradients[leaf][i][j]);
        expect(t.grad?.isSparse).toBe(true);
        expect(t.grad?._indices()).toBe(t._indices());
        expect(t.grad?._values().toArray()).toEqual(close(wantedAt));
      } else expect((t.grad as Tensor).toArray()).toEqual(close(gradients[leaf]));
  });

  test('is a leaf whose gradient accumulates and can be set to null', () => {
    const a = sparseCooTensor(INDICES, wave([6]), [4, 5], { requiresGrad: true });
    expect([a.isLeaf, a.requiresGrad, a.mul(2).isLeaf]).toEqual([true, true, false]);
    for (let i = 0; i < 2; i++) a.mul(2).sum().backward();
    expect(a.grad?._values().toArray()).toEqual([4, 4, 4, 4, 4, 4]);
    a.grad = null;
    expect(a.grad).toBe(null);
    expect(String(a)).toContain('requiresGrad=true');
    expect(String(a.mul(2))).toContain('gradFn=<mul>');
    expect(a.detach().requiresGrad).toBe(false);
    const [gradient] = grad(a.square().sum(), a);
    expect(gradient.isSparse).toBe(true);
    expect(gradient._nnz()).toBe(6);
  });

  test('passes its gradient on to the values that it was made of', () => {
    const values = tensor([1, 2], { requiresGrad: true });
    const s = sparseCooTensor([[0, 1]], values, [3]);
    s.mul(tensor([3, 4, 5]))
      .sum()
      .backward();
    expect(values.grad?.toArray()).toEqual([3, 4]);
  });

  test('refuses what would lose gradients', () => {
    const a = sparseCooTensor(INDICES, wave([6]), [4, 5], { requiresGrad: true });
    expect(() => a.mul_(2)).toThrow('mul_: a sparse tensor that needs gradients cannot be changed in place');
    noGrad(() => a.mul_(2));
    expect(() => a.backward()).toThrow('a sparse tensor is no loss');
    expect(() => {
      a.grad = zeros([4, 5], f64);
    }).toThrow('must be one with the same 6 places');
  });
});

describe('a sparse gradient of a dense tensor', () => {
  class Rows extends autograd.Function {
    static forward(ctx: FunctionContext, weight: Tensor, rows: Tensor): Tensor {
      ctx.saveForBackward(weight, rows);
      return weight.indexSelect(0, rows);
    }
    static backward(ctx: FunctionContext, gradient: Tensor) {
      const [weight, rows] = ctx.savedTensors as Tensor[];
      return [sparseCooTensor(rows.unsqueeze(0), gradient, weight.shape), null];
    }
  }

  test('arrives in grad, adds up there and can be added to the tensor', () => {
    const weight = zeros([4, 2], { requiresGrad: true });
    const rows = tensor([2, 0, 2], { dtype: 'int64' });
    scope(() => Rows.apply(weight, rows).sum().backward());
    expect(weight.grad?.isSparse).toBe(true);
    scope(() => Rows.apply(weight, rows).mul(2).sum().backward());
    expect(weight.grad?.isSparse).toBe(true);
    expect(weight.grad?.coalesce()._indices().toArray()).toEqual([[0, 2]]);
    expect(weight.grad?.toDense().toArray()).toEqual([
      [3, 3],
      [0, 0],
      [6, 6],
      [0, 0],
    ]);
    noGrad(() => weight.add_(weight.grad as Tensor, { alpha: -1 }));
    expect(weight.select(1, 0).toArray()).toEqual([-3, 0, -6, 0]);
  });

  test('becomes dense where it meets a dense one', () => {
    const weight = zeros([3, 1], { requiresGrad: true });
    const rows = tensor([1], { dtype: 'int64' });
    Rows.apply(weight, rows).sum().add(weight.sum()).backward();
    expect(weight.grad?.toArray()).toEqual([[1], [2], [1]]);
    const other = zeros([3, 1], { requiresGrad: true });
    Rows.apply(other, rows).sum().backward();
    other.sum().backward();
    expect(other.grad?.toArray()).toEqual([[1], [2], [1]]);
  });
});
