/** Powers and the exponential of square matrices. */
import { eye } from '../creation.js';
import { ValueError } from '../errors.js';
import { defineOp } from '../op.js';
import { likeInput } from '../promotion.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { matmul } from './linalg.js';
import { inv, solve } from './linear-solve.js';
import { batchShape, requireSquare } from './matrix-checks.js';
import { formatShape, ShapeError } from '../errors.js';

/**
 * The product of `n` copies of square matrices `(*, m, m)`; of their inverses if `n` is negative. PyTorch: `torch.linalg.matrix_power`.
 *
 * @throws {LinAlgError} If `n` is negative and a matrix is singular.
 */
export function matrixPower(self: Tensor, n: number): Tensor {
  checkTensor('matrixPower', 'self', self);
  if (self.ndim < 2 || self.shape[self.ndim - 1] !== self.shape[self.ndim - 2])
    throw new ShapeError(`matrixPower: expected square matrices (*, n, n), got shape ${formatShape(self.shape)}`);
  if (!Number.isSafeInteger(n)) throw new ValueError(`matrixPower: n must be an integer, got ${n}`);
  const size = self.shape[self.ndim - 1];
  if (n === 0) return eye(size, size, { dtype: self.dtype, device: self.device }).expand(self.shape).clone();
  let square = n < 0 ? inv(self) : self;
  let result: Tensor | null = null;
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = result === null ? square : matmul(result, square);
    if (rest > 1) square = matmul(square, square);
  }
  return Math.abs(n) === 1 ? (result as Tensor).clone() : (result as Tensor);
}

/** Coefficients of the Padé approximant of degree 13, good for norms up to `PADE_NORM` (Higham 2005). */
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600, 670442572800,
  33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
];
const PADE_NORM = 5.371920351148152;

/**
 * The exponential `Σ Aᵏ / k!` of square matrices `(*, n, n)`, by scaling, a Padé approximant and squaring (Higham 2005, "The scaling
 * and squaring method for the matrix exponential revisited"). PyTorch: `torch.linalg.matrix_exp`.
 */
export const matrixExp = defineOp({
  name: 'linalg_matrix_exp',
  inputs: ['self'],
  args: (A: Tensor) => {
    requireSquare('linalg.matrixExp', 'A', A);
    return [[A], {}];
  },
  infer: likeInput,
  decompose: ([self]): Tensor => {
    const A = self as Tensor;
    if (A.numel === 0) return A.clone();
    const norm = Number(A.abs().sum(-2).amax().item());
    const squarings = Number.isFinite(norm) ? Math.max(0, Math.ceil(Math.log2(norm / PADE_NORM))) : 0;
    const a = A.mul(2 ** -squarings);
    const n = A.shape[A.ndim - 1];
    const identity = eye(n, n, { dtype: A.dtype, device: A.device }).expand([...batchShape(A), n, n]);
    const a2 = a.matmul(a);
    const a4 = a2.matmul(a2);
    const a6 = a4.matmul(a2);
    // c[i] a⁶ + c[i - 2] a⁴ + c[i - 4] a², from which both parts are made; scaled, since c[0] is beyond float16 and near float32's precision
    const c = PADE.map((x) => x / PADE[0]);
    const terms = (i: number): Tensor =>
      a6
        .mul(c[i])
        .add(a4.mul(c[i - 2]))
        .add(a2.mul(c[i - 4]));
    const odd = a.matmul(a6.matmul(terms(13)).add(terms(7)).add(identity.mul(c[1])));
    const even = a6.matmul(terms(12)).add(terms(6)).add(identity.mul(c[0]));
    let result = solve(even.sub(odd), even.add(odd));
    for (let i = 0; i < squarings; i++) result = result.matmul(result);
    return result;
  },
  differentiable: true,
});
