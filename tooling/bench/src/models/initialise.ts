import { noGrad } from '@flambeau/autograd';
import { empty, type Tensor } from '@flambeau/core';
import type { Module } from '@flambeau/nn';
import type { InputSpec } from '../workload.js';

/** The input that parameters are made of. Its length is a prime, so that rows of matrices differ. */
export const NOISE: InputSpec = { shape: [1048573] };
/** How far apart in it parameters begin. */
const STRIDE = 104729;

/**
 * Gives a model the parameters that every side gives it: the k-th starts at `k · STRIDE` in `noise`, which goes round. Matrices are
 * scaled by `1 / sqrt(fanIn)`, vectors called weight lie around 1, others around 0. `python/models.py` does the same.
 */
export function initialise<M extends Module>(model: M, noise: Tensor): M {
  const n = noise.numel;
  noGrad(() => {
    let k = 0;
    for (const [name, p] of model.namedParameters()) {
      const flat = empty([p.numel]);
      let from = (k++ * STRIDE) % n;
      for (let done = 0; done < p.numel; from = 0) {
        const count = Math.min(n - from, p.numel - done);
        flat.narrow(0, done, count).copy_(noise.narrow(0, from, count));
        done += count;
      }
      if (p.ndim > 1) flat.mul_(1 / Math.sqrt(p.numel / p.shape[0]));
      else flat.mul_(0.02).add_(name.endsWith('weight') ? 1 : 0);
      p.copy_(flat.reshape(p.shape));
    }
  });
  return model;
}
