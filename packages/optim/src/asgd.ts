import type { Tensor } from '@flambeau/core';
import { runFused } from './fused.js';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface ASGDSettings {
  /** The first step size. Default 1e-2. */
  lr: number;
  /** Decay of the parameters. Default 1e-4. */
  lambd: number;
  /** How fast the step size falls: `lr / (1 + lambd * lr * step)^alpha`. Default 0.75. */
  alpha: number;
  /** The step from which on parameters are averaged. Default 1e6. */
  t0: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type ASGDOptions = Partial<ASGDSettings>;

type ASGDState = { step: number; eta: number; mu: number; ax: Tensor };

/**
 * Averaged stochastic gradient descent. The averages of the parameters are `optimizer.state.get(p).ax`.
 *
 * @see Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging". PyTorch: `torch.optim.ASGD`.
 */
export class ASGD extends Optimizer<ASGDSettings, ASGDState> {
  constructor(
    params: Params<ASGDSettings>,
    { lr = 1e-2, lambd = 1e-4, alpha = 0.75, t0 = 1e6, weightDecay = 0, maximize = false }: ASGDOptions = {},
  ) {
    super(params, { lr, lambd, alpha, t0, weightDecay, maximize });
  }

  protected override checkSettings({ lr, weightDecay }: ASGDSettings): void {
    checkSetting('ASGD', 'lr', lr);
    checkSetting('ASGD', 'weightDecay', weightDecay);
  }

  protected override update(group: ParamGroup<ASGDSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, lambd, alpha, t0, weightDecay, maximize } = group;
    const states = params.map((p) => this.stateOf(p, () => ({ step: 0, eta: Math.fround(lr), mu: 1, ax: persistentZeros(p) })));
    runFused('fused_asgd', { written: [params, states.map((state) => state.ax)], grads }, (indices) => ({
      etas: indices.map((i) => states[i].eta),
      mus: indices.map((i) => states[i].mu),
      lambd,
      weightDecay,
      maximize,
    }));
    for (const state of states) {
      state.step++;
      // float32 scalars in PyTorch
      state.eta = Math.fround(lr / (1 + lambd * lr * state.step) ** alpha);
      state.mu = Math.fround(1 / Math.max(1, state.step - t0));
    }
  }
}
