import type { Tensor } from '@flambeau/core';
import { runFused } from './fused.js';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentFull } from './state-tensor.js';

export interface AdagradSettings {
  /** Learning rate. Default 1e-2. */
  lr: number;
  /** How fast the learning rate falls: `lr / (1 + (step - 1) * lrDecay)`. Default 0. */
  lrDecay: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** What the sums of squares start from. Default 0. */
  initialAccumulatorValue: number;
  /** Added to the denominator. Default 1e-10. */
  eps: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type AdagradOptions = Partial<AdagradSettings>;

type AdagradState = { step: number; sum: Tensor };

/**
 * Adagrad: divides by the root of the sum of all squared gradients so far.
 *
 * `s = s + g²`, `p = p - lr * g / (sqrt(s) + eps)`
 *
 * Without weight decay gradients may be sparse: rows without one are left alone.
 *
 * @see Duchi et al. 2011, "Adaptive Subgradient Methods". PyTorch: `torch.optim.Adagrad`.
 */
export class Adagrad extends Optimizer<AdagradSettings, AdagradState> {
  constructor(
    params: Params<AdagradSettings>,
    { lr = 1e-2, lrDecay = 0, weightDecay = 0, initialAccumulatorValue = 0, eps = 1e-10, maximize = false }: AdagradOptions = {},
  ) {
    super(params, { lr, lrDecay, eps, weightDecay, initialAccumulatorValue, maximize });
  }

  protected override checkSettings({ lr, lrDecay, weightDecay, initialAccumulatorValue, eps }: AdagradSettings): void {
    for (const [name, value] of Object.entries({ lr, lrDecay, weightDecay, initialAccumulatorValue, eps }))
      checkSetting('Adagrad', name, value);
  }

  protected override takesSparseGradients({ weightDecay }: ParamGroup<AdagradSettings>): boolean {
    return weightDecay === 0;
  }

  protected override update(group: ParamGroup<AdagradSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, lrDecay, eps, weightDecay, initialAccumulatorValue, maximize } = group;
    const states = params.map((p) => this.stateOf(p, () => ({ step: 0, sum: persistentFull(p, initialAccumulatorValue) })));
    for (const state of states) state.step++;
    const rate = (i: number): number => lr / (1 + (states[i].step - 1) * lrDecay);
    const [dense, sparse] = [true, false].map((strided) =>
      [...params.keys()].filter((i) => (grads[i].layout === 'strided') === strided),
    );
    for (const i of sparse) {
      const grad = grads[i].coalesce();
      const [places, values] = [grad.indices().unbind(0), grad.values()];
      states[i].sum.indexPut_(places, values.square(), { accumulate: true });
      const change = values.div(
        states[i].sum
          .index(...places)
          .sqrt()
          .add(eps),
      );
      params[i].indexPut_(places, change.mul(maximize ? rate(i) : -rate(i)), { accumulate: true });
    }
    const lists = { written: [dense.map((i) => params[i]), dense.map((i) => states[i].sum)], grads: dense.map((i) => grads[i]) };
    runFused('fused_adagrad', lists, (chosen) => ({ lrs: chosen.map((k) => rate(dense[k])), eps, weightDecay, maximize }));
  }
}
