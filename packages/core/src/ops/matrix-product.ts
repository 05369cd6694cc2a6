/** The primitive under all products of matrices. */
import { DTypeError, formatShape, ShapeError } from '../errors.js';
import { defineOp } from '../op.js';
import type { Tensor } from '../tensor.js';
import { requireSameDtype } from './dtype-checks.js';

/** Shapes whose inner sizes differ, with a hint if a transpose would make them fit. */
export function innerSizeError(op: string, self: Tensor, other: Tensor): ShapeError {
  const k = self.shape[self.ndim - 1];
  const dim = other.ndim === 1 ? 0 : other.ndim - 2;
  const isMatrix = other.ndim >= 2;
  const wouldFit = isMatrix && other.shape[other.ndim - 1] === k;
  const fix = wouldFit ? `Did you mean other.${other.ndim === 2 ? 't()' : 'transpose(-2, -1)'}?` : 'These sizes must be equal.';
  return new ShapeError(
    `${op}: ${formatShape(self.shape)} x ${formatShape(other.shape)}: ${k} ≠ ${other.shape[dim]} ` +
      `(last dim of input, ${isMatrix && dim > 0 ? 'second to last' : 'first'} dim of other). ${fix}`,
  );
}

/**
 * @internal `self @ other + bias` for matrices, or for stacks of matrices of one length (or of length 1).
 *
 * Operands may have any strides, so a transposed operand is not copied.
 * Shapes: (m, k) x (k, n), or (b, m, k) x (b, k, n); bias (n).
 */
export const matrixProduct = defineOp({
  name: 'matmul',
  inputs: ['self', 'other', 'bias'],
  args: (self: Tensor, other: Tensor, bias: Tensor | null = null) => [[self, other, bias], { activation: 0 }],
  infer: ([self, other, bias]) => {
    const [a, b] = [self as Tensor, other as Tensor];
    requireSameDtype('matmul', ['input', 'other', 'bias'], [a, b, bias]);
    if (a.info.kind === 'bool')
      throw new DTypeError('matmul: bool tensors have no products; convert them first, e.g. with .float()');
    if (a.ndim !== b.ndim || (a.ndim !== 2 && a.ndim !== 3))
      throw new ShapeError(
        `matmul: expected two matrices or two stacks of matrices, got ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      );
    const lead = a.ndim - 2;
    if (a.shape[lead + 1] !== b.shape[lead]) throw innerSizeError('matmul', a, b);
    const n = b.shape[lead + 1];
    if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== n))
      throw new ShapeError(`matmul: expected a bias of shape (${n},), got ${formatShape(bias.shape)}`);
    if (lead === 0) return { shape: [a.shape[0], n], dtype: a.info };
    const [x, y] = [a.shape[0], b.shape[0]];
    if (x !== y && x !== 1 && y !== 1)
      throw new ShapeError(
        `matmul: stacks of ${x} and ${y} matrices (${formatShape(a.shape)} and ${formatShape(b.shape)}) do not broadcast`,
      );
    return { shape: [x === 1 ? y : x, a.shape[1], n], dtype: a.info };
  },
  kernel: 'matmul',
  differentiable: true,
});
