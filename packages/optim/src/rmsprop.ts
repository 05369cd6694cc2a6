import type { Tensor } from '@flambeau/core';
import { runFused } from './fused.js';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface RMSpropSettings {
  /** Learning rate. Default 1e-2. */
  lr: number;
  /** Decay of the running mean of squares. Default 0.99. */
  alpha: number;
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Default 0. */
  momentum: number;
  /** Divides by the gradient's running deviation instead of its root mean square. Default false. */
  centered: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type RMSpropOptions = Partial<RMSpropSettings>;

type RMSpropState = { step: number; squareAvg: Tensor; momentumBuffer?: Tensor; gradAvg?: Tensor };

/**
 * RMSprop: divides by a running root mean square of the gradient.
 *
 * `v = α v + (1 - α) g²`, `p = p - lr * g / (sqrt(v) + eps)`
 *
 * @see Hinton 2012, "Neural Networks for Machine Learning", lecture 6; Graves 2013 (centered). PyTorch: `torch.optim.RMSprop`.
 */
export class RMSprop extends Optimizer<RMSpropSettings, RMSpropState> {
  constructor(
    params: Params<RMSpropSettings>,
    {
      lr = 1e-2,
      alpha = 0.99,
      eps = 1e-8,
      weightDecay = 0,
      momentum = 0,
      centered = false,
      maximize = false,
    }: RMSpropOptions = {},
  ) {
    super(params, { lr, momentum, alpha, eps, centered, weightDecay, maximize });
  }

  protected override checkSettings({ lr, alpha, eps, weightDecay, momentum }: RMSpropSettings): void {
    for (const [name, value] of Object.entries({ lr, alpha, eps, weightDecay, momentum })) checkSetting('RMSprop', name, value);
  }

  protected override update(group: ParamGroup<RMSpropSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, alpha, eps, weightDecay, momentum, centered, maximize } = group;
    const states = params.map((p) => this.stateOf(p, () => ({ step: 0, squareAvg: persistentZeros(p) })));
    const squareAvgs = states.map((state) => state.squareAvg);
    const gradAvgs = centered ? states.map((state, i) => (state.gradAvg ??= persistentZeros(params[i]))) : [];
    const buffers = momentum > 0 ? states.map((state, i) => (state.momentumBuffer ??= persistentZeros(params[i]))) : [];
    for (const state of states) state.step++;
    const attributes = { lr, alpha, eps, weightDecay, momentum, maximize };
    runFused('fused_rmsprop', { written: [params, squareAvgs, gradAvgs, buffers], grads }, () => attributes);
  }
}
