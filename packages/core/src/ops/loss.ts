/** Loss functions. `reduction` says how the losses of all elements become one number. */
import { widened } from '../autocast.js';
import { DTypeError, ValueError } from '../errors.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { requireFloating } from './dtype-checks.js';
import { huberElements } from './huber.js';
import { type LossOptions, reduce, requireSameShape } from './loss-reduction.js';

export * from './binary-cross-entropy.js';
export * from './cross-entropy.js';
export * from './huber.js';
export type { LossOptions };

/** Both tensors, checked, in float32 where autocast asks for it. */
function pair(op: string, input: Tensor, target: Tensor): [Tensor, Tensor] {
  requireSameShape(op, input, target);
  requireFloating(op, 'input', input);
  if (target.info.category === 3)
    throw new DTypeError(`${op}: expected a real target, got ${target.dtype}; take target.real or its abs()`);
  return [widened(input), widened(target)];
}

/** The mean of squared differences. Unlike in PyTorch, shapes must be equal. PyTorch: `torch.nn.functional.mse_loss`. */
export function mseLoss(input: Tensor, target: Tensor, { reduction = 'mean' }: LossOptions = {}): Tensor {
  return reduce('mseLoss', huberElements(...pair('mseLoss', input, target), Number.POSITIVE_INFINITY, 2), reduction);
}

/** The mean of absolute differences. Unlike in PyTorch, shapes must be equal. PyTorch: `torch.nn.functional.l1_loss`. */
export function l1Loss(input: Tensor, target: Tensor, { reduction = 'mean' }: LossOptions = {}): Tensor {
  const [x, y] = pair('l1Loss', input, target);
  return reduce('l1Loss', x.sub(y).abs(), reduction);
}

export interface SmoothL1LossOptions extends LossOptions {
  /** Where the loss becomes linear. Default 1. */
  readonly beta?: number;
}
/** `d² / (2 beta)` for |d| < beta, else `|d| - beta / 2`. PyTorch: `torch.nn.functional.smooth_l1_loss`. Girshick 2015. */
export function smoothL1Loss(input: Tensor, target: Tensor, { beta = 1, reduction = 'mean' }: SmoothL1LossOptions = {}): Tensor {
  if (!(beta >= 0)) throw new ValueError(`smoothL1Loss: beta must not be negative, got ${beta}`);
  const [x, y] = pair('smoothL1Loss', input, target);
  return reduce('smoothL1Loss', beta === 0 ? x.sub(y).abs() : huberElements(x, y, beta, 1 / beta), reduction);
}

export interface HuberLossOptions extends LossOptions {
  /** Where the loss becomes linear. Default 1. */
  readonly delta?: number;
}
/** `d² / 2` for |d| < delta, else `delta (|d| - delta / 2)`. PyTorch: `torch.nn.functional.huber_loss`. */
export function huberLoss(input: Tensor, target: Tensor, { delta = 1, reduction = 'mean' }: HuberLossOptions = {}): Tensor {
  if (!(delta > 0)) throw new ValueError(`huberLoss: delta must be positive, got ${delta}`);
  return reduce('huberLoss', huberElements(...pair('huberLoss', input, target), delta, 1), reduction);
}

export interface KlDivOptions {
  /** `'batchmean'`: the sum divided by the size of the first dimension, which is the mathematical divergence. Default `'mean'`. */
  readonly reduction?: 'none' | 'mean' | 'sum' | 'batchmean';
  /** The target holds log-probabilities. Default false. */
  readonly logTarget?: boolean;
}
/** The Kullback-Leibler divergence `Σ t (log t - x)` of log-probabilities x. PyTorch: `torch.nn.functional.kl_div`. */
export function klDiv(input: Tensor, target: Tensor, { reduction = 'mean', logTarget = false }: KlDivOptions = {}): Tensor {
  checkTensor('klDiv', 'input', input);
  checkTensor('klDiv', 'target', target);
  const [x, t] = [widened(input), widened(target)];
  // t log t is 0 for t = 0
  const losses = logTarget ? t.exp().mul(t.sub(x)) : t.mul(t.log()).maskedFill(t.eq(0), 0).sub(t.mul(x));
  return reduction === 'batchmean' ? losses.sum().div(input.ndim === 0 ? 1 : input.shape[0]) : reduce('klDiv', losses, reduction);
}
