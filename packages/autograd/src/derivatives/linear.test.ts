import { linear, manualSeed, randn, type Tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { grad } from '../index.js';

// the gradient of the weights of many rows and few features is a product the other way round
test.each([
  [511, 7],
  [512, 1],
  [512, 2],
  [700, 12],
  [700, 13],
])('gradients of linear on %i rows of %i features', (rows, features) => {
  manualSeed(rows);
  const [x, weight, g] = [randn([rows, features]), randn([5, features]), randn([rows, 5])];
  const gradients = (f: (x: Tensor, w: Tensor) => Tensor, dtype: 'float32' | 'float64'): Tensor[] => {
    const leaves = [x.to(dtype), weight.to(dtype)].map((t) => t.clone().requiresGrad_());
    const first = grad(f(leaves[0], leaves[1]), leaves, { gradOutputs: g.to(dtype), createGraph: true });
    return [...first, ...grad(first[1].square().sum(), [leaves[0]])];
  };
  const expected = gradients((a, w) => a.unsqueeze(1).mul(w).sum(2), 'float64');
  for (const [i, actual] of gradients((a, w) => linear(a, w), 'float32').entries()) {
    expect(actual.shape).toEqual(expected[i].shape);
    if (i < 2) expect(actual.isContiguous()).toBe(true); // of the first derivatives, which optimizers meet
    const largest = expected[i].abs().max().item();
    expect(actual.double().sub(expected[i]).abs().max().item() / largest, `gradient ${i}`).toBeLessThan(1e-5);
  }
});
