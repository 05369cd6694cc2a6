import { Adam, type AdamOptions, type AdamSettings } from './adam.js';
import type { Params } from './optimizer.js';

export type AdamWOptions = Omit<AdamOptions, 'decoupledWeightDecay'>;

/**
 * Adam with weight decay apart from the gradient: `p = p * (1 - lr * weightDecay)` before each step.
 *
 * @see Loshchilov and Hutter 2017, "Decoupled Weight Decay Regularization". PyTorch: `torch.optim.AdamW`.
 * @example
 * const optimizer = new AdamW(model.parameters(), { lr: 3e-4, betas: [0.9, 0.95], weightDecay: 0.1 });
 */
export class AdamW extends Adam {
  constructor(params: Params<AdamSettings>, { weightDecay = 1e-2, ...options }: AdamWOptions = {}) {
    super(params, { ...options, weightDecay, decoupledWeightDecay: true });
  }
}
