import { describe, expect, it } from 'vitest';
import { groups } from '../internal.js';
import { full, type Tensor, tensor, zeros } from '../index.js';

const COUNT = 3000;

/** Added up in half precision, 3,000 times 0.1 stop growing at 256 (float16) or 32 (bfloat16). */
describe.each([
  ['float16', 299.93],
  ['bfloat16', 300.29],
] as const)('sums of many %s elements at one place are rounded once', (dtype, sum) => {
  const places = zeros([COUNT], { dtype: 'int64' });
  const values = (shape: readonly number[]): Tensor => full(shape, 0.1, { dtype });
  const expected = tensor(sum).to(dtype).item();

  it.each([
    ['indexAdd_', () => zeros([2, 3], { dtype }).indexAdd_(0, places, values([COUNT, 3]))],
    [
      'indexAdd_ of columns',
      () =>
        zeros([3, 2], { dtype })
          .t()
          .indexAdd_(0, places, values([COUNT, 3])),
    ],
    ['indexAdd_ of a vector', () => zeros([2], { dtype }).indexAdd_(0, places, values([COUNT]))],
    ['scatterAdd_', () => zeros([2], { dtype }).scatterAdd_(0, places, values([COUNT]))],
    ['scatterReduce_', () => zeros([2], { dtype }).scatterReduce_(0, places, values([COUNT]), 'sum')],
    ['indexPut_', () => zeros([2, 3], { dtype }).indexPut_([places], values([COUNT, 3]), { accumulate: true })],
    ['embeddingBackward', () => groups.embedding.embeddingBackward(values([COUNT, 3]), places, -1, 2)],
  ])('%s', (_, run) => {
    const result = run().select(0, 0);
    expect(result.dtype).toBe(dtype);
    expect(result.flatten().select(0, 0).item()).toBe(expected);
  });

  it('leaves the other elements alone', () => {
    const x = full([4], 1.5, { dtype });
    const [a, b, c, d] = x.indexAdd_(0, [2], full([1], 1, { dtype })).toArray() as number[];
    expect([a, b, c, d]).toEqual([1.5, 1.5, 2.5, 1.5]);
  });
});
