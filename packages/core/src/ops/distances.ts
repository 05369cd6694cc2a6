/** Distances between all rows of matrices. */
import { autocasting, inFloat32 } from '../autocast.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import { broadcastShapes, numelOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { requireFloating, requireSameDtype } from './dtype-checks.js';
import { matmul } from './linalg.js';
import { norm } from './reduction.js';

type Order = { readonly p: number };

/** The orders that the kernels know; others come from `norm` of all differences. */
const hasKernel = (p: number): boolean => p === 1 || p === 2 || p === Number.POSITIVE_INFINITY;

const differences = (x1: Tensor, x2: Tensor): Tensor => x1.unsqueeze(-2).sub(x2.unsqueeze(-3));

/** @internal Distances of rows: (batch, n, m) and (batch, r, m) to (batch, n, r). */
export const rowDistances: Op<[x1: Tensor, x2: Tensor, p: number], Tensor, 'x1' | 'x2', Order, true> = defineOp({
  name: '_cdist_forward',
  inputs: ['x1', 'x2'],
  args: (x1: Tensor, x2: Tensor, p: number) => [[x1, x2], { p }],
  infer: ([x1, x2]) => {
    const { shape, info: dtype } = x1 as Tensor;
    return { shape: [shape[0], shape[1], (x2 as Tensor).shape[1]], dtype };
  },
  kernel: 'cdist',
  contiguous: true,
  decompose: ([x1, x2], { p }): Tensor => norm(differences(x1 as Tensor, x2 as Tensor), p, -1),
  differentiable: true,
});

/** @internal Distances of each row of (n, m) from the rows after it. */
export const laterRowDistances: Op<[self: Tensor, p: number], Tensor, 'self', Order, true> = defineOp({
  name: '_pdist_forward',
  inputs: ['self'],
  args: (self: Tensor, p: number) => [[self], { p }],
  infer: ([self]) => {
    const { shape, info: dtype } = self as Tensor;
    return { shape: [(shape[0] * Math.max(shape[0] - 1, 0)) / 2], dtype };
  },
  kernel: 'pdist',
  contiguous: true,
  decompose: ([self], { p }): Tensor => pairwise(self as Tensor, p),
  differentiable: true,
});

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
  const batch = broadcastShapes('cdist', x1.shape.slice(0, -2), x2.shape.slice(0, -2));
  const many = x1.shape[x1.ndim - 2] > 25 || x2.shape[x2.ndim - 2] > 25;
  const byProduct = computeMode === 'use_mm_for_euclid_dist' || (computeMode === 'use_mm_for_euclid_dist_if_necessary' && many);
  if (p === 2 && byProduct && x1.numel > 0 && x2.numel > 0) return euclidean(x1, x2);
  if (!hasKernel(p) || x1.itemSize < 4) return norm(differences(x1, x2), p, -1);
  const rows = (t: Tensor): Tensor => {
    const matrix = t.shape.slice(-2);
    return t.expand([...batch, ...matrix]).reshape([numelOf(batch), ...matrix]);
  };
  return rowDistances(rows(x1), rows(x2), p).reshape([...batch, x1.shape[x1.ndim - 2], x2.shape[x2.ndim - 2]]);
}

/** ‖a‖² - 2 a·b + ‖b‖², which may come out slightly below 0. */
function euclidean(x1: Tensor, x2: Tensor): Tensor {
  const squares = matmul(x1.mul(-2), x2.transpose(-2, -1))
    .add(x1.square().sum(-1, { keepdim: true }))
    .add(x2.square().sum(-1).unsqueeze(-2));
  // at 0 the root has no slope
  const near = squares.le(0);
  return squares.maskedFill(near, 1).sqrt().maskedFill(near, 0);
}

/** The p-norm distances of the rows of a matrix `(n, m)` from the rows after them: `(n (n - 1) / 2)`. PyTorch: `torch.pdist`. */
export function pdist(self: Tensor, p = 2): Tensor {
  requireFloating('pdist', 'self', self);
  if (self.ndim !== 2) throw new ShapeError(`pdist: expected a matrix, got shape ${formatShape(self.shape)}`);
  return hasKernel(p) && self.itemSize >= 4 ? laterRowDistances(self, p) : pairwise(self, p);
}

function pairwise(self: Tensor, p: number): Tensor {
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
