import type { Tensor } from '@flambeau/core';
import { runFused } from './fused.js';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface RAdamSettings {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Decay of the running means of the gradient and of its square. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** L2 penalty, or with `decoupledWeightDecay` the decay of the weights themselves. Default 0. */
  weightDecay: number;
  /** Weight decay apart from the gradient, as AdamW has it. Default false. */
  decoupledWeightDecay: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type RAdamOptions = Partial<RAdamSettings>;

type RAdamState = { step: number; expAvg: Tensor; expAvgSq: Tensor };

/**
 * RAdam: Adam that goes along the mean gradient until the variance of its scaling is small enough, and corrects for it then.
 *
 * @see Liu et al. 2019, "On the Variance of the Adaptive Learning Rate and Beyond". PyTorch: `torch.optim.RAdam`.
 */
export class RAdam extends Optimizer<RAdamSettings, RAdamState> {
  constructor(
    params: Params<RAdamSettings>,
    {
      lr = 1e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      decoupledWeightDecay = false,
      maximize = false,
    }: RAdamOptions = {},
  ) {
    super(params, { lr, betas, eps, weightDecay, maximize, decoupledWeightDecay });
  }

  protected override checkSettings({ lr, betas, eps, weightDecay }: RAdamSettings): void {
    for (const [name, value] of Object.entries({ lr, eps, weightDecay })) checkSetting('RAdam', name, value);
    for (const [i, beta] of betas.entries()) checkSetting('RAdam', `betas[${i}]`, beta, 0, 1);
  }

  protected override update(group: ParamGroup<RAdamSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, betas, eps, weightDecay, decoupledWeightDecay, maximize } = group;
    const [beta1, beta2] = betas;
    const states = params.map((p) =>
      this.stateOf(p, () => ({ step: 0, expAvg: persistentZeros(p), expAvgSq: persistentZeros(p) })),
    );
    for (const state of states) state.step++;
    const written = [params, states.map((state) => state.expAvg), states.map((state) => state.expAvgSq)];
    runFused('fused_radam', { written, grads }, (indices) => ({
      steps: indices.map((i) => states[i].step),
      rectifications: indices.map((i) => rectification(states[i].step, beta2)),
      lr,
      beta1,
      beta2,
      eps,
      weightDecay,
      maximize,
      decoupled: decoupledWeightDecay,
    }));
  }
}

/** The variance rectification term; 0 as long as the approximated average is too short for the variance to be finite. */
function rectification(step: number, beta2: number): number {
  const longest = 2 / (1 - beta2) - 1;
  const length = longest - (2 * step * beta2 ** step) / (1 - beta2 ** step);
  if (length <= 5) return 0;
  return Math.sqrt(((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length));
}
