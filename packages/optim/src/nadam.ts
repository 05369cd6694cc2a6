import type { Tensor } from '@flambeau/core';
import { runFused } from './fused.js';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface NAdamSettings {
  /** Learning rate. Default 2e-3. */
  lr: number;
  /** Decay of the running means of the gradient and of its square. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** L2 penalty, or with `decoupledWeightDecay` the decay of the weights themselves. Default 0. */
  weightDecay: number;
  /** How fast the momentum rises to `betas[0]`. Default 4e-3. */
  momentumDecay: number;
  /** Weight decay apart from the gradient, as AdamW has it. Default false. */
  decoupledWeightDecay: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type NAdamOptions = Partial<NAdamSettings>;

type NAdamState = { step: number; muProduct: number; expAvg: Tensor; expAvgSq: Tensor };

/**
 * NAdam: Adam with Nesterov momentum.
 *
 * `μt = β1 (1 - 0.96^(t * momentumDecay) / 2)`, `p = p - lr * ((1 - μt) / (1 - Πμ) g + μt+1 / (1 - Πμ μt+1) m) / (sqrt(v / (1 - β2^t)) + eps)`
 *
 * @see Dozat 2016, "Incorporating Nesterov Momentum into Adam". PyTorch: `torch.optim.NAdam`.
 */
export class NAdam extends Optimizer<NAdamSettings, NAdamState> {
  constructor(
    params: Params<NAdamSettings>,
    {
      lr = 2e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      momentumDecay = 4e-3,
      decoupledWeightDecay = false,
      maximize = false,
    }: NAdamOptions = {},
  ) {
    super(params, { lr, betas, eps, weightDecay, momentumDecay, decoupledWeightDecay, maximize });
  }

  protected override checkSettings({ lr, betas, eps, weightDecay, momentumDecay }: NAdamSettings): void {
    for (const [name, value] of Object.entries({ lr, eps, weightDecay, momentumDecay })) checkSetting('NAdam', name, value);
    for (const [i, beta] of betas.entries()) checkSetting('NAdam', `betas[${i}]`, beta, 0, 1);
  }

  protected override update(group: ParamGroup<NAdamSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    const { lr, betas, eps, weightDecay, momentumDecay, decoupledWeightDecay, maximize } = group;
    const [beta1, beta2] = betas;
    const states = params.map((p) =>
      this.stateOf(p, () => ({ step: 0, muProduct: 1, expAvg: persistentZeros(p), expAvgSq: persistentZeros(p) })),
    );
    const momentum = (step: number): number => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
    const factors = states.map((state) => {
      state.step++;
      const mu = momentum(state.step);
      const next = momentum(state.step + 1);
      state.muProduct = Math.fround(state.muProduct * Math.fround(mu)); // a float32 in PyTorch
      return {
        gradSize: (-lr * (1 - mu)) / (1 - state.muProduct),
        meanSize: (-lr * next) / (1 - state.muProduct * next),
        correction: 1 - beta2 ** state.step,
      };
    });
    const written = [params, states.map((state) => state.expAvg), states.map((state) => state.expAvgSq)];
    runFused('fused_nadam', { written, grads }, (indices) => ({
      gradSizes: indices.map((i) => factors[i].gradSize),
      meanSizes: indices.map((i) => factors[i].meanSize),
      corrections: indices.map((i) => factors[i].correction),
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
