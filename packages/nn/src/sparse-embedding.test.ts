import { linspace, ones, type Tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { values } from '../test/stored-case.js';
import * as nn from './index.js';
import { F } from './index.js';

describe('sparse gradients of an embedding', () => {
  const ids = [
    [4, 1, 1],
    [2, 4, 0],
  ];
  const weights = linspace(-1, 1, 12).reshape([2, 3, 2]);
  const gradient = (options: nn.EmbeddingOptions, uses = 1): Tensor => {
    const embedding = nn.Embedding.fromPretrained(linspace(0, 1, 10).reshape([5, 2]), { freeze: false, ...options });
    let sum = embedding(ids).mul(weights).sum();
    for (let i = 1; i < uses; i++) sum = sum.add(embedding(ids).square().sum());
    sum.backward();
    return embedding.weight.grad as Tensor;
  };

  test.each([{}, { paddingIdx: 1 }, { paddingIdx: -1 }, { scaleGradByFreq: true }])('are the dense ones: %o', (options) => {
    const sparse = gradient({ sparse: true, ...options });
    expect(sparse.layout).toBe('sparseCoo');
    expect(values(sparse.toDense())).toEqual(values(gradient(options)));
  });

  test('have an entry for each look-up that is no padding', () => {
    expect(values(gradient({ sparse: true })._indices())).toEqual([4, 1, 1, 2, 4, 0]);
    expect(values(gradient({ sparse: true, paddingIdx: 4 })._indices())).toEqual([1, 1, 2, 0]);
  });

  test('add up over several uses and several passes', () => {
    const difference = gradient({ sparse: true }, 2).toDense().sub(gradient({}, 2));
    expect(difference.abs().max().item()).toBeLessThan(1e-6); // added in another order
    const passes = (sparse: boolean): Tensor => {
      const embedding = nn.Embedding.fromPretrained(ones([5, 2]), { freeze: false, sparse });
      for (let i = 0; i < 2; i++) embedding(ids).mul(weights).sum().backward();
      return embedding.weight.grad as Tensor;
    };
    expect(passes(true).isSparse).toBe(true);
    expect(values(passes(true).toDense())).toEqual(values(passes(false)));
  });

  test.each(['sum', 'mean', 'max'] as const)('of bags: %s', (mode) => {
    const [sparse, dense] = [true, false].map((sparse) => {
      const weight = linspace(0, 1, 10).reshape([5, 2]).clone().requiresGrad_();
      F.embeddingBag(ids, weight, { mode, sparse }).square().sum().backward();
      return weight.grad as Tensor;
    });
    expect(sparse.isSparse).toBe(true);
    expect(values(sparse.toDense())).toEqual(values(dense));
  });
});
