import { finfo, type Tensor, ValueError } from '@flambeau/core';
import { persistentEmpty } from '@flambeau/core/internal';
import { checkSetting, Optimizer, type ParamGroup, type Params } from './optimizer.js';
import { persistentZeros } from './state-tensor.js';

export interface AdafactorSettings {
  /** Upper bound of the relative learning rate, `min(lr, 1 / sqrt(step))`. Default 1e-2. */
  lr: number;
  /** Exponent of the decay of squares: their newest part has weight `step ** beta2Decay`. Default -0.8. */
  beta2Decay: number;
  /** Least root mean square of a gradient (null: the dtype's epsilon) and of a parameter. Default [null, 1e-3]. */
  eps: readonly [number | null, number];
  /** Updates with a larger root mean square are scaled down to it. Default 1. */
  d: number;
  /** Decay of the weights themselves. Default 0. */
  weightDecay: number;
  /** Climbs instead of descending. Default false. */
  maximize: boolean;
}
export type AdafactorOptions = Partial<AdafactorSettings>;

type AdafactorState = { step: number; rowVar?: Tensor; colVar?: Tensor; variance?: Tensor };

/**
 * Adafactor: of a matrix of squares it keeps the means of rows and columns only, and steps in proportion to the parameter's size.
 *
 * @see Shazeer and Stern 2018, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost". PyTorch: `torch.optim.Adafactor`.
 */
export class Adafactor extends Optimizer<AdafactorSettings, AdafactorState> {
  constructor(
    params: Params<AdafactorSettings>,
    { lr = 1e-2, beta2Decay = -0.8, eps = [null, 1e-3], d = 1, weightDecay = 0, maximize = false }: AdafactorOptions = {},
  ) {
    super(params, { lr, beta2Decay, eps, d, weightDecay, maximize });
  }

  protected override checkSettings({ lr, beta2Decay, eps, d, weightDecay }: AdafactorSettings): void {
    checkSetting('Adafactor', 'lr', lr);
    if (!(beta2Decay <= 0)) throw new ValueError(`Adafactor: beta2Decay must be at most 0, got ${beta2Decay}`);
    if (eps[0] !== null) checkSetting('Adafactor', 'eps[0]', eps[0]);
    checkSetting('Adafactor', 'eps[1]', eps[1]);
    checkSetting('Adafactor', 'd', d, 1);
    checkSetting('Adafactor', 'weightDecay', weightDecay);
  }

  protected override stateShape(name: string, { shape }: Tensor): readonly number[] {
    if (name === 'rowVar') return shape.with(-1, 1);
    if (name === 'colVar') return shape.with(-2, 1);
    return shape;
  }

  protected override update(group: ParamGroup<AdafactorSettings>, params: readonly Tensor[], grads: readonly Tensor[]): void {
    for (const [i, p] of params.entries()) this.updateOne(group, p, group.maximize ? grads[i].neg() : grads[i]);
  }

  private updateOne({ lr, beta2Decay, eps, d, weightDecay }: ParamGroup<AdafactorSettings>, p: Tensor, grad: Tensor): void {
    const state = this.stateOf(p, () => this.newState(p));
    state.step++;
    const leastGrad = eps[0] ?? finfo(p.dtype).eps;
    const newest = state.step ** beta2Decay;
    const size = Math.max(eps[1], p.norm().item() / Math.sqrt(p.numel)) * Math.min(lr, 1 / Math.sqrt(state.step));
    if (weightDecay !== 0) p.mul_(1 - lr * weightDecay);

    const update = squares(state, grad, newest, leastGrad)
      .clamp_(leastGrad * leastGrad)
      .rsqrt_()
      .mul_(grad);
    const excess = Math.max(1, update.norm().item() / (Math.sqrt(update.numel) * d));
    p.add_(update, { alpha: -size / excess });
  }

  private newState(p: Tensor): AdafactorState {
    if (p.ndim < 2) return { step: 0, variance: persistentZeros(p) };
    const zeros = (name: string): Tensor => {
      const t = persistentEmpty(this.stateShape(name, p), p.info);
      t.zero_();
      return t;
    };
    return { step: 0, rowVar: zeros('rowVar'), colVar: zeros('colVar') };
  }
}

/** The estimate of the squared gradient, after the newest one has gone into it. */
function squares({ rowVar, colVar, variance }: AdafactorState, grad: Tensor, newest: number, leastGrad: number): Tensor {
  if (rowVar === undefined || colVar === undefined) {
    const all = variance as Tensor;
    all.lerp_(grad.mul(grad), newest);
    return all.clone();
  }
  const meanSquare = (dim: number): Tensor => grad.norm(2, dim, { keepdim: true }).square_().div_(grad.size(dim));
  rowVar.lerp_(meanSquare(-1), newest);
  colVar.lerp_(meanSquare(-2), newest);
  return rowVar.matmul(colVar).div_(rowVar.mean(-2, { keepdim: true }).clamp_(leastGrad));
}
