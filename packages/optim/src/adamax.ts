import type { Tensor } from '@flambeau/core';
import { runFused } from './fused.js';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface AdamaxSettings {
  /** Learning rate. Default 2e-3. */
  lr: number;
  /** Decay of the running mean of the gradient and of its running maximum. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the size of each gradient. Default 1e-8. */
  eps: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type AdamaxOptions = Partial<AdamaxSettings>;

type AdamaxState = { step: number; expAvg: Tensor; expInf: Tensor };

/**
 * Adamax: Adam with the infinity norm.
 *
 * `m = β1 m + (1 - β1) g`, `u = max(β2 u, |g| + eps)`, `p = p - lr / (1 - β1^t) * m / u`
 *
 * @see Kingma and Ba 2014, "Adam: A Method for Stochastic Optimization", section 7. PyTorch: `torch.optim.Adamax`.
 */
export class Adamax extends Optimizer<AdamaxSettings, AdamaxState> {
  constructor(
    params: Params<AdamaxSettings>,
    { lr = 2e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, maximize = false }: AdamaxOptions = {},
  ) {
    super(params, { lr, betas, eps, weightDecay, maximize });
  }

  protected override checkSettings({ lr, betas, eps, weightDecay }: AdamaxSettings): void {
    for (const [name, value] of Object.entries({ lr, eps, weightDecay })) checkSetting('Adamax', name, value);
    for (const [i, beta] of betas.entries()) checkSetting('Adamax', `betas[${i}]`, beta, 0, 1);
  }

  protected override update(group: ParamGroup<AdamaxSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, betas, eps, weightDecay, maximize } = group;
    const [beta1, beta2] = betas;
    const states = params.map((p) =>
      this.stateOf(p, () => ({ step: 0, expAvg: persistentZeros(p), expInf: persistentZeros(p) })),
    );
    for (const state of states) state.step++;
    const written = [params, states.map((state) => state.expAvg), states.map((state) => state.expInf)];
    runFused('fused_adamax', { written, grads }, (indices) => ({
      lrs: indices.map((i) => lr / (1 - beta1 ** states[i].step)),
      beta1,
      beta2,
      eps,
      weightDecay,
      maximize,
    }));
  }
}
