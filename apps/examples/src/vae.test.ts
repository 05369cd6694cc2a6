import { zeros } from '@flambeau/core';
import { init } from '@flambeau/nn';
import { Adam } from '@flambeau/optim';
import { describe, expect, it } from 'vitest';
import { scatteredTensor, setWeights } from '../test/formula.js';
import expected from '../test/vae.json' with { type: 'json' };
import { sample, trainStep, VAE } from './vae.js';

/** The batches of tooling/oracle/examples/vae.py: mostly dark, so that there is something to learn. */
const images = (step: number) =>
  scatteredTensor([128, 784], 1000 + step, 1)
    .add(0.5)
    .pow(4);
const noise = (step: number) => scatteredTensor([128, 20], 2000 + step, 3);

describe('the variational autoencoder', () => {
  it("has PyTorch's losses from the same weights, batches and noise", () => {
    const model = new VAE();
    setWeights(model, 0.1);
    const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
    expected.losses.forEach((loss, step) => {
      expect(Math.abs(trainStep(model, optimizer, images(step), noise(step)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('costs the entropy of fair coins per pixel and nothing else where all weights are zero', () => {
    const model = new VAE();
    for (const p of model.parameters()) init.zeros_(p);
    expect(model.forward(zeros([4, 784]), noise(0).narrow(0, 0, 4)).item()).toBeCloseTo(784 * Math.log(2), 3);
  });

  it('draws digits', () => {
    const digits = sample(new VAE(), 3);
    expect(digits.shape).toEqual([3, 1, 28, 28]);
    expect(digits.min().item()).toBeGreaterThan(0);
    expect(digits.max().item()).toBeLessThan(1);
  });
});
