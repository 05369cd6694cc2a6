/** More products of vectors and matrices, composed of the primitive ones. */
import { widened } from '../autocast.js';
import { formatShape, ShapeError } from '../errors.js';
import { broadcastShapes, normalizeDim, numelOf } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { conj } from './complex.js';
import { requireSameDtype } from './dtype-checks.js';
import { mul, sub } from './elementwise.js';
import { dot, matmul } from './linalg.js';
import { roll } from './rearranging.js';

/**
 * The inner products of the last dimensions: `result[…, …'] = Σ self[…, k] other[…', k]`. A 0-d operand multiplies.
 * PyTorch: `torch.inner`.
 *
 * @throws {ShapeError} If the last dimensions differ in size.
 */
export function inner(self: Tensor, other: Tensor): Tensor {
  checkTensor('inner', 'input', self);
  checkTensor('inner', 'other', other);
  if (self.ndim === 0 || other.ndim === 0) return mul(self, other);
  const [n, m] = [self.shape[self.ndim - 1], other.shape[other.ndim - 1]];
  if (n !== m)
    throw new ShapeError(
      `inner: ${formatShape(self.shape)} and ${formatShape(other.shape)}: ${n} ≠ ${m} (the last dimensions must be equal)`,
    );
  requireSameDtype('inner', ['input', 'other'], [self, other]);
  const [rows, columns] = [self.shape.slice(0, -1), other.shape.slice(0, -1)];
  const product = matmul(self.reshape([numelOf(rows), n]), other.reshape([numelOf(columns), n]).transpose(0, 1));
  return product.reshape([...rows, ...columns]);
}

/** The inner product of two vectors, the first one conjugated. PyTorch: `torch.vdot`. */
export function vdot(self: Tensor, other: Tensor): Tensor {
  checkTensor('vdot', 'input', self);
  if (self.ndim !== 1) throw new ShapeError(`vdot: expected vectors (1-D), got ${formatShape(self.shape)}`);
  return dot(conj(self), other);
}

/** The Kronecker product: each element of `self` times the whole of `other`. PyTorch: `torch.kron`. */
export function kron(self: Tensor, other: Tensor): Tensor {
  checkTensor('kron', 'input', self);
  checkTensor('kron', 'other', other);
  const ndim = Math.max(self.ndim, other.ndim);
  const padded = (t: Tensor): number[] => [...new Array<number>(ndim - t.ndim).fill(1), ...t.shape];
  const [a, b] = [padded(self), padded(other)];
  const product = mul(self.reshape(a.flatMap((n) => [n, 1])), other.reshape(b.flatMap((n) => [1, n])));
  return product.reshape(a.map((n, i) => n * b[i]));
}

/**
 * The cross products of vectors of three elements. PyTorch: `torch.cross`.
 *
 * @param dim - The dimension of the vectors; by default the first one of size 3.
 * @throws {ShapeError} If the shapes do not broadcast or there is no such dimension.
 */
export function cross(self: Tensor, other: Tensor, dim: number | null = null): Tensor {
  checkTensor('cross', 'input', self);
  checkTensor('cross', 'other', other);
  const shape = broadcastShapes('cross', self.shape, other.shape);
  const d = dim === null ? shape.indexOf(3) : normalizeDim('cross', dim, shape.length);
  if (d === -1)
    throw new ShapeError(`cross: no dimension of size 3 in shapes ${formatShape(self.shape)} and ${formatShape(other.shape)}`);
  if (shape[d] !== 3) throw new ShapeError(`cross: dimension ${d} of ${formatShape(shape)} must have size 3, got ${shape[d]}`);
  const [a, b] = [self.expand(shape), other.expand(shape)];
  const next = (t: Tensor): Tensor => roll(t, -1, d);
  const previous = (t: Tensor): Tensor => roll(t, 1, d);
  return sub(mul(next(a), previous(b)), mul(previous(a), next(b)));
}

/** The sum of the diagonal of a matrix. PyTorch: `torch.trace`. */
export function trace(self: Tensor): Tensor {
  checkTensor('trace', 'input', self);
  if (self.ndim !== 2) throw new ShapeError(`trace: expected a matrix (2-D), got shape ${formatShape(self.shape)}`);
  return widened(self).diagonal().sum();
}
