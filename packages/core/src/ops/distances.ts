/** Distances between all rows of matrices. */
import { autocasting, inFloat32 } from '../autocast.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { broadcastShapes } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { requireFloating, requireSameDtype } from './dtype-checks.js';
import { matmul } from './linalg.js';
import { norm } from './reduction.js';

export interface CdistOptions {
  /** When Euclidean distances come from a matrix product: faster for many rows, less exact. Default: for more than 25 rows. */
  readonly computeMode?: 'use_mm_for_euclid_dist_if_necessary' | 'use_mm_for_euclid_dist' | 'donot_use_mm_for_euclid_dist';
}

/**
 * The p-norm distance of every row of `x1` from every row of `x2`. PyTorch: `torch.cdist`.
 *
 * @param x1 - Shape `(*, p, m)`.
 * @param x2 - Shape `(*, r, m)`, with leading dimensions that broadcast.
 * @returns Shape `(*, p, r)`.
 */
export function cdist(
  x1: Tensor,
  x2: Tensor,
  p = 2,
  { computeMode = 'use_mm_for_euclid_dist_if_necessary' }: CdistOptions = {},
): Tensor {
  if (autocasting() !== null) return inFloat32([x1, x2], (a, b) => cdist(a, b, p, { computeMode }));
  requireFloating('cdist', 'x1', x1);
  requireFloating('cdist', 'x2', x2);
  requireSameDtype('cdist', ['x1', 'x2'], [x1, x2]);
  if (x1.ndim < 2 || x2.ndim < 2 || x1.shape[x1.ndim - 1] !== x2.shape[x2.ndim - 1])
    throw new ShapeError(
      `cdist: expected (*, p, m) and (*, r, m) with one m, got ${formatShape(x1.shape)} and ${formatShape(x2.shape)}`,
    );
  if (!(p >= 0)) throw new ValueError(`cdist: p must not be negative, got ${p}`);
  broadcastShapes('cdist', x1.shape.slice(0, -2), x2.shape.slice(0, -2));
  const many = x1.shape[x1.ndim - 2] > 25 || x2.shape[x2.ndim - 2] > 25;
  const byProduct = computeMode === 'use_mm_for_euclid_dist' || (computeMode === 'use_mm_for_euclid_dist_if_necessary' && many);
  if (p === 2 && byProduct && x1.numel > 0 && x2.numel > 0) return euclidean(x1, x2);
  return norm(x1.unsqueeze(-2).sub(x2.unsqueeze(-3)), p, -1);
}

/** ‖a‖² - 2 a·b + ‖b‖², which may come out slightly below 0. */
function euclidean(x1: Tensor, x2: Tensor): Tensor {
  const squares = x1
    .square()
    .sum(-1, { keepdim: true })
    .add(x2.square().sum(-1).unsqueeze(-2))
    .sub(matmul(x1, x2.transpose(-2, -1)).mul(2));
  // at 0 the root has no slope
  const near = squares.le(0);
  return squares.maskedFill(near, 1).sqrt().maskedFill(near, 0);
}

/** The p-norm distances of the rows of a matrix `(n, m)` from the rows after them: `(n (n - 1) / 2)`. PyTorch: `torch.pdist`. */
export function pdist(self: Tensor, p = 2): Tensor {
  requireFloating('pdist', 'self', self);
  if (self.ndim !== 2) throw new ShapeError(`pdist: expected a matrix, got shape ${formatShape(self.shape)}`);
  const n = self.shape[0];
  const first: number[] = [];
  const second: number[] = [];
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      first.push(i);
      second.push(j);
    }
  return norm(self.indexSelect(0, first).sub(self.indexSelect(0, second)), p, -1);
}
