import { type Tensor, tensor } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import expected from '../test/fashion-cnn.json' with { type: 'json' };
import { scattered, scatteredTensor, setWeights } from '../test/formula.js';
import { CNN, makeOptimizer, trainStep } from './fashion-cnn.js';

/** The batches of tooling/oracle/examples/fashion_cnn.py. */
function batch(step: number): [images: Tensor, labels: Tensor] {
  const labels = Array.from(scattered(32, 2000 + step), (x) => Math.floor(10 * x));
  return [scatteredTensor([32, 1, 28, 28], 1000 + step, 3), tensor(labels, { dtype: 'int64' })];
}

describe('the convolutional network on Fashion-MNIST', () => {
  it("has PyTorch's losses from the same weights and batches", () => {
    const model = new CNN(0);
    setWeights(model, 0.2);
    const training = makeOptimizer(model, 100);
    expected.losses.forEach((loss, step) => {
      expect(Math.abs(trainStep(model, training, ...batch(step)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('drops activations in training only', () => {
    const model = new CNN();
    const [images] = batch(0);
    expect(model(images).equal(model(images))).toBe(false);
    model.eval();
    expect(model(images).equal(model(images))).toBe(true);
  });
});
