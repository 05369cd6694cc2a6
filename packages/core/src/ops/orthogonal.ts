/** QR decompositions. Kernels take float32 and float64. */
import { emptyLike } from '../creation.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import type { Tensor } from '../tensor.js';
import { requireSameDtype } from './dtype-checks.js';
import { asBlocks, qrFromBlocks } from './complex-matrices.js';
import { batchShape, isComplexMatrix, requireMatrices } from './matrix-checks.js';

/**
 * The QR decomposition in LAPACK's compact form, `[a, tau]`: `R`, and below its diagonal the vectors of the reflectors whose product
 * is `Q`. Not differentiable; `qr` is. PyTorch: `torch.geqrf`.
 */
export const geqrf: Op<[A: Tensor], Tensor[], 'self', Record<string, never>, false> = defineOp({
  name: 'geqrf',
  inputs: ['self'],
  args: (A: Tensor) => {
    requireMatrices('geqrf', 'A', A);
    return [[A], {}];
  },
  infer: ([self]) => {
    const { shape, info } = self as Tensor;
    const [m, n] = shape.slice(-2);
    return [
      { shape, dtype: info },
      { shape: [...shape.slice(0, -2), Math.min(m, n)], dtype: info },
    ];
  },
  kernel: 'linalg_geqrf',
  contiguous: true,
  differentiable: false,
});

/** @internal The first `columns` columns of a product of reflectors. */
export const reflectorProduct: Op<
  [A: Tensor, tau: Tensor, columns: number],
  Tensor,
  'self' | 'tau',
  { readonly columns: number },
  false
> = defineOp({
  name: 'linalg_householder_product',
  inputs: ['self', 'tau'],
  args: (A: Tensor, tau: Tensor, columns: number) => {
    requireMatrices('linalg.householderProduct', 'A', A);
    requireSameDtype('linalg.householderProduct', ['A', 'tau'], [A, tau]);
    const [m, n] = A.shape.slice(-2);
    const k = tau.shape[tau.ndim - 1];
    if (columns > m || tau.ndim !== A.ndim - 1 || k > n || String(tau.shape.slice(0, -1)) !== String(batchShape(A)))
      throw new ShapeError(
        `linalg.householderProduct: expected A (*, m, n) with m ≥ n and tau (*, k) with k ≤ n, got ${formatShape(A.shape)} and ${formatShape(tau.shape)}`,
      );
    return [[A, tau], { columns }];
  },
  infer: ([self], { columns }) => ({
    shape: [...(self as Tensor).shape.slice(0, -1), columns],
    dtype: (self as Tensor).info,
  }),
  kernel: 'linalg_householder_product',
  contiguous: true,
  differentiable: false,
});

/**
 * The first `n` columns of the product of the reflectors `I - tau v vᵀ` whose vectors stand below the diagonal of `A`, as `geqrf`
 * returns them. Not differentiable. PyTorch: `torch.linalg.householder_product`.
 *
 * @param A - Shape `(*, m, n)` with m ≥ n.
 * @param tau - Shape `(*, k)` with k ≤ n.
 */
export const householderProduct = (A: Tensor, tau: Tensor): Tensor => reflectorProduct(A, tau, A.shape[A.ndim - 1]);

const MODES = ['reduced', 'complete', 'r'] as const;
/** `reduced`: Q (m, k), R (k, n); `complete`: Q (m, m), R (m, n); `r`: an empty Q, R (k, n). k = min(m, n). */
export type QrMode = (typeof MODES)[number];

/** @internal */
export const qrOp: Op<[A: Tensor, mode?: QrMode], Tensor[], 'self', { readonly mode: number }, true> = defineOp({
  name: 'linalg_qr',
  inputs: ['self'],
  args: (A: Tensor, mode: QrMode = 'reduced') => {
    requireMatrices('linalg.qr', 'A', A);
    if (!MODES.includes(mode)) throw new ValueError(`linalg.qr: mode must be one of ${MODES.join(', ')}, got ${String(mode)}`);
    return [[A], { mode: MODES.indexOf(mode) }];
  },
  infer: ([self], { mode }) => {
    const { shape, info } = self as Tensor;
    const [m, n] = shape.slice(-2);
    const k = mode === 1 ? m : Math.min(m, n);
    const batch = shape.slice(0, -2);
    return [
      { shape: mode === 2 ? [0] : [...batch, m, k], dtype: info },
      { shape: [...batch, k, n], dtype: info },
    ];
  },
  decompose: ([self], { mode }): Tensor[] => {
    const A = self as Tensor;
    const [m, n] = A.shape.slice(-2);
    const [a, tau] = geqrf(A);
    const k = mode === 1 ? m : Math.min(m, n);
    const R = a.narrow(-2, 0, k).triu();
    return [mode === 2 ? A.reshape([-1]).narrow(0, 0, 0).clone() : reflectorProduct(a, tau, k), R];
  },
  differentiable: true,
});

/**
 * The QR decomposition `A = Q R` with orthonormal columns of `Q` and upper triangular `R`. PyTorch: `torch.linalg.qr`.
 *
 * The diagonal of `R` is positive for complex matrices. The derivative needs the first k columns to be independent, and does not exist for mode `r`, nor for `complete` if m > n.
 *
 * @param A - Shape `(*, m, n)`.
 */
export function qr(A: Tensor, mode: QrMode = 'reduced'): [Q: Tensor, R: Tensor] {
  if (isComplexMatrix('linalg.qr', 'A', A)) {
    if (mode === 'r') return [emptyLike(A.reshape([-1]).narrow(0, 0, 0)), qr(A)[1]];
    return qrFromBlocks(...(qrOp(asBlocks(A), mode) as [Tensor, Tensor]));
  }
  const [Q, R] = qrOp(A, mode);
  return [Q, R];
}
