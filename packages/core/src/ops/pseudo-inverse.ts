/** What the singular values of a matrix say: rank, pseudo-inverse, least squares. */
import { autocasting, inFloat32 } from '../autocast.js';
import type { Attributes, Op } from '../op.js';
import { defineOp } from '../op.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { INT64 } from '../promotion.js';
import { sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { Layer } from '../context.js';
import { arange, empty, full } from '../creation.js';
import { requireSameDtype } from './dtype-checks.js';
import { solveTriangular } from './linear-solve.js';
import { broadcastBatches, requireMatrices, requireSquare } from './matrix-checks.js';
import { qr } from './orthogonal.js';
import { eigh, eigvalsh, svd, svdvals } from './spectral.js';

/** Which singular values count as zero: those up to `max(atol, rtol * largest)`. */
export interface RankOptions {
  /** Default 0. */
  readonly atol?: number;
  /** Default: max(m, n) times the dtype's epsilon, or 0 if `atol` is positive. */
  readonly rtol?: number;
  /** The matrices are symmetric, which is faster; only the lower triangle is read. Default false. */
  readonly hermitian?: boolean;
}

const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 } as Readonly<Record<string, number>>;

const defaultTolerance = (A: Tensor): number => EPSILON[A.dtype] * Math.max(...A.shape.slice(-2));
const relativeTolerance = (A: Tensor, { atol = 0, rtol }: RankOptions): number => rtol ?? (atol > 0 ? 0 : defaultTolerance(A));

/** Where the values of `(*, k)` are not taken for zero. */
const significant = (values: Tensor, atol: number, rtol: number): Tensor =>
  values.shape[values.ndim - 1] === 0 ? values.gt(0) : values.gt(values.amax(-1, { keepdim: true }).mul(rtol).clamp(atol));

function check(op: string, A: Tensor, { hermitian = false }: RankOptions): void {
  if (hermitian) requireSquare(op, 'A', A);
  else requireMatrices(op, 'A', A);
}

/** The number of singular values that are not taken for zero, int64 of shape `(*)`. PyTorch: `torch.linalg.matrix_rank`. */
export function matrixRank(A: Tensor, options: RankOptions = {}): Tensor {
  check('linalg.matrixRank', A, options);
  const values = options.hermitian ? eigvalsh(A).abs() : svdvals(A);
  return significant(values, options.atol ?? 0, relativeTolerance(A, options)).sum(-1);
}

interface Tolerances extends Attributes {
  readonly atol: number;
  readonly rtol: number;
  readonly hermitian: boolean;
}

/**
 * The Moore-Penrose pseudo-inverse of matrices `(*, m, n)`, of shape `(*, n, m)`. Its derivative needs the rank to be constant around
 * A. PyTorch: `torch.linalg.pinv`.
 */
export const pinv: Op<[A: Tensor, options?: RankOptions], Tensor, 'self', Tolerances, true> = defineOp({
  name: 'linalg_pinv',
  inputs: ['self'],
  args: (A: Tensor, options: RankOptions = {}) => {
    check('linalg.pinv', A, options);
    const { atol = 0, hermitian = false } = options;
    return [[A], { atol, rtol: relativeTolerance(A, options), hermitian }];
  },
  infer: ([self]) => {
    const { shape, info } = self as Tensor;
    const [m, n] = shape.slice(-2);
    return { shape: [...shape.slice(0, -2), n, m], dtype: info };
  },
  decompose: ([self], { atol, rtol, hermitian }): Tensor => {
    const A = self as Tensor;
    const reciprocal = (values: Tensor): Tensor =>
      values
        .reciprocal()
        .maskedFill(significant(values.abs(), atol, rtol).logicalNot(), 0)
        .unsqueeze(-2);
    if (hermitian) {
      const [values, V] = eigh(A);
      return V.mul(reciprocal(values)).matmul(V.mT);
    }
    const [U, S, Vh] = svd(A, { fullMatrices: false });
    return Vh.mT.mul(reciprocal(S)).matmul(U.mT);
  },
  differentiable: true,
});

/** @internal `[rank, singular values]`, which `lstsq` reports. */
const numericalRank: Op<[A: Tensor, rtol: number], Tensor[], 'self', { readonly rtol: number }, false> = defineOp({
  name: 'linalg_numerical_rank',
  inputs: ['self'],
  args: (A: Tensor, rtol: number) => [[A], { rtol }],
  infer: ([self]) => {
    const { shape, info } = self as Tensor;
    const batch = shape.slice(0, -2);
    return [
      { shape: batch, dtype: INT64 },
      { shape: [...batch, Math.min(...shape.slice(-2))], dtype: info },
    ];
  },
  decompose: ([self], { rtol }): Tensor[] => {
    const values = svdvals(self as Tensor);
    return [significant(values, 0, rtol).sum(-1), values];
  },
  differentiable: false,
});

const DRIVERS = ['gels', 'gelsy', 'gelsd', 'gelss'] as const;

export interface LeastSquaresOptions {
  /** Singular values up to `rcond` times the largest count as zero. Default: max(m, n) times the dtype's epsilon. */
  readonly rcond?: number;
  /** `gels` takes A to have full rank and is the fastest (QR); the others take A of any rank (SVD). Default `gelsy`. */
  readonly driver?: (typeof DRIVERS)[number];
}

export interface LeastSquares {
  /** Shape `(*, n, k)`, or that of one vector for each matrix. */
  readonly solution: Tensor;
  /** Sums of squared residuals, shape `(*, k)`, for m > n, full rank and a driver other than gelsy; else empty. */
  readonly residuals: Tensor;
  /** int64, shape `(*)`; empty for gels. */
  readonly rank: Tensor;
  /** For gelsd and gelss; else empty. */
  readonly singularValues: Tensor;
}

/**
 * The `X` that minimises `‖A X - B‖`, the one of least norm if there are several. PyTorch: `torch.linalg.lstsq`.
 *
 * @param A - Shape `(*, m, n)`.
 * @param B - Shape `(*, m, k)`, or vectors `(*, m)`.
 */
export function lstsq(A: Tensor, B: Tensor, { rcond, driver = 'gelsy' }: LeastSquaresOptions = {}): LeastSquares {
  if (autocasting() !== null) return inFloat32([A, B], (a, b) => lstsq(a, b, { rcond, driver }));
  requireMatrices('linalg.lstsq', 'A', A);
  checkTensor('linalg.lstsq', 'B', B);
  requireSameDtype('linalg.lstsq', ['A', 'B'], [A, B]);
  if (!DRIVERS.includes(driver))
    throw new ValueError(`linalg.lstsq: driver must be one of ${DRIVERS.join(', ')}, got ${String(driver)}`);
  const isVector = B.ndim === 1 || (B.ndim === A.ndim - 1 && sameShape(B.shape, A.shape.slice(0, -1)));
  const [m, n] = A.shape.slice(-2);
  const columns = isVector ? B.unsqueeze(-1) : B;
  if (columns.ndim < 2 || columns.shape[columns.ndim - 2] !== m)
    throw new ShapeError(`linalg.lstsq: A ${formatShape(A.shape)} and B ${formatShape(B.shape)} must have as many rows`);
  const [a, b] = broadcastBatches('linalg.lstsq', A, columns);
  const rtol = rcond ?? defaultTolerance(A);
  const k = Math.min(m, n);
  const factors = driver === 'gels' || driver === 'gelsy' ? qr(m < n ? a.mT : a) : null;
  const fullRank = factors !== null && (driver === 'gels' || isWellConditioned(factors[1], rtol));
  const [rank, values] = !fullRank
    ? numericalRank(a, rtol)
    : [
        driver === 'gels'
          ? empty([0], { dtype: 'int64', device: A.device })
          : full(a.shape.slice(0, -2), k, { dtype: 'int64', device: A.device }),
        null,
      ];
  const X = fullRank ? ofFullRank(factors, m < n, b) : pinv(a, { rtol }).matmul(b);
  const hasResiduals = m > n && driver !== 'gelsy' && (values === null || rank.ne(n).countNonzero().item() === 0);
  const residual = hasResiduals ? a.matmul(X).sub(b).square().sum(-2) : null;
  return {
    solution: isVector ? X.squeeze(-1) : X,
    residuals: residual === null ? empty([0], { dtype: A.dtype, device: A.device }) : residual,
    rank,
    singularValues: values !== null && driver !== 'gelsy' ? values : empty([0], { dtype: A.dtype, device: A.device }),
  };
}

/** By a QR decomposition of A or, if A is wide, of its transpose. */
function ofFullRank([Q, R]: readonly [Tensor, Tensor], wide: boolean, b: Tensor): Tensor {
  return wide ? Q.matmul(solveTriangular(R.mT, b, { upper: false })) : solveTriangular(R, Q.mT.matmul(b), { upper: true });
}

/**
 * Whether the triangular R stays clear of losing rank at `rtol`, so that no singular values are needed. The extreme ones are estimated
 * by power iterations on RᵀR and its inverse, with a margin of 2 for what such an estimate falls short of. False for what has no
 * values to look at: a wrapped tensor of a transform.
 */
function isWellConditioned(R: Tensor, rtol: number): boolean {
  const k = R.shape[R.ndim - 1];
  if (k === 0 || R.numel === 0 || (R.layers & Layer.Transform) !== 0) return false;
  const r = R.detached();
  const columns = 4;
  const start = arange(0, k * columns, 1, { dtype: R.dtype, device: R.device })
    .mul(1.7)
    .cos()
    .reshape([k, columns])
    .expand([...R.shape.slice(0, -1), columns]);
  const growth = (step: (v: Tensor) => Tensor): Tensor => {
    let v = start;
    let length = v;
    for (let i = 0; i < 6; i++) {
      v = step(v);
      length = v.square().sum(-2, { keepdim: true }).sqrt();
      v = v.div(length);
    }
    return length.amax(-1);
  };
  const largest = growth((v) => r.mT.matmul(r.matmul(v)));
  const smallest = growth((v) => solveTriangular(r, solveTriangular(r.mT, v, { upper: false }), { upper: true }));
  const isFar = largest
    .mul(smallest)
    .mul((2 * rtol) ** 2)
    .lt(1);
  return isFar.logicalNot().countNonzero().item() === 0;
}
