import { type Tensor, tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { describe, expect, it } from 'vitest';
import expected from '../test/transfer-learning.json' with { type: 'json' };
import { scattered, scatteredTensor, setWeights } from '../test/formula.js';
import { sharedData } from '../test/shared-data.js';
import { Backbone, classify, isRight, loadPretrained } from './transfer-learning.js';

const bits = (count: number, salt: number) =>
  tensor(
    Array.from(scattered(count, salt), (x) => Math.floor(2 * x)),
    { dtype: 'int64' },
  );

describe('transfer learning from a ResNet-20', () => {
  it("has PyTorch's features from the same weights and images", () => {
    const model = new Backbone();
    setWeights(model, 0.3);
    model.eval();
    const features = noGrad(() => model(scatteredTensor([2, 3, 16, 16], 1000, 3)));
    expect(features.allclose(tensor(expected.features), { rtol: 1e-4, atol: 1e-5 })).toBe(true);
  });

  it("trains PyTorch's head on the same features", () => {
    // in float64: where the loss is flat, rounding decides where the line search of a float32 head ends
    const [train, test] = [scatteredTensor([24, 96], 2001, 2), scatteredTensor([4, 96], 2002, 2)].map((x) => x.double());
    const logits = classify(train, bits(24, 2000), test);
    expect(logits.allclose(tensor(expected.logits, { dtype: 'float64' }), { rtol: 1e-6, atol: 1e-7 })).toBe(true);
  });

  it('tests on no photo that it was trained on', () => {
    const labels = bits(8, 2000);
    const right = (views: Tensor) =>
      Array.from({ length: 8 }, (_, photo) => isRight(views, labels, photo)).filter(Boolean).length;
    const noise = scatteredTensor([2, 8, 8], 2003, 1);
    const clear = noise.add(labels.float().sub(0.5).mul(4).view([1, 8, 1]));
    expect(right(clear)).toBe(8);
    // one feature per photo, which only that photo has: a head that had seen it would know its label
    const own = tensor(Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => (i === j ? 1 : 0))));
    expect(right(own.unsqueeze(0))).toBeLessThan(7);
  });

  const { path, missing, note } = sharedData('resnet-cifar10/resnet20-12fca82f.th');
  it.skipIf(missing)(`reads the checkpoint${note}`, () => {
    const model = new Backbone();
    const before = model.conv1.weight.detach().clone();
    loadPretrained(model, path);
    expect(model.conv1.weight.equal(before)).toBe(false);
  });
});
