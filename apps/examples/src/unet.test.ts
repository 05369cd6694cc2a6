import { slice, tensor } from '@flambeau/core';
import { Adam } from '@flambeau/optim';
import { describe, expect, it } from 'vitest';
import { setWeights } from '../test/formula.js';
import expected from '../test/unet.json' with { type: 'json' };
import { drawShapes, meanIoU, predict, trainStep, UNet } from './unet.js';

describe('the U-Net', () => {
  it("has PyTorch's losses from the same weights on the same shapes", () => {
    const model = new UNet(8);
    setWeights(model, 0.2);
    const optimizer = new Adam(model.parameters(), { lr: 2e-3 });
    expected.losses.forEach((loss, step) => {
      expect(Math.abs(trainStep(model, optimizer, ...drawShapes(4, 1 + step)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('tells background from shapes after a few steps', () => {
    const model = new UNet(8);
    const optimizer = new Adam(model.parameters(), { lr: 1e-2 });
    const [images, classes] = drawShapes(32, 1);
    const losses = Array.from({ length: 4 }, () =>
      [0, 8, 16, 24].map((at) => trainStep(model, optimizer, images.index(slice(at, at + 8)), classes.index(slice(at, at + 8)))),
    ).flat();
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]);
    expect(predict(model, images).shape).toEqual(classes.shape);
    expect(model.training).toBe(true);
  });

  it('measures what prediction and truth share', () => {
    const truth = tensor([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(meanIoU(truth, truth)).toBe(1);
    expect(meanIoU(tensor([0, 0, 1, 2, 2, 2, 3, 3]), truth)).toBeCloseTo((1 + 1 / 2 + 2 / 3 + 1) / 4, 6);
  });
});
