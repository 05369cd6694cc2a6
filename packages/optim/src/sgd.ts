import { type Tensor, ValueError } from '@flambeau/core';
import { runFused } from './fused.js';
import { borrowsGradients, checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface SGDSettings {
  /** Learning rate. Default 1e-3. */
  lr: number;
  /** Default 0. */
  momentum: number;
  /** How much the gradient's part in the momentum is reduced. Default 0. */
  dampening: number;
  /** L2 penalty. Default 0. */
  weightDecay: number;
  /** Nesterov momentum. Default false. */
  nesterov: boolean;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type SGDOptions = Partial<SGDSettings>;

type SGDState = { momentumBuffer: Tensor };

/**
 * Stochastic gradient descent, optionally with momentum.
 *
 * `g = grad + weightDecay * p`, `b = momentum * b + (1 - dampening) * g`, `p = p - lr * b`
 *
 * Without weight decay gradients may be sparse: rows without one are left alone, but for what momentum moves.
 *
 * @see PyTorch: `torch.optim.SGD`. Nesterov momentum: Sutskever et al. 2013, "On the importance of initialization and momentum".
 * @example
 * const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
 * optimizer.zeroGrad();
 * crossEntropy(model(x), y).backward();
 * optimizer.step();
 */
export class SGD extends Optimizer<SGDSettings, SGDState> {
  constructor(
    params: Params<SGDSettings>,
    { lr = 1e-3, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false, maximize = false }: SGDOptions = {},
  ) {
    super(params, { lr, momentum, dampening, weightDecay, nesterov, maximize });
  }

  protected override checkSettings({ lr, momentum, dampening, weightDecay, nesterov }: SGDSettings): void {
    checkSetting('SGD', 'lr', lr);
    checkSetting('SGD', 'momentum', momentum);
    checkSetting('SGD', 'weightDecay', weightDecay);
    if (nesterov && (momentum <= 0 || dampening !== 0))
      throw new ValueError('SGD: nesterov needs a momentum above 0 and no dampening');
  }

  protected override takesSparseGradients({ weightDecay }: ParamGroup<SGDSettings>): boolean {
    return weightDecay === 0;
  }

  static {
    borrowsGradients(SGD.prototype.update);
  }
  protected override update(group: ParamGroup<SGDSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    if (group.momentum === 0) {
      const isDense = grads.map((grad) => grad.layout === 'strided');
      const alpha = group.maximize ? group.lr : -group.lr;
      for (const [i, p] of params.entries()) if (!isDense[i]) p.add_(grads[i], { alpha });
      const dense = (list: readonly Tensor[]): Tensor[] => list.filter((_, i) => isDense[i]);
      return this.run(group, dense(params), dense(grads), [], false);
    }
    // a new momentum starts as the gradient itself, an old one decays: two calls
    const isNew = params.map((p) => !this.state.get(p)?.momentumBuffer);
    for (const first of [true, false]) {
      const indices = [...params.keys()].filter((i) => isNew[i] === first);
      const chosen = indices.map((i) => params[i]);
      if (first) for (const p of chosen) this.state.set(p, { momentumBuffer: persistentZeros(p) });
      const buffers = chosen.map((p) => (this.state.get(p) as SGDState).momentumBuffer);
      const chosenGrads = indices.map((i) => grads[i].toDense());
      this.run(group, chosen, chosenGrads, buffers, first);
    }
  }

  private run(
    group: ParamGroup<SGDSettings>,
    params: readonly Tensor[],
    grads: readonly Tensor[],
    buffers: readonly Tensor[],
    first: boolean,
  ): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group;
    const attributes = { lr, momentum, dampening, weightDecay, nesterov, maximize, first };
    runFused('fused_sgd', { written: [params, buffers], grads }, () => attributes);
  }
}
