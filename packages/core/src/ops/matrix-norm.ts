/** Norms of vectors and matrices, as `torch.linalg` names them. */
import type { DType } from '../dtype.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { normalizeDim, normalizeDims } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { matmul } from './linalg.js';
import { invEx } from './linear-solve.js';
import { requireSquare } from './matrix-checks.js';
import { cross as crossOf } from './products.js';
import { type Dims, norm as normOf } from './reduction.js';
import { svdvals } from './spectral.js';
import { where } from './where.js';

export interface NormOptions {
  /** Keep the reduced dimensions with size 1. Default false. */
  readonly keepdim?: boolean;
  /** Convert to this dtype first. */
  readonly dtype?: DType;
}
/** `fro`: root of the sum of squares; `nuc`: sum of singular values; ±Infinity, ±1: largest or smallest sum of a row or column; ±2: singular value. */
export type MatrixOrder = 'fro' | 'nuc' | number;

/**
 * `(Σ |x|^ord)^(1/ord)` over all or the given dimensions; `ord` may be 0 (how many are not zero) or ±Infinity. PyTorch:
 * `torch.linalg.vector_norm`.
 */
export const vectorNorm = (x: Tensor, ord = 2, dim: Dims = null, options: NormOptions = {}): Tensor =>
  normOf(x, ord, dim, options);

/**
 * The norm of matrices that lie in two dimensions. PyTorch: `torch.linalg.matrix_norm`.
 *
 * @param dim - Default: the last two.
 */
export function matrixNorm(
  A: Tensor,
  ord: MatrixOrder = 'fro',
  dim: readonly [number, number] = [-2, -1],
  { keepdim = false, dtype }: NormOptions = {},
): Tensor {
  checkTensor('linalg.matrixNorm', 'A', A);
  if (A.ndim < 2) throw new ShapeError(`linalg.matrixNorm: expected at least two dimensions, got shape ${formatShape(A.shape)}`);
  const dims = normalizeDims('linalg.matrixNorm', dim, A.ndim);
  if (dims.length !== 2) throw new ValueError(`linalg.matrixNorm: dim must name two dimensions, got [${dim.join(', ')}]`);
  const self = dtype === undefined ? A : A.to(dtype);
  if (ord === 'fro') return normOf(self, 2, dims, { keepdim });
  const reduced = ofOrder(self.movedim(dims, [-2, -1]), ord);
  if (!keepdim) return reduced;
  return [...dims].sort((a, b) => a - b).reduce((t, d) => t.unsqueeze(d), reduced);
}

function ofOrder(matrices: Tensor, ord: MatrixOrder): Tensor {
  const pick = (t: Tensor): Tensor => ((ord as number) > 0 ? t.amax(-1) : t.amin(-1));
  switch (ord) {
    case 'nuc':
      return svdvals(matrices).sum(-1);
    case 2:
    case -2:
      return pick(svdvals(matrices));
    case 1:
    case -1:
      return pick(matrices.abs().sum(-2));
    case Number.POSITIVE_INFINITY:
    case Number.NEGATIVE_INFINITY:
      return pick(matrices.abs().sum(-1));
    default:
      throw new ValueError(`linalg.matrixNorm: ord must be 'fro', 'nuc', ±1, ±2 or ±Infinity, got ${String(ord)}`);
  }
}

/**
 * A vector norm over one dimension (or, without `ord`, over any), a matrix norm over two. PyTorch: `torch.linalg.norm`.
 *
 * @param ord - Default: the root of the sum of squares.
 * @param dim - Default: all of a vector or a matrix; of any tensor without `ord`.
 */
export function norm(A: Tensor, ord: MatrixOrder | null = null, dim: Dims = null, options: NormOptions = {}): Tensor {
  checkTensor('linalg.norm', 'A', A);
  if (ord === null) return vectorNorm(A, 2, dim, options);
  const dims = dim === null ? A.shape.map((_, d) => d) : typeof dim === 'number' ? [dim] : dim;
  if (dims.length === 2) return matrixNorm(A, ord, [dims[0], dims[1]], options);
  if (dims.length !== 1)
    throw new ShapeError(
      `linalg.norm: with ord, one or two dimensions are reduced, got ${dims.length} of shape ${formatShape(A.shape)}; name them by dim`,
    );
  if (typeof ord !== 'number') throw new ValueError(`linalg.norm: the order '${ord}' is for matrices; name two dimensions`);
  return vectorNorm(A, ord, dims[0], options);
}

/**
 * The condition number of matrices: `‖A‖ ‖A⁻¹‖`, infinite for singular ones. PyTorch: `torch.linalg.cond`.
 *
 * @param p - The norm; without it (or with ±2) the ratio of singular values, of any matrix.
 */
export function cond(A: Tensor, p: MatrixOrder | null = null): Tensor {
  if (p === null || p === 2 || p === -2) {
    const values = svdvals(A);
    const [largest, smallest] = [values.select(-1, 0), values.select(-1, -1)];
    return p === -2 ? smallest.div(largest) : largest.div(smallest);
  }
  requireSquare('linalg.cond', 'A', A);
  const [inverse, info] = invEx(A);
  return where(info.eq(0), matrixNorm(A, p).mul(matrixNorm(inverse, p)), Number.POSITIVE_INFINITY);
}

/** The inner products of vectors along a dimension; other dimensions broadcast. PyTorch: `torch.linalg.vecdot`. */
export function vecdot(x: Tensor, y: Tensor, { dim = -1 }: { readonly dim?: number } = {}): Tensor {
  checkTensor('linalg.vecdot', 'x', x);
  checkTensor('linalg.vecdot', 'y', y);
  const [a, b] = [x, y].map((t) => t.movedim(normalizeDim('linalg.vecdot', dim, t.ndim), -1));
  return matmul(a.unsqueeze(-2), b.unsqueeze(-1)).squeeze([-2, -1]);
}

/** The cross products of vectors of three elements along a dimension. PyTorch: `torch.linalg.cross`. */
export const linalgCross = (x: Tensor, y: Tensor, { dim = -1 }: { readonly dim?: number } = {}): Tensor => crossOf(x, y, dim);
