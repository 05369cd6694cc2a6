import { type Tensor, tensor } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import expected from '../test/transfer-learning.json' with { type: 'json' };
import { scattered, scatteredTensor, setWeights } from '../test/formula.js';
import { sharedData } from '../test/shared-data.js';
import { loadPretrained, makeOptimizer, ResNet20, trainStep } from './transfer-learning.js';

/** The batches of tooling/oracle/examples/transfer_learning.py. */
function batch(step: number): [images: Tensor, labels: Tensor] {
  const labels = Array.from(scattered(8, 2000 + step), (x) => Math.floor(10 * x));
  return [scatteredTensor([8, 3, 28, 28], 1000 + step, 3), tensor(labels, { dtype: 'int64' })];
}

describe('fine-tuning a ResNet-20', () => {
  // Few steps: in a deep network with batch norm of eight images, rounding grows quickly.
  it("has PyTorch's losses from the same weights and batches", () => {
    const model = new ResNet20();
    setWeights(model, 0.3);
    const training = makeOptimizer(model, 2e-3, 100);
    expected.losses.forEach((loss, step) => {
      expect(Math.abs(trainStep(model, training, ...batch(step)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('gives the body and the new layer learning rates of their own', () => {
    const model = new ResNet20();
    const [optimizer] = makeOptimizer(model, 2e-3, 100);
    const sizes = optimizer.paramGroups.map(({ params }) => params.length);
    expect(sizes).toEqual([[...model.parameters()].length - 2, 2]);
    const [body, head] = optimizer.paramGroups;
    expect(head.lr / body.lr).toBeCloseTo(5, 10);
  });

  const { path, missing, note } = sharedData('resnet-cifar10/resnet20-12fca82f.th');
  it.skipIf(missing)(`reads the checkpoint${note}`, () => {
    const model = new ResNet20();
    const before = model.conv1.weight.detach().clone();
    loadPretrained(model, path);
    expect(model.conv1.weight.equal(before)).toBe(false);
  });
});
