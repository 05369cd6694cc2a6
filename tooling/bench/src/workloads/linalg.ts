import { type DType, eye, linalg, type Tensor } from '@flambeau/core';
import type { InputSpec, Target, Workload } from '../workload.js';
import { forward, training } from './operation.js';

const N = 512;
/** PyTorch has a LAPACK that was tuned for decades. */
const TARGET: Target = { ratio: 1 / 3 };
const DTYPES: readonly DType[] = ['float32', 'float64'];

/** `I + x`, which is well-conditioned for numbers of the scale below; its lower triangle is that of a positive definite matrix. */
const shifted = (x: Tensor): Tensor => x.add(eye(N, N, { dtype: x.dtype }));

/** What is computed of a matrix x and of right-hand sides b. Of what is unique only up to signs or an order, something that is unique. */
const OPERATIONS: Readonly<Record<string, (x: Tensor, b: Tensor) => Tensor>> = {
  lu_factor: (x) => linalg.luFactor(shifted(x))[0],
  slogdet: (x) => linalg.slogdet(shifted(x))[1],
  solve: (x, b) => linalg.solve(shifted(x), b),
  solve_triangular: (x, b) => linalg.solveTriangular(shifted(x), b, { upper: false }),
  inv: (x) => linalg.inv(shifted(x)),
  cholesky: (x) => linalg.cholesky(shifted(x)),
  qr: (x) => linalg.qr(shifted(x))[1].abs(),
  lstsq: (x, b) => linalg.lstsq(shifted(x), b).solution,
  pinv: (x) => linalg.pinv(shifted(x)),
  matrix_exp: (x) => linalg.matrixExp(x),
  eigvalsh: (x) => linalg.eigvalsh(x),
  eigh: (x) => linalg.eigh(x)[0],
  svdvals: (x) => linalg.svdvals(x),
  svd: (x) => linalg.svd(x)[1],
  eigvals: (x) => linalg.eigvals(x).abs().sum(),
  eig: (x) => linalg.eig(x)[0].abs().sum(),
};
/** Those that are also run forward and backward. */
const TRAINED = ['slogdet', 'solve', 'inv', 'cholesky', 'qr', 'eigvalsh', 'svdvals', 'eigvals'];

function rows(name: string, dtype: DType): Workload[] {
  const matrix: InputSpec = { shape: [N, N], dtype, scale: 0.01 };
  const run = OPERATIONS[name];
  const suffix = dtype === 'float64' ? `${N}.float64` : `${N}`;
  const common = {
    op: 'linalg',
    inputs: { x: matrix, b: { shape: [N, N], dtype } },
    target: TARGET,
    tolerance: dtype === 'float64' ? 1e-6 : 1e-4, // outputs are compared as float32
  };
  const result = forward({ ...common, name: `linalg.${name}.${suffix}`, parameters: { name, sum: false } }, ({ x, b }) =>
    run(x, b),
  );
  if (!TRAINED.includes(name)) return [result];
  const parameters = { name, sum: true };
  return [
    result,
    training({ ...common, name: `linalg.${name}.${suffix}.training`, parameters }, ['x'], ({ x, b }) => run(x, b).square().sum()),
  ];
}

/** Decompositions of one matrix and what is computed by them. */
export const decompositions: readonly Workload[] = DTYPES.flatMap((dtype) =>
  Object.keys(OPERATIONS).flatMap((name) => rows(name, dtype)),
);
