import { eye, type Tensor } from '@flambeau/core';

/** Terms of the series; its remainder for norms up to 1/2 is below the precision of float64. */
const TERMS = 14;

/**
 * The exponential of a square matrix by scaling and squaring: the Taylor series of `A / 2^s`, whose norm is at most 1/2, squared s
 * times. Moler and Van Loan 2003. Gradients flow.
 */
export function matrixExp(matrix: Tensor): Tensor {
  const norm = matrix.detach().abs().sum(1).amax().item() as number;
  const squarings = norm > 0.5 && Number.isFinite(norm) ? Math.ceil(Math.log2(norm)) + 1 : 0;
  const scaled = matrix.div(2 ** squarings);
  const size = matrix.shape[0];
  const identity = eye(size, size, { dtype: matrix.dtype });
  // Horner: I + A (I + A/2 (I + A/3 (…)))
  let result = identity;
  for (let k = TERMS; k >= 1; k--) result = identity.add(scaled.matmul(result).div(k));
  for (let i = 0; i < squarings; i++) result = result.matmul(result);
  return result;
}
