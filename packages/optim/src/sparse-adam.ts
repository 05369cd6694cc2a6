import { LayoutError, type Tensor } from '@flambeau/core';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface SparseAdamSettings {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Decay of the running means of the gradient and its square. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root of the mean square. Default 1e-8. */
  eps: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type SparseAdamOptions = Partial<SparseAdamSettings>;

type SparseAdamState = { step: number; expAvg: Tensor; expAvgSq: Tensor };

/**
 * Adam for sparse gradients: only rows that have a gradient are updated, they and their running means.
 *
 * @see PyTorch: `torch.optim.SparseAdam`.
 * @throws {LayoutError} If a gradient is dense.
 */
export class SparseAdam extends Optimizer<SparseAdamSettings, SparseAdamState> {
  constructor(
    params: Params<SparseAdamSettings>,
    { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, maximize = false }: SparseAdamOptions = {},
  ) {
    super(params, { lr, betas, eps, maximize });
  }

  protected override checkSettings({ lr, betas, eps }: SparseAdamSettings): void {
    for (const [name, value] of Object.entries({ lr, eps })) checkSetting('SparseAdam', name, value);
    for (const [i, beta] of betas.entries()) checkSetting('SparseAdam', `betas[${i}]`, beta, 0, 1);
  }

  protected override takesSparseGradients(): boolean {
    return true;
  }

  protected override update(
    { lr, betas, eps, maximize }: ParamGroup<SparseAdamSettings>,
    params: readonly Tensor[],
    grads: readonly Tensor[],
  ): void {
    const [beta1, beta2] = betas;
    for (const [i, p] of params.entries()) {
      if (!grads[i].isSparse)
        throw new LayoutError('SparseAdam: a gradient is dense; use Adam, or an embedding with sparse gradients');
      const state = this.stateOf(p, () => ({ step: 0, expAvg: persistentZeros(p), expAvgSq: persistentZeros(p) }));
      state.step++;
      const coalesced = grads[i].coalesce();
      const places = coalesced.indices().unbind(0);
      const grad = maximize ? coalesced.values().neg() : coalesced.values();
      const mean = state.expAvg.index(...places).lerp(grad, 1 - beta1);
      const square = state.expAvgSq.index(...places).lerp(grad.square(), 1 - beta2);
      state.expAvg.indexPut_(places, mean);
      state.expAvgSq.indexPut_(places, square);
      const stepSize = (lr * Math.sqrt(1 - beta2 ** state.step)) / (1 - beta1 ** state.step);
      const change = mean.div(square.sqrt().add(eps)).mul(-stepSize);
      p.indexPut_(places, change, { accumulate: true });
    }
  }
}
