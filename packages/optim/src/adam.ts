import type { Tensor } from '@flambeau/core';
import { runFused } from './fused.js';
import { borrowsGradients, checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface AdamSettings {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Decay of the running means of the gradient and of its square. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** L2 penalty; for AdamW the decay of the weights themselves. Default 0; AdamW 1e-2. */
  weightDecay: number;
  /** Divides by the largest mean square so far. Default false. */
  amsgrad: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
  /** Weight decay apart from the gradient, as AdamW has it. Default false. */
  decoupledWeightDecay: boolean;
}
export type AdamOptions = Partial<AdamSettings>;

type AdamState = { step: number; expAvg: Tensor; expAvgSq: Tensor; maxExpAvgSq?: Tensor };

/**
 * Adam: steps scaled by running means of the gradient and of its square.
 *
 * `m = β1 m + (1 - β1) g`, `v = β2 v + (1 - β2) g²`, `p = p - lr * (m / (1 - β1^t)) / (sqrt(v / (1 - β2^t)) + eps)`
 *
 * @see Kingma and Ba 2014, "Adam: A Method for Stochastic Optimization"; Reddi et al. 2018 (AMSGrad). PyTorch: `torch.optim.Adam`.
 * @example
 * const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 */
export class Adam extends Optimizer<AdamSettings, AdamState> {
  constructor(
    params: Params<AdamSettings>,
    {
      lr = 1e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      amsgrad = false,
      maximize = false,
      decoupledWeightDecay = false,
    }: AdamOptions = {},
  ) {
    super(params, { lr, betas, eps, weightDecay, amsgrad, maximize, decoupledWeightDecay });
  }

  protected override checkSettings({ lr, betas, eps, weightDecay }: AdamSettings): void {
    const type = this.constructor.name;
    checkSetting(type, 'lr', lr);
    checkSetting(type, 'betas[0]', betas[0], 0, 1);
    checkSetting(type, 'betas[1]', betas[1], 0, 1);
    checkSetting(type, 'eps', eps);
    checkSetting(type, 'weightDecay', weightDecay);
  }

  static {
    borrowsGradients(Adam.prototype.update);
  }
  protected override update(group: ParamGroup<AdamSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, betas, eps, weightDecay, amsgrad, maximize, decoupledWeightDecay } = group;
    const states = params.map((p) =>
      this.stateOf(p, () => ({ step: 0, expAvg: persistentZeros(p), expAvgSq: persistentZeros(p) })),
    );
    const expAvgs = states.map((state) => state.expAvg);
    const expAvgSqs = states.map((state) => state.expAvgSq);
    const maxima = amsgrad ? states.map((state, i) => (state.maxExpAvgSq ??= persistentZeros(params[i]))) : [];
    for (const state of states) state.step++;
    runFused('fused_adam', { written: [params, expAvgs, expAvgSqs, maxima], grads }, (indices) => ({
      steps: indices.map((i) => states[i].step),
      lr,
      beta1: betas[0],
      beta2: betas[1],
      eps,
      weightDecay,
      maximize,
      decoupled: decoupledWeightDecay,
    }));
  }
}
