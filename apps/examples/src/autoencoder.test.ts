import { noGrad } from '@flambeau/autograd';
import { Adam } from '@flambeau/optim';
import { describe, expect, it } from 'vitest';
import expected from '../test/autoencoder.json' with { type: 'json' };
import { scatteredTensor, setWeights } from '../test/formula.js';
import { Autoencoder, trainStep } from './autoencoder.js';

/** The batches of tooling/oracle/examples/autoencoder.py: mostly dark, so that there is something to learn. */
const batch = (step: number) =>
  scatteredTensor([32, 1, 28, 28], 1000 + step, 1)
    .add(0.5)
    .pow(4);

describe('the autoencoder', () => {
  it("has PyTorch's losses from the same weights and batches", () => {
    const model = new Autoencoder();
    setWeights(model, 0.2);
    const optimizer = new Adam(model.parameters(), { lr: 2e-3 });
    expected.losses.forEach((loss, step) => {
      expect(Math.abs(trainStep(model, optimizer, batch(step)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('gives images back through a short code', () => {
    const model = new Autoencoder(8);
    const code = noGrad(() => model.encoder(batch(0)));
    const images = noGrad(() => model.decoder(code));
    expect(code.shape).toEqual([32, 8]);
    expect(images.shape).toEqual([32, 1, 28, 28]);
    expect(images.min().item()).toBeGreaterThanOrEqual(0);
    expect(images.max().item()).toBeLessThanOrEqual(1);
  });
});
