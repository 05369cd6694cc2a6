/** Linear algebra under the names of `torch.linalg`. Decompositions take float32 and float64, and batches of matrices. */
export { multiDot } from './ops/contraction.js';
export { matmul } from './ops/linalg.js';
export {
  cholesky,
  choleskyEx,
  type CholeskyOptions,
  det,
  inv,
  invEx,
  lu,
  luFactor,
  luFactorEx,
  luSolve,
  type LuSolveOptions,
  type PivotOptions,
  type SideOptions,
  slogdet,
  solve,
  solveEx,
  solveTriangular,
  type SolveTriangularOptions,
} from './ops/linear-solve.js';
export { householderProduct, qr, type QrMode } from './ops/orthogonal.js';
export { eig, eigh, eigvals, eigvalsh, svd, type SvdOptions, svdvals, type Triangle } from './ops/spectral.js';
export { matrixExp, matrixPower } from './ops/matrix-function.js';
export {
  cond,
  linalgCross as cross,
  type MatrixOrder,
  matrixNorm,
  type NormOptions,
  norm,
  vecdot,
  vectorNorm,
} from './ops/matrix-norm.js';
export { type LeastSquares, type LeastSquaresOptions, lstsq, matrixRank, pinv, type RankOptions } from './ops/pseudo-inverse.js';
export { diagonal } from './ops/view.js';
