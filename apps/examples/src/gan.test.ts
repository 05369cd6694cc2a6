import { tensor } from '@flambeau/core';
import type { BatchNorm2d } from '@flambeau/nn';
import { describe, expect, it } from 'vitest';
import { scatteredTensor, setWeights } from '../test/formula.js';
import expected from '../test/gan.json' with { type: 'json' };
import { certainShare, digitScore } from './digit-classifier.js';
import { GAN } from './gan.js';

describe('the generative adversarial network', () => {
  it("has PyTorch's losses from the same weights, images and noise", () => {
    const gan = new GAN();
    setWeights(gan.generator, 0.1);
    setWeights(gan.discriminator, 0.1);
    expected.losses.forEach((losses, step) => {
      const got = gan.trainStep(scatteredTensor([16, 1, 28, 28], 1000 + step, 2), scatteredTensor([16, 64], 2000 + step, 3));
      got.forEach((loss, i) => {
        expect(Math.abs(loss / losses[i] - 1)).toBeLessThan(1e-4);
      });
    });
  });

  it('draws digits without disturbing the running statistics', () => {
    const gan = new GAN();
    const runningMean = () => (gan.generator[2] as BatchNorm2d).runningMean?.toArray();
    const before = runningMean();
    const digits = gan.sample(3);
    expect(digits.shape).toEqual([3, 1, 28, 28]);
    expect(digits.min().item()).toBeGreaterThanOrEqual(0);
    expect(digits.max().item()).toBeLessThanOrEqual(1);
    expect(runningMean()).toEqual(before);
    expect(gan.generator.training).toBe(true);
  });
});

describe('what a classifier says of digits', () => {
  it('is worth 10 if every digit is met with certainty, 1 if it cannot tell', () => {
    const certain = tensor(Array.from({ length: 10 }, (_, i) => Array.from({ length: 10 }, (_, j) => Number(i === j))));
    expect(digitScore(certain)).toBeCloseTo(10, 4);
    expect(certainShare(certain)).toBe(1);
    const guessing = tensor(Array.from({ length: 4 }, () => new Array<number>(10).fill(0.1)));
    expect(digitScore(guessing)).toBeCloseTo(1, 5);
    expect(certainShare(guessing)).toBe(0);
  });
});
