/** Gradients of views of parts: zeros, with the gradient where the view lay. They are linear, and the view is their derivative. */
import { type Attributes, defineOp, type Op } from '../op.js';
import type { Tensor } from '../tensor.js';
import { copy_ } from './copy.js';
import { add_ } from './elementwise.js';
import { asStrided, diagonal, narrow, select, slice, unfold } from './view.js';

type Shape = readonly number[];
/** What every op here has besides the view's own attributes: the shape of its result. */
interface Part extends Attributes {
  readonly inputShape: Shape;
}
type PartBackward<A extends Part> = Op<[grad: Tensor, attributes: A], Tensor, 'grad', A, true>;

function partBackward<A extends Part>(
  name: string,
  write: (target: Tensor, grad: Tensor, attributes: A) => void,
): PartBackward<A> {
  return defineOp({
    name,
    inputs: ['grad'],
    args: (grad: Tensor, attributes: A) => [[grad], attributes],
    infer: ([grad], { inputShape }) => ({ shape: inputShape, dtype: (grad as Tensor).info }),
    decompose: ([grad], attributes): Tensor => {
      const target = (grad as Tensor).newZeros(attributes.inputShape);
      write(target, grad as Tensor, attributes);
      return target;
    },
    differentiable: true,
  });
}

export interface SelectPart extends Part {
  readonly dim: number;
  readonly index: number;
}
/** The derivative of `select`. */
export const selectBackward: PartBackward<SelectPart> = partBackward('select_backward', (target, grad, { dim, index }) => {
  copy_(select(target, dim, index), grad);
});

export interface SlicePart extends Part {
  readonly dim: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}
/** The derivative of `slice`. */
export const sliceBackward: PartBackward<SlicePart> = partBackward(
  'slice_backward',
  (target, grad, { dim, start, end, step }) => {
    copy_(slice(target, dim, start, end, step), grad);
  },
);

export interface DiagonalPart extends Part {
  readonly offset: number;
  readonly dim1: number;
  readonly dim2: number;
}
/** The derivative of `diagonal`. */
export const diagonalBackward: PartBackward<DiagonalPart> = partBackward(
  'diagonal_backward',
  (target, grad, { offset, dim1, dim2 }) => {
    copy_(diagonal(target, offset, dim1, dim2), grad);
  },
);

export interface UnfoldPart extends Part {
  readonly dim: number;
  readonly size: number;
  readonly step: number;
}
/** The derivative of `unfold`: windows may overlap, so they are added a part at a time that is no longer than a step. */
export const unfoldBackward: PartBackward<UnfoldPart> = partBackward('unfold_backward', (target, grad, { dim, size, step }) => {
  if (target.ndim === 0) {
    if (size > 0) copy_(target, select(grad, 0, 0));
    return;
  }
  const windows = grad.shape[dim];
  for (let at = 0; windows > 0 && at < size; at += step) {
    const length = Math.min(step, size - at);
    add_(unfold(narrow(target, dim, at, (windows - 1) * step + length), dim, length, step), narrow(grad, -1, at, length));
  }
});

export interface StridedPart extends Part {
  readonly size: Shape;
  readonly stride: Shape;
  readonly storageOffset: number;
}
/** The derivative of `asStrided` for a layout without overlap, with respect to a storage seen as one row (`inputShape`). */
export const asStridedBackward: PartBackward<StridedPart> = partBackward(
  'as_strided_backward',
  (target, grad, { size, stride, storageOffset }) => {
    copy_(asStrided(target, size, stride, storageOffset), grad);
  },
);
