/** What tensors can say of their layout, and conversions between layouts: methods of every tensor. */
import { zeros } from '../creation.js';
import type { DType } from '../dtype.js';
import { formatShape, LayoutError, ShapeError } from '../errors.js';
import { indexLeading, indexPutLeading } from '../ops/indexing.js';
import { nonzero } from '../ops/masking.js';
import { flatten, t as transpose } from '../ops/view.js';
import { sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { coalesced, SparseCooTensor } from './coo.js';
import { compress, expandCompressed, SparseCompressedTensor } from './compressed.js';
import { SparseTensor } from './sparse-tensor.js';

function requireCoo(op: string, self: Tensor): SparseCooTensor {
  checkTensor(op, 'self', self);
  if (self instanceof SparseCooTensor) return self;
  throw new LayoutError(`${op}: expected a tensor of layout sparseCoo, got ${self.layout}; convert it with .toSparse()`);
}
function requireCompressed(op: string, self: Tensor, layout: 'sparseCsr' | 'sparseCsc'): SparseCompressedTensor {
  checkTensor(op, 'self', self);
  if (self instanceof SparseCompressedTensor && self.layout === layout) return self;
  const conversion = layout === 'sparseCsr' ? 'toSparseCsr' : 'toSparseCsc';
  throw new LayoutError(`${op}: expected a tensor of layout ${layout}, got ${self.layout}; convert it with .${conversion}()`);
}
function requireSparse(op: string, self: Tensor): SparseTensor {
  checkTensor(op, 'self', self);
  if (self instanceof SparseTensor) return self;
  throw new LayoutError(`${op}: expected a sparse tensor, got one of layout strided; convert it with .toSparse()`);
}
function requireCoalesced(op: string, self: Tensor): SparseCooTensor {
  const coo = requireCoo(op, self);
  if (!coo.coalesced)
    throw new LayoutError(`${op}: the sparse tensor may have several entries at one place; call coalesce() first, or _${op}()`);
  return coo;
}

// ---- parts ----

/** Where the entries stand: int64 `(sparseDim, nnz)`, of a coalesced sparse tensor. PyTorch: `Tensor.indices`. */
export const indices = (self: Tensor): Tensor => requireCoalesced('indices', self).coordinates;
/**
 * The stored elements, `(nnz, *dense)`: of a coalesced sparse tensor or a compressed matrix. PyTorch: `Tensor.values`.
 *
 * @throws {LayoutError} If the tensor is dense or not coalesced.
 */
export const values = (self: Tensor): Tensor =>
  (self instanceof SparseCooTensor ? requireCoalesced('values', self) : requireSparse('values', self)).entries;
/** `indices` of a sparse tensor that need not be coalesced. PyTorch: `Tensor._indices`. */
export const _indices = (self: Tensor): Tensor => requireCoo('_indices', self).coordinates;
/** `values` of a sparse tensor that need not be coalesced. PyTorch: `Tensor._values`. */
export const _values = (self: Tensor): Tensor => requireSparse('_values', self).entries;
/** Number of stored elements of a sparse tensor, zeros and repeated ones included. PyTorch: `Tensor._nnz`. */
export const _nnz = (self: Tensor): number => requireSparse('_nnz', self).nnz;
/** Where in the entries each row begins, and their number: int64 `(rows + 1)`. PyTorch: `Tensor.crow_indices`. */
export const crowIndices = (self: Tensor): Tensor => requireCompressed('crowIndices', self, 'sparseCsr').compressed;
/** The column of each entry: int64 `(nnz)`. PyTorch: `Tensor.col_indices`. */
export const colIndices = (self: Tensor): Tensor => requireCompressed('colIndices', self, 'sparseCsr').plain;
/** Where in the entries each column begins, and their number: int64 `(columns + 1)`. PyTorch: `Tensor.ccol_indices`. */
export const ccolIndices = (self: Tensor): Tensor => requireCompressed('ccolIndices', self, 'sparseCsc').compressed;
/** The row of each entry: int64 `(nnz)`. PyTorch: `Tensor.row_indices`. */
export const rowIndices = (self: Tensor): Tensor => requireCompressed('rowIndices', self, 'sparseCsc').plain;
/** How many dimensions have indices; 0 for a dense tensor. PyTorch: `Tensor.sparse_dim`. */
export function sparseDim(self: Tensor): number {
  checkTensor('sparseDim', 'self', self);
  return self instanceof SparseCooTensor ? self.sparseDims : self instanceof SparseCompressedTensor ? 2 : 0;
}
/** How many dimensions the entries themselves have. PyTorch: `Tensor.dense_dim`. */
export const denseDim = (self: Tensor): number => self.ndim - sparseDim(self);
/** Whether the entries of a sparse tensor are known to stand at different places, in row-major order. PyTorch: `Tensor.is_coalesced`. */
export const isCoalesced = (self: Tensor): boolean => requireCoo('isCoalesced', self).coalesced;
/** Adds entries that stand at one place, and sorts them in row-major order; itself if that is done. PyTorch: `Tensor.coalesce`. */
export const coalesce = (self: Tensor): SparseCooTensor => coalesced(requireCoo('coalesce', self));

// ---- conversions ----

/** The same tensor with all its elements in memory; a dense tensor itself. PyTorch: `Tensor.to_dense`. */
export function toDense(self: Tensor, dtype?: DType): Tensor {
  checkTensor('toDense', 'self', self);
  if (dtype !== undefined) return toDense(self.to(dtype));
  if (!(self instanceof SparseTensor)) return self;
  const { shape, coordinates, entries, sparseDims } = toCoo(self);
  if (sparseDims === 0) return entries.sum(0, { dtype: self.dtype });
  return indexPutLeading(zeros(shape, { dtype: self.dtype, device: entries.device }), entries, coordinates, true);
}

/** @internal Any tensor by coordinates. */
export function toCoo(self: Tensor, sparseDims = self.ndim): SparseCooTensor {
  if (self instanceof SparseCooTensor) return self;
  if (self instanceof SparseCompressedTensor) return expandCompressed(self);
  const isNonzero = self.ne(0);
  const coordinates = transpose(
    nonzero(sparseDims === self.ndim ? isNonzero : flatten(isNonzero, sparseDims).any(-1)),
  ).contiguous();
  if (sparseDims === 0)
    return new SparseCooTensor(self.shape, coordinates, self.expand([coordinates.shape[1], ...self.shape]), true);
  return new SparseCooTensor(self.shape, coordinates, indexLeading(self, coordinates), true);
}

/**
 * By coordinates: the elements that are not zero. A tensor that is by coordinates already stays as it is. PyTorch: `Tensor.to_sparse`.
 *
 * @param sparseDims - How many leading dimensions get coordinates; the others stay dense. Default: all.
 */
export function toSparse(self: Tensor, sparseDims?: number): SparseCooTensor {
  checkTensor('toSparse', 'self', self);
  const dims = sparseDims ?? self.ndim;
  if (!Number.isInteger(dims) || dims < Math.min(1, self.ndim) || dims > self.ndim)
    throw new ShapeError(`toSparse: a tensor of ${self.ndim} dimensions cannot have ${dims} sparse ones`);
  return toCoo(self, dims);
}
/** `toSparse` with all dimensions sparse. PyTorch: `Tensor.to_sparse_coo`. */
export const toSparseCoo = (self: Tensor): SparseCooTensor => toSparse(self);
/** A matrix by compressed rows. PyTorch: `Tensor.to_sparse_csr`. */
export function toSparseCsr(self: Tensor): SparseCompressedTensor {
  checkTensor('toSparseCsr', 'self', self);
  return self instanceof SparseCompressedTensor && self.byRows ? self : compress('toSparseCsr', toCoo(self), true);
}
/** A matrix by compressed columns. PyTorch: `Tensor.to_sparse_csc`. */
export function toSparseCsc(self: Tensor): SparseCompressedTensor {
  checkTensor('toSparseCsc', 'self', self);
  return self instanceof SparseCompressedTensor && !self.byRows ? self : compress('toSparseCsc', toCoo(self), false);
}

/** The elements of a dense tensor at the places where the sparse `mask` has entries, whatever their values. PyTorch: `Tensor.sparse_mask`. */
export function sparseMask(self: Tensor, mask: Tensor): SparseCooTensor {
  checkTensor('sparseMask', 'self', self);
  const places = coalesced(requireCoo('sparseMask', mask));
  if (!sameShape(self.shape, mask.shape))
    throw new ShapeError(
      `sparseMask: a mask of shape ${formatShape(mask.shape)} for a tensor of shape ${formatShape(self.shape)}`,
    );
  const entries = indexLeading(toDense(self), places.coordinates);
  return new SparseCooTensor(self.shape, places.coordinates, entries, true);
}
