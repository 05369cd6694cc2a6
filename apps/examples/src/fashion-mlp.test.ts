import { type Tensor, tensor } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import expected from '../test/fashion-mlp.json' with { type: 'json' };
import { scattered, scatteredTensor, setWeights } from '../test/formula.js';
import { makeOptimizer, MLP, trainStep } from './fashion-mlp.js';

/** The batches of tooling/oracle/examples/fashion_mlp.py. */
function batch(step: number): [images: Tensor, labels: Tensor] {
  const labels = Array.from(scattered(128, 2000 + step), (x) => Math.floor(10 * x));
  return [scatteredTensor([128, 784], 1000 + step, 3), tensor(labels, { dtype: 'int64' })];
}

describe('the multilayer perceptron on Fashion-MNIST', () => {
  it("has PyTorch's losses from the same weights and batches", () => {
    const model = new MLP();
    setWeights(model, 0.1);
    const training = makeOptimizer(model, 100);
    expected.losses.forEach((loss, step) => {
      expect(Math.abs(trainStep(model, training, ...batch(step)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('learns a batch by heart', () => {
    const model = new MLP();
    const training = makeOptimizer(model, 60);
    const losses = Array.from({ length: 60 }, () => trainStep(model, training, ...batch(0)));
    expect(losses[0]).toBeGreaterThan(2);
    expect(losses[59]).toBeLessThan(0.1);
  });
});
