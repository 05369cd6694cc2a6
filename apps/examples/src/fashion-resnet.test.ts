import { isTensor, type Tensor, tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { type Callback, Trainer } from '@flambeau/trainer';
import { describe, expect, it } from 'vitest';
import expected from '../test/fashion-resnet.json' with { type: 'json' };
import { scattered, scatteredTensor, setWeights } from '../test/formula.js';
import { ResNet } from './fashion-resnet.js';

/** The batches of tooling/oracle/examples/fashion_resnet.py. */
function batch(step: number): [images: Tensor, labels: Tensor] {
  const labels = Array.from(scattered(16, 2000 + step), (x) => Math.floor(10 * x));
  return [scatteredTensor([16, 1, 28, 28], 1000 + step, 3), tensor(labels, { dtype: 'int64' })];
}
const batches = {
  length: expected.losses.length,
  async *[Symbol.asyncIterator]() {
    for (let step = 0; step < this.length; step++) yield batch(step);
  },
};

/** The largest difference, relative to the expected value. */
const difference = (found: number[], wanted: number[]) => Math.max(...found.map((x, i) => Math.abs(x / wanted[i] - 1)));

// After five steps an activation 2e-6 from zero falls on different sides of the ReLU, and the networks part.
describe('the residual network on Fashion-MNIST', () => {
  it("has PyTorch's losses in the trainer, and then its logits with the running statistics", async () => {
    const model = new ResNet(100);
    setWeights(model, 0.2);
    const losses: number[] = [];
    const recorder: Callback = {
      onTrainBatchEnd(_trainer, _module, output) {
        if (isTensor(output)) losses.push(output.item());
      },
    };
    const quiet = { logger: false, enableCheckpointing: false, enableProgressBar: false, enableModelSummary: false };
    await new Trainer({ ...quiet, maxEpochs: 1, callbacks: [recorder] }).fit(model, batches);
    expect(losses).toHaveLength(batches.length);
    expect(difference(losses, expected.losses)).toBeLessThan(1e-4);

    model.eval();
    const logits = noGrad(() => model.forward(batch(99)[0].narrow(0, 0, 2)));
    expect(difference(logits.flatten().toArray() as number[], expected.logits.flat())).toBeLessThan(1e-4);
  });
});
