/** What loss functions share: how the losses of all elements become one number. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';

/** In the order of the kernels' numbers. */
const REDUCTIONS = ['none', 'mean', 'sum'] as const;

export interface LossOptions {
  /** The mean or the sum over all elements, or their losses as they are. Default `'mean'`. */
  readonly reduction?: 'none' | 'mean' | 'sum';
}

/** @internal The kernel's number of a reduction. */
export function reductionCode(op: string, reduction: string): number {
  const code = (REDUCTIONS as readonly string[]).indexOf(reduction);
  if (code < 0) throw new ValueError(`${op}: reduction must be 'none', 'mean' or 'sum', got '${reduction}'`);
  return code;
}

/** @internal The losses of all elements, reduced. */
export function reduce(op: string, losses: Tensor, reduction: 'none' | 'mean' | 'sum'): Tensor {
  reductionCode(op, reduction);
  return reduction === 'none' ? losses : reduction === 'mean' ? losses.mean() : losses.sum();
}

/** @internal Different shapes would broadcast to more pairs than there are samples. */
export function requireSameShape(op: string, input: Tensor, target: Tensor): void {
  checkTensor(op, 'input', input);
  checkTensor(op, 'target', target);
  if (!sameShape(input.shape, target.shape))
    throw new ShapeError(
      `${op}: input ${formatShape(input.shape)} and target ${formatShape(target.shape)} must have the same shape; reshape or expand one of them`,
    );
}
