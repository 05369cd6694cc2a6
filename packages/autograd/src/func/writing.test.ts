/** Functional writes whose source differs between examples, or carries a tangent, into a tensor that does not. */
import {
  arange,
  diagonalScatter,
  indexPut,
  selectScatter,
  sliceScatter,
  stack,
  type Tensor,
  tensor,
  zeros,
} from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { func, vmap } from '../index.js';

const shared = zeros([3, 3], { dtype: 'float64' });
const writes: readonly (readonly [string, (source: Tensor) => Tensor])[] = [
  ['indexPut', (v) => indexPut(shared, [[2, 0]], v)],
  ['indexPut, accumulating', (v) => indexPut(shared, [[1, 1]], v, { accumulate: true })],
  ['indexPut of a part', (v) => indexPut(shared, [1], v)],
  ['selectScatter', (v) => selectScatter(shared, v, 1, 2)],
  ['sliceScatter', (v) => sliceScatter(shared, v.unsqueeze(0), 0, 1, 2)],
  ['diagonalScatter', (v) => diagonalScatter(shared, v)],
];

describe.each(writes)('%s', (_, write) => {
  const source = arange(12).to('float64').reshape([4, 3]);

  test('for a batch', () => {
    const batched = vmap(write)(source) as Tensor;
    expect(batched.tolist()).toEqual(stack([...source].map(write)).tolist());
  });

  test('with a tangent', () => {
    const v = tensor([1, 2, 3], { dtype: 'float64' });
    const [value, tangent] = func.jvp(write, [v], [v.mul(10)]) as Tensor[];
    expect(value.tolist()).toEqual(write(v).tolist());
    expect(tangent.tolist()).toEqual(write(v.mul(10)).tolist()); // the rest is zero
    expect((func.jacfwd(write)(v) as Tensor).tolist()).toEqual((func.jacrev(write)(v) as Tensor).tolist());
  });
});

test('indices that differ between examples', () => {
  const at = tensor([[0], [2]], { dtype: 'int64' });
  const result = vmap((i: Tensor) => indexPut(zeros([3]), [i], 1))(at) as Tensor;
  expect(result.tolist()).toEqual([
    [1, 0, 0],
    [0, 0, 1],
  ]);
});

test('Hessians of functions that read by index', () => {
  const x = tensor([1, 2, 3], { dtype: 'float64' });
  const i = tensor([0, 2, 2], { dtype: 'int64' });
  const expected = [
    [6, 0, 0],
    [0, 0, 0],
    [0, 0, 36],
  ];
  for (const read of [
    (t: Tensor) => t.indexSelect(0, i),
    (t: Tensor) => t.gather(0, i),
    (t: Tensor) => t.take(i),
    (t: Tensor) => t.index(i),
  ]) {
    const hessian = func.hessian((t: Tensor) => read(t).pow(3).sum())(x) as Tensor;
    expect(hessian.tolist()).toEqual(expected);
    const batch = vmap(func.grad((t: Tensor) => read(t).pow(3).sum()))(stack([x, x])) as Tensor;
    expect(batch.select(0, 1).tolist()).toEqual([3, 0, 54]);
  }
});
