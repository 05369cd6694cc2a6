import { type Tensor, ValueError } from '@flambeau/core';
import { runFused } from './fused.js';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentFull, persistentZeros } from './state-tensor.js';

export interface RpropSettings {
  /** The first step size. Default 1e-2. */
  lr: number;
  /** Factors of the step size when the gradient's sign changes and when it stays. Default [0.5, 1.2]. */
  etas: readonly [number, number];
  /** The least and the largest step size. Default [1e-6, 50]. */
  stepSizes: readonly [number, number];
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type RpropOptions = Partial<RpropSettings>;

type RpropState = { step: number; prev: Tensor; stepSize: Tensor };

/**
 * Resilient backpropagation: every element has a step size of its own, and of the gradient only the sign counts. For full batches.
 *
 * @see Riedmiller and Braun 1993, "A direct adaptive method for faster backpropagation learning". PyTorch: `torch.optim.Rprop`.
 */
export class Rprop extends Optimizer<RpropSettings, RpropState> {
  constructor(
    params: Params<RpropSettings>,
    { lr = 1e-2, etas = [0.5, 1.2], stepSizes = [1e-6, 50], maximize = false }: RpropOptions = {},
  ) {
    super(params, { lr, etas, stepSizes, maximize });
  }

  protected override checkSettings({ lr, etas }: RpropSettings): void {
    checkSetting('Rprop', 'lr', lr);
    if (!(etas[0] > 0 && etas[0] < 1 && etas[1] > 1))
      throw new ValueError(`Rprop: etas must be one factor in (0, 1) and one above 1, got [${etas.join(', ')}]`);
  }

  protected override update(group: ParamGroup<RpropSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, etas, stepSizes, maximize } = group;
    const states = params.map((p) =>
      this.stateOf(p, () => ({ step: 0, prev: persistentZeros(p), stepSize: persistentFull(p, lr) })),
    );
    for (const state of states) state.step++;
    const written = [params, states.map((state) => state.prev), states.map((state) => state.stepSize)];
    const attributes = { etaMinus: etas[0], etaPlus: etas[1], least: stepSizes[0], most: stepSizes[1], maximize };
    runFused('fused_rprop', { written, grads }, () => attributes);
  }
}
