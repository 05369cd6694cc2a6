/** Other shapes by way of the views in `view.ts`. */
import { formatShape, ShapeError } from '../errors.js';
import { broadcastShapes, checkShape, sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { conj } from './complex.js';
import { sum } from './reduction.js';
import { reshape, transpose, unsqueeze } from './view.js';

/** All elements in one dimension: a view where the layout allows it, else a copy. PyTorch: `torch.ravel`. */
export function ravel(self: Tensor): Tensor {
  checkTensor('ravel', 'self', self);
  return self.ndim === 1 && self.isContiguous() ? self : reshape(self, [-1]);
}
/** With one dimension at least. PyTorch: `torch.atleast_1d`. */
export function atleast1d(self: Tensor): Tensor {
  checkTensor('atleast1d', 'self', self);
  return self.ndim === 0 ? reshape(self, [1]) : self;
}
/** With two dimensions at least; a vector becomes a row. PyTorch: `torch.atleast_2d`. */
export function atleast2d(self: Tensor): Tensor {
  checkTensor('atleast2d', 'self', self);
  return self.ndim >= 2 ? self : unsqueeze(atleast1d(self), 0);
}
/** With three dimensions at least; a vector becomes the middle one, a matrix the first two. PyTorch: `torch.atleast_3d`. */
export function atleast3d(self: Tensor): Tensor {
  checkTensor('atleast3d', 'self', self);
  return self.ndim >= 3 ? self : unsqueeze(atleast2d(self), -1);
}

/** The transposes of the matrices of the last two dimensions (conjugate transposes of complex ones). PyTorch: `torch.adjoint`. */
export function adjoint(self: Tensor): Tensor {
  checkTensor('adjoint', 'self', self);
  if (self.ndim < 2) throw new ShapeError(`adjoint: expected two dimensions at least, got shape ${formatShape(self.shape)}`);
  return conj(transpose(self, -2, -1));
}

/** Summed to a shape that broadcasts to the tensor's own. PyTorch: `Tensor.sum_to_size`. */
export function sumToSize(self: Tensor, size: readonly number[]): Tensor {
  checkTensor('sumToSize', 'self', self);
  checkShape('sumToSize', size);
  if (!sameShape(broadcastShapes('sumToSize', self.shape, size), self.shape))
    throw new ShapeError(`sumToSize: ${formatShape(size)} does not broadcast to ${formatShape(self.shape)}`);
  const lead = self.ndim - size.length;
  const dims = self.shape.flatMap((n, d) => (d < lead || (size[d - lead] === 1 && n !== 1) ? [d] : []));
  return dims.length === 0 ? self : reshape(sum(self, dims, { keepdim: true }), size);
}
