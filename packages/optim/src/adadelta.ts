import { type Tensor, ValueError } from '@flambeau/core';
import { runFused } from './fused.js';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface AdadeltaSettings {
  /** Factor of the step. Default 1. */
  lr: number;
  /** Decay of the running means of squares. Default 0.9. */
  rho: number;
  /** Added under both roots. Default 1e-6. */
  eps: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type AdadeltaOptions = Partial<AdadeltaSettings>;

type AdadeltaState = { step: number; squareAvg: Tensor; accDelta: Tensor };

/**
 * Adadelta: steps in proportion to the root mean square of earlier steps, so that their unit is that of the parameter.
 *
 * `v = ρ v + (1 - ρ) g²`, `d = g * sqrt(u + eps) / sqrt(v + eps)`, `u = ρ u + (1 - ρ) d²`, `p = p - lr * d`
 *
 * @see Zeiler 2012, "ADADELTA: An Adaptive Learning Rate Method". PyTorch: `torch.optim.Adadelta`.
 */
export class Adadelta extends Optimizer<AdadeltaSettings, AdadeltaState> {
  constructor(
    params: Params<AdadeltaSettings>,
    { lr = 1, rho = 0.9, eps = 1e-6, weightDecay = 0, maximize = false }: AdadeltaOptions = {},
  ) {
    super(params, { lr, rho, eps, weightDecay, maximize });
  }

  protected override checkSettings({ lr, rho, eps, weightDecay }: AdadeltaSettings): void {
    for (const [name, value] of Object.entries({ lr, rho, eps, weightDecay })) checkSetting('Adadelta', name, value);
    if (rho > 1) throw new ValueError(`Adadelta: rho must be in [0, 1], got ${rho}`);
  }

  protected override update(group: ParamGroup<AdadeltaSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, rho, eps, weightDecay, maximize } = group;
    const states = params.map((p) =>
      this.stateOf(p, () => ({ step: 0, squareAvg: persistentZeros(p), accDelta: persistentZeros(p) })),
    );
    for (const state of states) state.step++;
    const written = [params, states.map((state) => state.squareAvg), states.map((state) => state.accDelta)];
    const attributes = { lr, rho, eps, weightDecay, maximize };
    runFused('fused_adadelta', { written, grads }, () => attributes);
  }
}
