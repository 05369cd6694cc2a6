import { readFileSync } from 'node:fs';
import { autocast } from '@flambeau/autograd';
import { type DType, ones, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import * as F from './functional.js';

const { dtypes } = JSON.parse(readFileSync(new URL('../test/fixtures/autocast.json', import.meta.url), 'utf8')) as {
  dtypes: Record<string, DType[]>;
};

type Make = (...shape: number[]) => Tensor;
/** Where a maximum of pooling stood: the first element. */
const first = (...shape: number[]): Tensor => ones(shape, { dtype: 'int64' }).sub(1);
const functions: Record<string, (m: Make) => Tensor> = {
  bilinear: (m) => F.bilinear(m(2, 3), m(2, 4), m(5, 3, 4)),
  poissonNllLoss: (m) => F.poissonNllLoss(m(3), m(3)),
  gaussianNllLoss: (m) => F.gaussianNllLoss(m(3), m(3), m(3)),
  hingeEmbeddingLoss: (m) => F.hingeEmbeddingLoss(m(3), m(3)),
  softMarginLoss: (m) => F.softMarginLoss(m(3), m(3)),
  marginRankingLoss: (m) => F.marginRankingLoss(m(3), m(3), m(3)),
  cosineEmbeddingLoss: (m) => F.cosineEmbeddingLoss(m(2, 3), m(2, 3), m(2)),
  tripletMarginLoss: (m) => F.tripletMarginLoss(m(2, 3), m(2, 3), m(2, 3)),
  tripletMarginWithDistanceLoss: (m) => F.tripletMarginWithDistanceLoss(m(2, 3), m(2, 3), m(2, 3)),
  multiMarginLoss: (m) => F.multiMarginLoss(m(2, 3), [0, 1]),
  multilabelMarginLoss: (m) =>
    F.multilabelMarginLoss(m(2, 3), [
      [0, 1, -1],
      [2, -1, -1],
    ]),
  multilabelSoftMarginLoss: (m) => F.multilabelSoftMarginLoss(m(2, 3), m(2, 3)),
  cosineSimilarity: (m) => F.cosineSimilarity(m(2, 3), m(2, 3)),
  pairwiseDistance: (m) => F.pairwiseDistance(m(2, 3), m(2, 3)),
  fractionalMaxPool2d: (m) => F.fractionalMaxPool2d(m(1, 1, 4, 4), 2, { outputSize: 2, randomSamples: m(1, 1, 2).div(2) }),
  fractionalMaxPool3d: (m) => F.fractionalMaxPool3d(m(1, 1, 4, 4, 4), 2, { outputSize: 2, randomSamples: m(1, 1, 3).div(2) }),
  maxUnpool1d: (m) => F.maxUnpool1d(m(1, 1, 2), tensor([[[0, 2]]], { dtype: 'int64' }), 2),
  maxUnpool2d: (m) => F.maxUnpool2d(m(1, 1, 1, 1), first(1, 1, 1, 1), 2),
  maxUnpool3d: (m) => F.maxUnpool3d(m(1, 1, 1, 1, 1), first(1, 1, 1, 1, 1), 2),
};

test('every stored function has a case', () => {
  expect(Object.keys(functions).sort()).toEqual(Object.keys(dtypes).sort());
});

describe.each(['float32', 'bfloat16', 'float64'] as const)('%s operands under autocast', (dtype) => {
  const column = ['float32', 'bfloat16', 'float64'].indexOf(dtype);
  test.each(Object.keys(dtypes))("%s has PyTorch's dtype", (name) => {
    const make: Make = (...shape) => ones(shape, { dtype });
    expect(autocast({ dtype: 'bfloat16' }, () => functions[name](make)).dtype).toBe(dtypes[name][column]);
  });
});
