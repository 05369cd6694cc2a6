/** Decompositions of matrices that are nearly of low rank, by random projections. */
import { ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { requireMatrices } from './matrix-checks.js';
import { qr } from './orthogonal.js';
import { randn } from './random.js';
import { svd } from './spectral.js';

export interface LowRankOptions {
  /** How many singular values, a little more than the rank. Default 6, at most min(m, n). */
  readonly q?: number;
  /** Subspace iterations; more are more accurate. Default 2. */
  readonly niter?: number;
  /** Subtracted from `A` first; broadcasts to its shape. */
  readonly M?: Tensor | null;
}

/**
 * The largest singular values of matrices and their vectors, `A ≈ U diag(S) Vᵀ` (Halko, Martinsson, Tropp 2009, algorithm 5.1).
 * Draws random numbers. PyTorch: `torch.svd_lowrank`.
 *
 * @param A - Shape `(*, m, n)`.
 * @returns `[U, S, V]` of shapes `(*, m, q)`, `(*, q)`, `(*, n, q)`.
 */
export function svdLowrank(A: Tensor, { q, niter = 2, M = null }: LowRankOptions = {}): [U: Tensor, S: Tensor, V: Tensor] {
  requireMatrices('svdLowrank', 'A', A);
  const [m, n] = A.shape.slice(-2);
  const rank = q ?? Math.min(6, m, n);
  if (!Number.isInteger(rank) || rank < 0 || rank > Math.min(m, n))
    throw new ValueError(`svdLowrank: q must be from 0 to ${Math.min(m, n)}, got ${rank}`);
  if (!Number.isInteger(niter) || niter < 0) throw new ValueError(`svdLowrank: niter must not be negative, got ${niter}`);
  const matrix = M === null ? A : A.sub(M);
  if (m < n) {
    const [V, S, U] = ofTall(matrix.mT, rank, niter);
    return [U, S, V];
  }
  return ofTall(matrix, rank, niter);
}

function ofTall(A: Tensor, q: number, niter: number): [U: Tensor, S: Tensor, V: Tensor] {
  let [Q] = qr(A.matmul(randn([A.shape[A.ndim - 1], q], { dtype: A.dtype, device: A.device })));
  for (let i = 0; i < niter; i++) {
    [Q] = qr(A.mT.matmul(Q));
    [Q] = qr(A.matmul(Q));
  }
  const [U, S, Vh] = svd(Q.mT.matmul(A), { fullMatrices: false });
  return [Q.matmul(U), S, Vh.mT];
}
