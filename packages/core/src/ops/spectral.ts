/** Eigenvalues and singular values. Kernels take float32 and float64. */
import { context } from '../context.js';
import { type DType, type DTypeInfo, dtypeInfo } from '../dtype.js';
import { ValueError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import type { Tensor } from '../tensor.js';
import { batchShape, checkInfo, requireMatrices, requireSquare } from './matrix-checks.js';

const INT32 = dtypeInfo('int32');

const problem = (status: number): string =>
  status < 0
    ? 'contains NaN or infinities; find out where they come from, e.g. with isfinite()'
    : 'did not converge, which no finite matrix should cause; please report it';

/** Whether a layer looks at the call (autograd, a transform): derivatives need the vectors even where only values are wanted. */
function needsVectors(A: Tensor): boolean {
  const { active, excluded } = context();
  return ((A.layers | active) & ~excluded) !== 0;
}

// ---- symmetric matrices ----

/** @internal `[values, vectors, info]`; without `vectors` they have no columns. */
export const eighOp: Op<
  [op: string, A: Tensor, uplo: Triangle, vectors: boolean],
  Tensor[],
  'self',
  { readonly upper: boolean; readonly vectors: boolean },
  true
> = defineOp({
  name: 'linalg_eigh',
  inputs: ['self'],
  args: (op: string, A: Tensor, uplo: Triangle, vectors: boolean) => {
    requireSquare(op, 'A', A);
    if (uplo !== 'L' && uplo !== 'U') throw new ValueError(`${op}: uplo must be 'L' or 'U', got ${String(uplo)}`);
    return [[A], { upper: uplo === 'U', vectors }];
  },
  infer: ([self], { vectors }) => {
    const { shape, info: dtype } = self as Tensor;
    const n = shape[shape.length - 1];
    return [
      { shape: shape.slice(0, -1), dtype },
      { shape: [...shape.slice(0, -1), vectors ? n : 0], dtype },
      { shape: shape.slice(0, -2), dtype: INT32 },
    ];
  },
  kernel: 'linalg_eigh',
  contiguous: true,
  check: ([, , info]) => checkInfo('linalg.eigh', info, problem),
  differentiable: true,
});

/** Which triangle of a symmetric matrix is read: the lower or the upper one. */
export type Triangle = 'L' | 'U';

/**
 * Eigenvalues (rising) and eigenvectors of symmetric matrices, `A = V diag(w) Vᵀ`. PyTorch: `torch.linalg.eigh`.
 *
 * Eigenvectors are unique up to their sign, so the loss must not depend on it. Their derivative needs distinct eigenvalues.
 *
 * @param A - Shape `(*, n, n)`; only one triangle is read.
 * @returns `[w, V]` of shapes `(*, n)` and `(*, n, n)`.
 * @throws {LinAlgError} If a matrix contains NaN or infinities.
 */
export function eigh(A: Tensor, uplo: Triangle = 'L'): [values: Tensor, vectors: Tensor] {
  const [values, vectors] = eighOp('linalg.eigh', A, uplo, true);
  return [values, vectors];
}

/** Eigenvalues of symmetric matrices, rising. Faster than `eigh`. PyTorch: `torch.linalg.eigvalsh`. */
export const eigvalsh = (A: Tensor, uplo: Triangle = 'L'): Tensor => eighOp('linalg.eigvalsh', A, uplo, needsVectors(A))[0];

// ---- singular values ----

const SIZES = ['none', 'reduced', 'full'] as const;
type VectorCount = (typeof SIZES)[number];

/** @internal `[U, S, Vh, info]`. */
export const svdOp: Op<[op: string, A: Tensor, vectors: VectorCount], Tensor[], 'self', { readonly vectors: number }, true> =
  defineOp({
    name: 'linalg_svd',
    inputs: ['self'],
    args: (op: string, A: Tensor, vectors: VectorCount) => {
      requireMatrices(op, 'A', A);
      return [[A], { vectors: SIZES.indexOf(vectors) }];
    },
    infer: ([self], { vectors }) => {
      const { shape, info: dtype } = self as Tensor;
      const [m, n] = shape.slice(-2);
      const k = Math.min(m, n);
      const batch = batchShape(self as Tensor);
      return [
        { shape: [...batch, m, [0, k, m][vectors]], dtype },
        { shape: [...batch, k], dtype },
        { shape: [...batch, [0, k, n][vectors], n], dtype },
        { shape: batch, dtype: INT32 },
      ];
    },
    kernel: 'linalg_svd',
    contiguous: true,
    check: ([, , , info]) => checkInfo('linalg.svd', info, problem),
    differentiable: true,
  });

export interface SvdOptions {
  /** All of `U` (m, m) and `Vh` (n, n) rather than the first min(m, n) vectors. Default true. */
  readonly fullMatrices?: boolean;
}

/**
 * The singular value decomposition `A = U diag(S) Vh`, singular values falling. PyTorch: `torch.linalg.svd`.
 *
 * Singular vectors are unique up to a common sign, so the loss must not depend on it. Their derivative needs distinct singular
 * values, none of them zero if A is not square; of full matrices only the first min(m, n) vectors have one.
 *
 * @param A - Shape `(*, m, n)`.
 * @returns `[U, S, Vh]`.
 * @throws {LinAlgError} If a matrix contains NaN or infinities.
 */
export function svd(A: Tensor, { fullMatrices = true }: SvdOptions = {}): [U: Tensor, S: Tensor, Vh: Tensor] {
  const [U, S, Vh] = svdOp('linalg.svd', A, fullMatrices ? 'full' : 'reduced');
  return [U, S, Vh];
}

/** Singular values, falling. Faster than `svd`. PyTorch: `torch.linalg.svdvals`. */
export const svdvals = (A: Tensor): Tensor => svdOp('linalg.svdvals', A, needsVectors(A) ? 'reduced' : 'none')[1];

// ---- general matrices ----

const complexOf = (dtype: DType): DTypeInfo => dtypeInfo(dtype === 'float64' ? 'complex128' : 'complex64');

/** @internal `[values, vectors, info]`; without `vectors` they have no columns. */
export const eigOp: Op<[op: string, A: Tensor, vectors: boolean], Tensor[], 'self', { readonly vectors: boolean }, true> =
  defineOp({
    name: 'linalg_eig',
    inputs: ['self'],
    args: (op: string, A: Tensor, vectors: boolean) => {
      requireSquare(op, 'A', A);
      return [[A], { vectors }];
    },
    infer: ([self], { vectors }) => {
      const { shape, dtype } = self as Tensor;
      const n = shape[shape.length - 1];
      return [
        { shape: shape.slice(0, -1), dtype: complexOf(dtype) },
        { shape: [...shape.slice(0, -1), vectors ? n : 0], dtype: complexOf(dtype) },
        { shape: shape.slice(0, -2), dtype: INT32 },
      ];
    },
    kernel: 'linalg_eig',
    contiguous: true,
    check: ([, , info]) => checkInfo('linalg.eig', info, problem),
    differentiable: true,
  });

/**
 * Eigenvalues and eigenvectors of square matrices, `A = V diag(w) V⁻¹`, complex and in no order. Vectors have length 1 and are unique
 * up to a factor of absolute value 1, on which a function must not depend if its gradient is to make sense; eigenvalues must be
 * distinct then. PyTorch: `torch.linalg.eig`.
 *
 * @param A - Shape `(*, n, n)`.
 * @returns `[w, V]` of shapes `(*, n)` and `(*, n, n)`, complex64 or complex128.
 * @throws {LinAlgError} If a matrix contains NaN or infinities.
 */
export function eig(A: Tensor): [values: Tensor, vectors: Tensor] {
  const [values, vectors] = eigOp('linalg.eig', A, true);
  return [values, vectors];
}

/** Eigenvalues of square matrices, complex and in no order. Faster than `eig` where no derivative is wanted. PyTorch: `torch.linalg.eigvals`. */
export const eigvals = (A: Tensor): Tensor => eigOp('linalg.eigvals', A, needsVectors(A))[0];
