/** The functions of matrices that are methods of `Tensor` in PyTorch. */
export { matrixExp, matrixPower } from './matrix-function.js';
export { choleskyInverse, choleskySolve, det, inv as inverse, logdet, slogdet } from './linear-solve.js';
export { geqrf } from './orthogonal.js';
export { pinv as pinverse } from './pseudo-inverse.js';
