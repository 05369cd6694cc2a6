import { load, readCases, testFamily, values } from '../test/stored-case.js';
import { tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import * as nn from './index.js';
import type { Module } from './index.js';

type Reduction = 'mean' | 'sum' | 'none';
type Make = (reduction: Reduction) => Module;

/** Each loss with each reduction, as the oracle names them. */
const reduced = (losses: Readonly<Record<string, Make>>): Record<string, () => Module> =>
  Object.fromEntries(
    Object.entries(losses).flatMap(([name, make]) =>
      (['mean', 'sum', 'none'] as const).map((reduction) => [`${name}, ${reduction}`, () => make(reduction)]),
    ),
  );
const weight = tensor([0.5, 1, 2]);

testFamily(
  'margin-losses.json',
  reduced({
    MarginRankingLoss: (reduction) => new nn.MarginRankingLoss({ margin: 0.3, reduction }),
    HingeEmbeddingLoss: (reduction) => new nn.HingeEmbeddingLoss({ margin: 0.8, reduction }),
    CosineEmbeddingLoss: (reduction) => new nn.CosineEmbeddingLoss({ margin: -0.2, reduction }),
    SoftMarginLoss: (reduction) => new nn.SoftMarginLoss({ reduction }),
    MultiMarginLoss: (reduction) => new nn.MultiMarginLoss({ reduction }),
    'MultiMarginLoss squared': (reduction) => new nn.MultiMarginLoss({ p: 2, margin: 0.7, weight, reduction }),
    MultiLabelMarginLoss: (reduction) => new nn.MultiLabelMarginLoss({ reduction }),
    MultiLabelSoftMarginLoss: (reduction) => new nn.MultiLabelSoftMarginLoss({ weight, reduction }),
    TripletMarginLoss: (reduction) => new nn.TripletMarginLoss({ reduction }),
    'TripletMarginLoss swapped': (reduction) => new nn.TripletMarginLoss({ margin: 0.5, p: 1, swap: true, reduction }),
    TripletMarginWithDistanceLoss: (reduction) =>
      new nn.TripletMarginWithDistanceLoss({
        distanceFunction: (x, y) => nn.F.cosineSimilarity(x, y).neg().add(1),
        swap: true,
        reduction,
      }),
    PoissonNLLLoss: (reduction) => new nn.PoissonNLLLoss({ full: true, reduction }),
    'PoissonNLLLoss rate': (reduction) => new nn.PoissonNLLLoss({ logInput: false, eps: 1e-4, reduction }),
    GaussianNLLLoss: (reduction) => new nn.GaussianNLLLoss({ full: true, reduction }),
    'GaussianNLLLoss per row': (reduction) => new nn.GaussianNLLLoss({ eps: 0.1, reduction }),
  }),
);

// the oracle's weights of BCE losses are part of the state dict that the case loads
const places = load(readCases('dense-losses.json')['BCELoss, mean'].state.weight);
testFamily(
  'dense-losses.json',
  reduced({
    CrossEntropyLoss: (reduction) => new nn.CrossEntropyLoss({ weight, labelSmoothing: 0.1, ignoreIndex: 2, reduction }),
    'CrossEntropyLoss soft': (reduction) => new nn.CrossEntropyLoss({ weight, labelSmoothing: 0.1, reduction }),
    'CrossEntropyLoss single': (reduction) => new nn.CrossEntropyLoss({ reduction }),
    NLLLoss: (reduction) => new nn.NLLLoss({ weight, ignoreIndex: 0, reduction }),
    BCELoss: (reduction) => new nn.BCELoss({ weight: places, reduction }),
    BCEWithLogitsLoss: (reduction) =>
      new nn.BCEWithLogitsLoss({ weight: places, posWeight: weight.reshape([3, 1, 1]), reduction }),
    KLDivLoss: (reduction) => new nn.KLDivLoss({ logTarget: true, reduction }),
  }),
);

test('bad inputs are refused', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  expect(() => nn.F.gaussianNllLoss(x, x, x.neg())).toThrow('a variance is negative');
  expect(() => nn.F.gaussianNllLoss(x, x, tensor([1, 2, 3]))).toThrow('variance of shape (3,)');
  expect(() => nn.F.multiMarginLoss(x, [0, 1], { p: 3 as 2 })).toThrow('p must be 1 or 2');
  expect(() => nn.F.multiMarginLoss(x, tensor([[0], [1]], { dtype: 'int64' }))).toThrow('(N, C)');
  expect(() => nn.F.multilabelMarginLoss(x, [0, 1])).toThrow('same shape');
  expect(() => nn.F.cosineEmbeddingLoss(x, x, x)).toThrow('cosineEmbeddingLoss');
  expect(() => nn.F.tripletMarginLoss(x, x, x, { margin: 0 })).toThrow('margin must be positive');
  expect(() => nn.F.marginRankingLoss(x, x, x, { reduction: 'all' as 'sum' })).toThrow('reduction must be');
});

test('a loss of several labels ignores what stands after the first -1', () => {
  const scores = tensor([[0.1, 0.2, 0.4, 0.8]]);
  const target = tensor([[3, 0, -1, 1]], { dtype: 'int64' });
  expect(values(nn.F.multilabelMarginLoss(scores, target))[0]).toBeCloseTo(0.85, 5);
});
