/** Triangular systems, Cholesky and LU decompositions, and what follows from them. Kernels take float32 and float64. */
import { autocasting, inFloat32 } from '../autocast.js';
import { eye } from '../creation.js';
import { dtypeInfo } from '../dtype.js';
import { formatShape, ShapeError } from '../errors.js';
import { defineOp, type Op, type TensorMeta } from '../op.js';
import { sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { requireSameDtype } from './dtype-checks.js';
import { asBlocks, asColumns, fromBlocks, fromColumns, infoFromBlocks, withRealDiagonal } from './complex-matrices.js';
import { cat } from './joining.js';
import { batchShape, broadcastBatches, checkInfo, isComplexMatrix, requireMatrices, requireSquare } from './matrix-checks.js';
import { exchangeRows } from './row-exchange.js';

const INT32 = dtypeInfo('int32');

const like = (t: Tensor): TensorMeta => ({ shape: t.shape, dtype: t.info });
const infoOf = (t: Tensor): TensorMeta => ({ shape: batchShape(t), dtype: INT32 });
const pivotsOf = (t: Tensor): TensorMeta => ({
  shape: [...batchShape(t), Math.min(t.shape[t.ndim - 2], t.shape[t.ndim - 1])],
  dtype: INT32,
});

const SINGULAR = (pivot: number): string =>
  `is singular: pivot ${pivot} of its LU decomposition is exactly zero; use linalg.pinv or linalg.lstsq, or check the input`;

// ---- triangular systems ----

export interface SolveTriangularOptions {
  /** Whether `A` is upper triangular; the other triangle is not read. */
  readonly upper: boolean;
  /** Solve `A X = B` rather than `X A = B`. Default true. */
  readonly left?: boolean;
  /** Take the diagonal of `A` for ones. Default false. */
  readonly unitriangular?: boolean;
}

/** Throws unless `A X = B` (or `X A = B`) makes sense. */
function checkSystem(op: string, a: Tensor, b: Tensor, left: boolean): void {
  requireSquare(op, 'A', a);
  requireMatrices(op, 'B', b);
  requireSameDtype(op, ['A', 'B'], [a, b]);
  const [n, m] = [a.shape[a.ndim - 1], b.shape[b.ndim - (left ? 2 : 1)]];
  if (n !== m)
    throw new ShapeError(
      `${op}: A ${formatShape(a.shape)} and B ${formatShape(b.shape)}: ${n} ≠ ${m} (B must have as many ${left ? 'rows' : 'columns'} as A)`,
    );
}

/**
 * `X` with `A X = B` for triangular matrices. PyTorch: `torch.linalg.solve_triangular`.
 *
 * @param A - Shape `(*, n, n)`. A zero on the diagonal gives infinities or NaN.
 * @param B - Shape `(*, n, k)`, or `(*, k, n)` with `left: false`; batches broadcast.
 */
export const solveTriangular = defineOp({
  name: 'linalg_solve_triangular',
  inputs: ['a', 'b'],
  args: (A: Tensor, B: Tensor, { upper, left = true, unitriangular = false }: SolveTriangularOptions) => {
    checkSystem('linalg.solveTriangular', A, B, left);
    if (typeof upper !== 'boolean')
      throw new TypeError(`linalg.solveTriangular: upper must be true or false, got ${String(upper)}`);
    return [broadcastBatches('linalg.solveTriangular', A, B), { upper, left, unitriangular }];
  },
  infer: ([, b]) => like(b as Tensor),
  kernel: 'linalg_solve_triangular',
  contiguous: true,
  differentiable: true,
});

// ---- Cholesky ----

export interface CholeskyOptions {
  /** Return the upper triangular `U = Lᵀ`, read from the upper triangle. Default false. */
  readonly upper?: boolean;
}

/** @internal `[L, info]`. */
export const choleskyWithInfo: Op<
  [A: Tensor, upper: boolean, checked: boolean],
  Tensor[],
  'self',
  { readonly upper: boolean; readonly checked: boolean },
  true
> = defineOp({
  name: 'linalg_cholesky_ex',
  inputs: ['self'],
  args: (A: Tensor, upper: boolean, checked: boolean) => {
    requireSquare('linalg.cholesky', 'A', A);
    return [[A], { upper, checked }];
  },
  infer: ([self]) => [like(self as Tensor), infoOf(self as Tensor)],
  kernel: 'linalg_cholesky_ex',
  contiguous: true,
  check: ([, info], { checked }) => {
    if (checked)
      checkInfo(
        'linalg.cholesky',
        info,
        (order) =>
          `is not positive definite: its leading minor of order ${order} is not positive; symmetrise it and add a small multiple of the identity`,
      );
  },
  differentiable: true,
});

export interface CheckOptions {
  /** Throw where there is no result. Default false. */
  readonly checkErrors?: boolean;
}

/**
 * The Cholesky decomposition without a check: `[L, info]`, where `info` (int32) is 0, or the order of the first leading minor that
 * is not positive; `L` is then unfinished. PyTorch: `torch.linalg.cholesky_ex`.
 */
export function choleskyEx(
  A: Tensor,
  { upper = false, checkErrors = false }: CholeskyOptions & CheckOptions = {},
): [L: Tensor, info: Tensor] {
  const [factor, info] = choleskyWithInfo(A, upper, checkErrors);
  return [factor, info];
}

/**
 * The lower triangular `L` with positive diagonal and `A = L Lᴴ`. PyTorch: `torch.linalg.cholesky`.
 *
 * @param A - Symmetric or Hermitian, positive definite, shape `(*, n, n)`; only the lower (with `upper`, the upper) triangle is read, and
 *   of complex numbers on the diagonal the real parts.
 * @throws {LinAlgError} If a matrix is not positive definite.
 */
export function cholesky(A: Tensor, { upper = false }: CholeskyOptions = {}): Tensor {
  if (isComplexMatrix('linalg.cholesky', 'A', A))
    return fromBlocks(choleskyWithInfo(asBlocks(withRealDiagonal(A)), upper, true)[0]);
  return choleskyWithInfo(A, upper, true)[0];
}

// ---- LU ----

export interface PivotOptions {
  /** Exchange rows so that pivots are large. Without, a small pivot makes the result inaccurate. Default true. */
  readonly pivot?: boolean;
}

/**
 * The LU decomposition in compact form, `[LU, pivots, info]`: `L` (unit diagonal not stored) below and `U` on and above the
 * diagonal; `pivots` (int32, from 1) as LAPACK has them; `info` (int32) is 0 or the number of the first pivot that is zero.
 * PyTorch: `torch.linalg.lu_factor_ex`.
 */
export const luFactorEx: Op<[A: Tensor, options?: PivotOptions], Tensor[], 'self', { readonly pivot: boolean }, true> = defineOp({
  name: 'linalg_lu_factor_ex',
  inputs: ['self'],
  args: (A: Tensor, { pivot = true }: PivotOptions = {}) => {
    requireMatrices('linalg.luFactorEx', 'A', A);
    return [[A], { pivot }];
  },
  infer: ([self]) => [like(self as Tensor), pivotsOf(self as Tensor), infoOf(self as Tensor)],
  kernel: 'linalg_lu_factor_ex',
  contiguous: true,
  differentiable: true,
});

/** The LU decomposition in compact form, `[LU, pivots]`; a singular matrix has one, too. PyTorch: `torch.linalg.lu_factor`. */
export function luFactor(A: Tensor, options: PivotOptions = {}): [LU: Tensor, pivots: Tensor] {
  const [factors, pivots] = luFactorEx(A, options);
  return [factors, pivots];
}

const withUnitDiagonal = (lower: Tensor): Tensor => lower.tril(-1).add(identity(lower));
/** An identity matrix of the shape of each matrix of `t`. */
const identity = (t: Tensor): Tensor => eye(t.shape[t.ndim - 2], t.shape[t.ndim - 1], { dtype: t.dtype, device: t.device });

/** The parts of a compact decomposition: `[P, L, U]` with `A = P L U`. PyTorch: `torch.lu_unpack`. */
export function luUnpack(LU: Tensor, pivots: Tensor): [P: Tensor, L: Tensor, U: Tensor] {
  requireMatrices('luUnpack', 'LU', LU);
  checkTensor('luUnpack', 'pivots', pivots);
  const [m, n] = LU.shape.slice(-2);
  const k = Math.min(m, n);
  const rows = eye(m, m, { dtype: LU.dtype, device: LU.device }).expand([...batchShape(LU), m, m]);
  return [exchangeRows(rows, pivots, true), withUnitDiagonal(LU.narrow(-1, 0, k)), LU.narrow(-2, 0, k).triu()];
}

/**
 * The LU decomposition `A = P L U`: a permutation, a lower triangular matrix with unit diagonal, an upper triangular one.
 * PyTorch: `torch.linalg.lu`.
 *
 * @param A - Shape `(*, m, n)`.
 * @returns `[P, L, U]` of shapes `(*, m, m)`, `(*, m, k)`, `(*, k, n)` with k = min(m, n).
 */
export function lu(A: Tensor, options: PivotOptions = {}): [P: Tensor, L: Tensor, U: Tensor] {
  const [factors, pivots] = luFactorEx(A, options);
  return luUnpack(factors, pivots);
}

export interface SideOptions {
  /** Solve `A X = B` rather than `X A = B`. Default true. */
  readonly left?: boolean;
}
export interface LuSolveOptions extends SideOptions {
  /** Solve with the transpose of `A`. Default false. */
  readonly adjoint?: boolean;
}

/** `X` with `A X = B` from `luFactor(A)`. PyTorch: `torch.linalg.lu_solve`. */
export function luSolve(LU: Tensor, pivots: Tensor, B: Tensor, { left = true, adjoint = false }: LuSolveOptions = {}): Tensor {
  checkSystem('linalg.luSolve', LU, B, left);
  if (!left) return luSolve(LU, pivots, B.mT, { adjoint: !adjoint }).mT;
  const [factors, b] = broadcastBatches('linalg.luSolve', LU, B);
  const exchanges = pivots.expand([...batchShape(factors), pivots.shape[pivots.ndim - 1]]);
  if (!adjoint) {
    const y = solveTriangular(factors, exchangeRows(b, exchanges), { upper: false, unitriangular: true });
    return solveTriangular(factors, y, { upper: true });
  }
  const y = solveTriangular(factors.mT, b, { upper: false });
  return exchangeRows(solveTriangular(factors.mT, y, { upper: true, unitriangular: true }), exchanges, true);
}

// ---- systems, inverses, determinants ----

/** @internal `[X, LU, pivots, info]`. */
export const solveWithFactors: Op<
  [A: Tensor, B: Tensor, left: boolean, checked: boolean],
  Tensor[],
  'a' | 'b',
  { readonly left: boolean; readonly checked: boolean },
  true
> = defineOp({
  name: 'linalg_solve_ex',
  inputs: ['a', 'b'],
  args: (A: Tensor, B: Tensor, left: boolean, checked: boolean) => {
    checkSystem('linalg.solve', A, B, left);
    return [broadcastBatches('linalg.solve', A, B), { left, checked }];
  },
  infer: ([a, b]) => [like(b as Tensor), like(a as Tensor), pivotsOf(a as Tensor), infoOf(a as Tensor)],
  kernel: 'linalg_solve_ex',
  contiguous: true,
  check: ([, , , info], { checked }) => {
    if (checked) checkInfo('linalg.solve', info, SINGULAR);
  },
  differentiable: true,
});

/** The solution without a check: `[X, info]`, where `info` is 0 or the number of the pivot that is zero. PyTorch: `torch.linalg.solve_ex`. */
export function solveEx(
  A: Tensor,
  B: Tensor,
  { left = true, checkErrors = false }: SideOptions & CheckOptions = {},
): [X: Tensor, info: Tensor] {
  const isComplex = isComplexMatrix('linalg.solve', 'A', A);
  if (!isComplex) requireSquare('linalg.solve', 'A', A);
  checkTensor('linalg.solve', 'B', B);
  const isVector = B.ndim === 1 || (B.ndim === A.ndim - 1 && sameShape(B.shape, A.shape.slice(0, -1)));
  if (isComplex) {
    requireSameDtype('linalg.solve', ['A', 'B'], [A, B]);
    const b = isVector ? B.unsqueeze(-1) : B;
    if (!left) {
      const [X, info] = solveEx(A.mT, b.mT, { checkErrors });
      return [isVector ? X.mT.squeeze(-1) : X.mT, info];
    }
    const [columns, , , info] = solveWithFactors(asBlocks(A), asColumns(b), true, checkErrors);
    return [isVector ? fromColumns(columns).squeeze(-1) : fromColumns(columns), infoFromBlocks(info)];
  }
  const [X, , , info] = solveWithFactors(A, isVector ? B.unsqueeze(-1) : B, left, checkErrors);
  return [isVector ? X.squeeze(-1) : X, info];
}

/**
 * `X` with `A X = B` (with `left: false`, `X A = B`). PyTorch: `torch.linalg.solve`.
 *
 * @param A - Shape `(*, n, n)`.
 * @param B - Matrices `(*, n, k)`, one vector `(n)`, or as many vectors `(*, n)` as there are matrices.
 * @throws {LinAlgError} If a matrix is singular.
 */
export const solve = (A: Tensor, B: Tensor, { left = true }: SideOptions = {}): Tensor =>
  solveEx(A, B, { left, checkErrors: true })[0];

/** @internal `[inverse, info, LU, pivots]`. */
export const invWithFactors: Op<[A: Tensor, checked: boolean], Tensor[], 'self', { readonly checked: boolean }, true> = defineOp({
  name: 'linalg_inv_ex',
  inputs: ['self'],
  args: (A: Tensor, checked: boolean) => {
    requireSquare('linalg.inv', 'A', A);
    return [[A], { checked }];
  },
  infer: ([self]) => [like(self as Tensor), infoOf(self as Tensor), like(self as Tensor), pivotsOf(self as Tensor)],
  kernel: 'linalg_inv_ex',
  contiguous: true,
  check: ([, info], { checked }) => {
    if (checked) checkInfo('linalg.inv', info, SINGULAR);
  },
  differentiable: true,
});

/** The inverse without a check: `[inverse, info]`. PyTorch: `torch.linalg.inv_ex`. */
export function invEx(A: Tensor, { checkErrors = false }: CheckOptions = {}): [inverse: Tensor, info: Tensor] {
  if (isComplexMatrix('linalg.inv', 'A', A)) {
    const [inverse, info] = invWithFactors(asBlocks(A), checkErrors);
    return [fromBlocks(inverse), infoFromBlocks(info)];
  }
  const [inverse, info] = invWithFactors(A, checkErrors);
  return [inverse, info];
}

/**
 * The inverse of square matrices `(*, n, n)`; prefer `solve` to multiplying by it. PyTorch: `torch.linalg.inv`.
 *
 * @throws {LinAlgError} If a matrix is singular.
 */
export const inv = (A: Tensor): Tensor => invEx(A, { checkErrors: true })[0];

/** @internal `[determinant, LU, pivots]`. */
export const detWithFactors: Op<[A: Tensor], Tensor[], 'self', Record<string, never>, true> = defineOp({
  name: 'linalg_det',
  inputs: ['self'],
  args: (A: Tensor) => {
    requireSquare('linalg.det', 'A', A);
    return [[A], {}];
  },
  infer: ([self]) => [
    { shape: batchShape(self as Tensor), dtype: (self as Tensor).info },
    like(self as Tensor),
    pivotsOf(self as Tensor),
  ],
  kernel: 'linalg_det',
  contiguous: true,
  differentiable: true,
});

/** The determinant of square matrices `(*, n, n)`. PyTorch: `torch.linalg.det`. */
export const det = (A: Tensor): Tensor => detWithFactors(A)[0];

/** @internal `[sign, log |determinant|, LU, pivots]`. */
export const slogdetWithFactors: Op<[A: Tensor], Tensor[], 'self', Record<string, never>, true> = defineOp({
  name: 'linalg_slogdet',
  inputs: ['self'],
  args: (A: Tensor) => {
    requireSquare('linalg.slogdet', 'A', A);
    return [[A], {}];
  },
  infer: ([self]) => {
    const scalar: TensorMeta = { shape: batchShape(self as Tensor), dtype: (self as Tensor).info };
    return [scalar, scalar, like(self as Tensor), pivotsOf(self as Tensor)];
  },
  kernel: 'linalg_slogdet',
  contiguous: true,
  differentiable: true,
});

/** Sign and logarithm of the absolute value of the determinant; 0 and -Infinity for a singular matrix. PyTorch: `torch.linalg.slogdet`. */
export function slogdet(A: Tensor): [sign: Tensor, logabsdet: Tensor] {
  const [sign, logabsdet] = slogdetWithFactors(A);
  return [sign, logabsdet];
}

/** The logarithm of the determinant; NaN where it is negative. PyTorch: `torch.logdet`. */
export function logdet(A: Tensor): Tensor {
  const [sign, logabsdet] = slogdet(A);
  return logabsdet.where(sign.ge(0), Number.NaN);
}

// ---- from a Cholesky decomposition ----

/** `X` with `A X = B` from the Cholesky factor of `A`. PyTorch: `torch.cholesky_solve`. */
export function choleskySolve(B: Tensor, L: Tensor, { upper = false }: CholeskyOptions = {}): Tensor {
  if (autocasting() !== null) return inFloat32([B, L], (b, l) => choleskySolve(b, l, { upper }));
  checkSystem('choleskySolve', L, B, true);
  const lower = upper ? L.mT : L;
  return solveTriangular(lower.mT, solveTriangular(lower, B, { upper: false }), { upper: true });
}

/** Matrices from this size on are inverted by halves, so that no product is with zeros. */
const HALVES_FROM = 64;

/** The inverse of `A` from its Cholesky factor. PyTorch: `torch.cholesky_inverse`. */
export function choleskyInverse(L: Tensor, { upper = false }: CholeskyOptions = {}): Tensor {
  if (autocasting() !== null) return inFloat32([L], (l) => choleskyInverse(l, { upper }));
  requireSquare('choleskyInverse', 'L', L);
  const lower = upper ? L.mT : L;
  const unit = identity(lower);
  const n = L.shape[L.ndim - 1];
  const h = Math.floor(n / 2);
  if (n < HALVES_FROM) {
    const inverse = solveTriangular(lower, unit, { upper: false });
    return inverse.mT.matmul(inverse);
  }
  // with L⁻¹ = [X 0; Y Z] and its left columns W = [X; Y], the inverse is [Wᵀ W, Yᵀ Z; Zᵀ Y, Zᵀ Z]
  const W = solveTriangular(lower, unit.narrow(-1, 0, h), { upper: false });
  const corner = lower.narrow(-2, h, n - h).narrow(-1, h, n - h);
  const Z = solveTriangular(corner, identity(corner), { upper: false });
  const below = Z.mT.matmul(W.narrow(-2, h, n - h));
  return cat([cat([W.mT.matmul(W), below.mT], -1), cat([below, Z.mT.matmul(Z)], -1)], -2);
}
