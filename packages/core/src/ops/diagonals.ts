/** Matrices of diagonals, and diagonals of matrices. */
import { formatShape, ShapeError } from '../errors.js';
import { normalizeDim } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { clone } from './copy.js';
import { diagonalBackward } from './view-backward.js';
import { diagonal, flatten } from './view.js';

/**
 * The last dimension as the diagonals of matrices in the dimensions `dim1` and `dim2` of the result, zeros elsewhere. An `offset`
 * above 0 means a diagonal above the main one. PyTorch: `torch.diag_embed`.
 */
export function diagEmbed(self: Tensor, offset = 0, dim1 = -2, dim2 = -1): Tensor {
  checkTensor('diagEmbed', 'self', self);
  if (self.ndim === 0) throw new ShapeError('diagEmbed: expected at least one dimension, got a 0-d tensor');
  const ndim = self.ndim + 1;
  const [a, b] = [normalizeDim('diagEmbed', dim1, ndim), normalizeDim('diagEmbed', dim2, ndim)];
  if (a === b) throw new ShapeError(`diagEmbed: the two dimensions must differ, both are ${a}`);
  const size = self.shape[self.ndim - 1] + Math.abs(offset);
  const inputShape = self.shape.slice(0, -1);
  for (const d of [Math.min(a, b), Math.max(a, b)]) inputShape.splice(d, 0, size);
  return diagonalBackward(self, { inputShape, offset, dim1: a, dim2: b });
}

/** A matrix with the vector on a diagonal, or a copy of a matrix's diagonal. PyTorch: `torch.diag`. */
export function diag(self: Tensor, diagonalNumber = 0): Tensor {
  checkTensor('diag', 'self', self);
  if (self.ndim === 1) return diagEmbed(self, diagonalNumber);
  if (self.ndim === 2) return clone(diagonal(self, diagonalNumber));
  throw new ShapeError(`diag: expected a vector or a matrix, got shape ${formatShape(self.shape)}; use diagonal or diagEmbed`);
}

/** A matrix with the elements of the flattened tensor on a diagonal. PyTorch: `torch.diagflat`. */
export const diagflat = (self: Tensor, offset = 0): Tensor => diagEmbed(flatten(self), offset);
