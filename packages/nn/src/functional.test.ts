import { type Tensor, tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { F } from './index.js';

const values = (t: Tensor): number[] => t.detach().reshape([-1]).toArray() as number[];
function close(t: Tensor, expected: readonly number[]): void {
  for (const [i, x] of values(t).entries()) expect(x).toBeCloseTo(expected[i], 5);
  expect(t.numel).toBe(expected.length);
}

test('normalize divides by the norm, zero stays zero', () => {
  close(
    F.normalize(
      tensor([
        [3, 4],
        [0, 0],
      ]),
    ),
    [0.6, 0.8, 0, 0],
  );
  close(
    F.normalize(
      tensor([
        [3, -1],
        [4, 1],
      ]),
      { p: 1, dim: 0 },
    ),
    [3 / 7, -0.5, 4 / 7, 0.5],
  );
});

test('cosineSimilarity broadcasts and is finite for zeros', () => {
  close(
    F.cosineSimilarity(
      tensor([
        [1, 0],
        [1, 1],
        [0, 0],
      ]),
      tensor([[2, 0]]),
    ),
    [1, Math.SQRT1_2, 0],
  );
});

test('pairwiseDistance is the norm of the difference', () => {
  close(
    F.pairwiseDistance(
      tensor([
        [1, 2],
        [3, 3],
      ]),
      tensor([
        [1, 5],
        [0, -1],
      ]),
    ),
    [3, 5],
  );
  expect(F.pairwiseDistance(tensor([[1, 2]]), tensor([[1, 5]]), { keepdim: true }).shape).toEqual([1, 1]);
});

test("PyTorch's functions are there under its names", () => {
  close(F.relu(tensor([-1, 2])), [0, 2]);
  close(F.crossEntropy(tensor([[0, 0]]), [1]), [Math.log(2)]);
});
