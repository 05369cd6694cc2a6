import type { Tensor } from '@flambeau/core';
import { runFused } from './fused.js';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface LionSettings {
  /** Learning rate, of which Lion wants about a tenth of Adam's. Default 1e-4. */
  lr: number;
  /** Weight of the running mean in the step, and its decay. Default [0.9, 0.99]. */
  betas: readonly [number, number];
  /** Decay of the weights themselves. Default 0. */
  weightDecay: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type LionOptions = Partial<LionSettings>;

type LionState = { expAvg: Tensor };

/**
 * Lion: every element moves by the learning rate, in the direction of an average of gradients.
 *
 * `p = p * (1 - lr * weightDecay) - lr * sign(β1 m + (1 - β1) g)`, `m = β2 m + (1 - β2) g`
 *
 * @see Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms". Not in PyTorch.
 */
export class Lion extends Optimizer<LionSettings, LionState> {
  constructor(
    params: Params<LionSettings>,
    { lr = 1e-4, betas = [0.9, 0.99], weightDecay = 0, maximize = false }: LionOptions = {},
  ) {
    super(params, { lr, betas, weightDecay, maximize });
  }

  protected override checkSettings({ lr, betas, weightDecay }: LionSettings): void {
    checkSetting('Lion', 'lr', lr);
    for (const [i, beta] of betas.entries()) checkSetting('Lion', `betas[${i}]`, beta, 0, 1);
    checkSetting('Lion', 'weightDecay', weightDecay);
  }

  protected override update(group: ParamGroup<LionSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, betas, weightDecay, maximize } = group;
    const expAvgs = params.map((p) => this.stateOf(p, () => ({ expAvg: persistentZeros(p) })).expAvg);
    const attributes = { lr, beta1: betas[0], beta2: betas[1], weightDecay, maximize };
    runFused('fused_lion', { written: [params, expAvgs], grads }, () => attributes);
  }
}
