/** Functions without a module of their own in the other tests, on inputs small enough to write down. The numbers are PyTorch's. */
import { arange, linspace, manualSeed, ones, type Tensor, tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { F } from './index.js';

function close(t: Tensor, expected: readonly number[]): void {
  const values = t.flatten().toArray() as number[];
  expect(values).toHaveLength(expected.length);
  for (const [i, x] of values.entries()) expect(x).toBeCloseTo(expected[i], 5);
}

const image = arange(1, 17, 1, { dtype: 'float32' }).reshape([1, 1, 4, 4]);
const scores = tensor([
  [-1, 0.5],
  [0.25, 2],
]);
const pairs = tensor([
  [1, 2],
  [3, -1],
]);

test('softmin prefers the smallest', () => {
  close(F.softmin(tensor([[0, 1, 2]]), 1), [0.665241, 0.244728, 0.090031]);
});

test('maxUnpool2d puts the largest elements back', () => {
  const x = linspace(-1, 1, 16).reshape([1, 1, 4, 4]);
  const [values, indices] = F.maxPool2d(x, 2, { returnIndices: true });
  close(F.maxUnpool2d(values, indices, 2), [0, 0, 0, 0, 0, -1 / 3, 0, -0.066667, 0, 0, 0, 0, 0, 0.733333, 0, 1]);
});

test('lpPool2d takes the norm of each window', () => {
  close(F.lpPool2d(image, 3, 2), [7.047299, 9.816659, 18.823856, 21.91843]);
});

test('instanceNorm normalizes each channel of each example', () => {
  const x = tensor([
    [
      [1, 2, 4],
      [0, 5, -1],
    ],
  ]);
  close(F.instanceNorm(x), [-1.069041, -0.26726, 1.336302, -0.508, 1.397, -0.889]);
});

test('localResponseNorm divides by the neighbouring channels', () => {
  const x = arange(1, 9, 1, { dtype: 'float32' }).reshape([1, 4, 2]);
  close(
    F.localResponseNorm(x, 3, { alpha: 0.5, beta: 0.75, k: 2 }),
    [0.377395, 0.569877, 0.64071, 0.647577, 0.629928, 0.604446, 0.950249, 0.89082],
  );
});

test('bilinear is linear in both inputs', () => {
  const other = tensor([
    [0.5, -1, 2],
    [1, 0, 1],
  ]);
  const weight = linspace(-1, 1, 12).reshape([2, 2, 3]);
  close(F.bilinear(pairs, other, weight, tensor([0.5, -0.5])), [-0.727273, 3.181818, -3.863636, -0.5]);
});

test('losses of pairs, counts and several labels', () => {
  const signs = tensor([
    [1, -1],
    [-1, 1],
  ]);
  close(F.hingeEmbeddingLoss(scores, signs, { reduction: 'none' }), [-1, 0.5, 0.75, 2]);
  close(F.softMarginLoss(scores, signs), [0.810052]);
  const counts = tensor([
    [1, 3],
    [0, 2],
  ]);
  close(F.poissonNllLoss(scores, counts, { full: true }), [2.151392]);
  const labels = tensor([
    [1, 0],
    [1, 1],
  ]);
  close(F.multilabelSoftMarginLoss(scores, labels, { weight: tensor([1, 3]) }), [1.298054]);
});

test('tripletMarginWithDistanceLoss takes any distance, and swaps', () => {
  const negative = tensor([
    [0.5, 0.5],
    [1, 2],
  ]);
  const distanceFunction = (a: Tensor, b: Tensor) => a.sub(b).abs().amax(-1);
  close(
    F.tripletMarginWithDistanceLoss(pairs, scores, negative, { distanceFunction, margin: 0.5, swap: true, reduction: 'none' }),
    [1, 2.75],
  );
});

test('pixelShuffle makes pixels of channels, pixelUnshuffle channels of pixels', () => {
  const x = arange(8).to('float32');
  close(F.pixelShuffle(x.reshape([1, 4, 1, 2]), 2), [0, 2, 1, 3, 4, 6, 5, 7]);
  close(F.pixelUnshuffle(x.reshape([1, 1, 2, 4]), 2), [0, 2, 1, 3, 4, 6, 5, 7]);
});

test('dropout3d drops whole channels', () => {
  manualSeed(3);
  const channels = F.dropout3d(ones([4, 16, 2, 2, 2]), 0.5)
    .flatten(2)
    .toArray() as number[][][];
  const kept = channels.flat().map((channel) => {
    expect(new Set(channel).size).toBe(1);
    return channel[0];
  });
  expect(new Set(kept)).toEqual(new Set([0, 2]));
});

test('embedding looks rows up, gives the padding row no gradient and bounds norms', () => {
  const weight = pairs.clone().requiresGrad_();
  const rows = F.embedding([1, 0, 1], weight, { paddingIdx: 0 });
  close(rows, [3, -1, 1, 2, 3, -1]);
  rows.sum().backward();
  close(weight.grad as Tensor, [0, 0, 2, 2]);
  close(
    F.embedding(
      [1],
      tensor([
        [0, 0],
        [3, 4],
      ]),
      { maxNorm: 1 },
    ),
    [0.6, 0.8],
  );
});
