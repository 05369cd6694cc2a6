import { noGrad } from '@flambeau/autograd';
import { slice, type Tensor, tensor } from '@flambeau/core';
import { Adam } from '@flambeau/optim';
import { describe, expect, it } from 'vitest';
import expected from '../test/ddpm.json' with { type: 'json' };
import { scattered, scatteredTensor, setWeights } from '../test/formula.js';
import { Diffusion, NoisePredictor, trainStep } from './ddpm.js';

/** The batches of tooling/oracle/examples/ddpm.py. */
function batch(i: number): [images: Tensor, steps: Tensor, noise: Tensor] {
  const steps = Array.from(scattered(16, 3000 + i), (x) => Math.floor(x * 200));
  const shape = [16, 1, 8, 8];
  return [scatteredTensor(shape, 1000 + i, 2), tensor(steps, { dtype: 'int64' }), scatteredTensor(shape, 2000 + i, 3)];
}

describe('denoising diffusion', () => {
  it("has PyTorch's losses from the same weights, images, steps and noise, and then takes the same noise away", () => {
    const diffusion = new Diffusion();
    const model = new NoisePredictor(16);
    setWeights(model, 0.3);
    const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
    expected.losses.forEach((loss, i) => {
      expect(Math.abs(trainStep(diffusion, model, optimizer, ...batch(i)) / loss - 1)).toBeLessThan(1e-4);
    });
    const [images, , noise] = batch(expected.losses.length - 1).map((x) => x.index(slice(0, 1)));
    [0, 199].forEach((t, i) => {
      const denoised = noGrad(() => diffusion.denoise(model, images, t, noise));
      const difference = denoised.flatten().sub(tensor(expected.denoised[i])).abs().max().item();
      expect(difference).toBeLessThan(1e-3);
    });
  });

  it('ends in noise alone', () => {
    const { kept, betas } = new Diffusion();
    expect(betas).toHaveLength(200);
    expect(kept[0]).toBeCloseTo(1 - 5e-4, 10);
    expect(kept.at(-1)).toBeLessThan(1e-4);
  });

  it('draws images of any even size', () => {
    const model = new NoisePredictor(8);
    const drawn = new Diffusion(40).sample(model, [2, 1, 12, 6]);
    expect(drawn.shape).toEqual([2, 1, 12, 6]);
    expect(drawn.isfinite().all().item()).toBe(true);
  });
});
