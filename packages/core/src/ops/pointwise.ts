/** How pointwise operators of one or two tensors are defined: promotion, broadcasting and a kernel of the operator's name. */
import { defineOp, type Op } from '../op.js';
import {
  broadcastMeta,
  likeInput,
  NO_ATTRIBUTES,
  promoteOperands,
  promoteOperandsLoosely,
  type Scalar,
  toFloating,
} from '../promotion.js';
import { checkTensor, type Tensor } from '../tensor.js';

export type Unary<D extends boolean = true> = Op<[self: Tensor], Tensor, 'self', Record<never, never>, D>;
export type Binary<D extends boolean = true> = Op<
  [self: Tensor, other: Tensor | Scalar],
  Tensor,
  'self' | 'other',
  Record<never, never>,
  D
>;
/** A binary op that takes a number on either side, though not on both. */
export type SymmetricBinary<D extends boolean = true> = Op<
  [self: Tensor | Scalar, other: Tensor | Scalar],
  Tensor,
  'self' | 'other',
  Record<never, never>,
  D
>;

/** A function of one tensor. `float`: integers are converted to the default floating dtype first. */
export function unary<const D extends boolean = true>(
  name: string,
  input: 'float' | 'any',
  differentiable: D = true as D,
): Unary<D> {
  return defineOp({
    name,
    inputs: ['self'],
    args:
      input === 'float'
        ? (self: Tensor) => [[toFloating(name, self)], NO_ATTRIBUTES]
        : (self: Tensor) => {
            checkTensor(name, 'self', self);
            return [[self], NO_ATTRIBUTES];
          },
    infer: likeInput,
    kernel: name,
    pointwise: true,
    differentiable,
  });
}

/** A function of two tensors, computed in the dtype in which they meet. */
export function binary<const D extends boolean = true>(name: string, differentiable: D = true as D): Binary<D> {
  return defineOp({
    name,
    inputs: ['self', 'other'],
    args: (self: Tensor, other: Tensor | Scalar) => [promoteOperands(name, self, other), NO_ATTRIBUTES],
    infer: (inputs) => broadcastMeta(name, inputs),
    kernel: name,
    pointwise: true,
    differentiable,
  });
}

/** A function of two tensors that has no integer result: integers meet in a floating dtype. */
export function floatBinary<const D extends boolean = true>(name: string, differentiable: D = true as D): SymmetricBinary<D> {
  return defineOp({
    name,
    inputs: ['self', 'other'],
    args: (self: Tensor | Scalar, other: Tensor | Scalar) => {
      const [a, b] = promoteOperandsLoosely(name, self, other);
      return [[toFloating(name, a), toFloating(name, b)], NO_ATTRIBUTES];
    },
    infer: (inputs) => broadcastMeta(name, inputs),
    kernel: name,
    pointwise: true,
    differentiable,
  });
}
