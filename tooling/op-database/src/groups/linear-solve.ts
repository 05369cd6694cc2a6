/** Samples of `core/src/ops/linear-solve.ts`. Positive definite matrices are products x xᵀ of the samples' matrices x. */
import type { DType } from '../dtype.js';
import type { Entry, ErrorSample, Group, Tolerance } from '../sample.js';
import { normal, uniform, values } from '../spec.js';

const DTYPES: readonly DType[] = ['float32', 'float64'];
/** Errors grow with the condition of the matrices. */
const tolerance: { readonly float32: Tolerance; readonly float64: Tolerance } = { float32: [1e-4, 1e-4], float64: [1e-9, 1e-9] };

const notSquare: ErrorSample = { args: [normal([3, 4])], throws: 'ShapeError', says: ['(3, 4)', 'square'] };
const noMatrix: ErrorSample = { args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] };
const wrongDtype: ErrorSample = { args: [normal([3, 3])], throws: 'DTypeError', says: ['int64'], dtype: 'int64' };
const singular = values([1, 2, 3, 2, 4, 6, 1, 0, 1], { shape: [3, 3] });

const SQUARE = [
  [normal([4, 4])],
  [normal([2, 3, 3])],
  [normal([1, 1])],
  [normal([0, 0])],
  [normal([0, 3, 3])],
  [normal([2, 1, 2, 2])],
];
const matrices = (torch: string, rest: Partial<Entry> = {}): Entry => ({
  torch,
  dtypes: DTYPES,
  samples: SQUARE,
  tolerance,
  noExpand: true, // equal rows are singular
  errors: [notSquare, noMatrix, wrongDtype],
  ...rest,
});

export const linearSolve: Group = {
  solveTriangular: {
    torch: 'torch.linalg.solve_triangular',
    dtypes: DTYPES,
    covers: ['linalg_solve_triangular'],
    samples: [
      [uniform([4, 4], 0.5, 2), normal([4, 3]), { upper: false }],
      [uniform([4, 4], 0.5, 2), normal([4, 3]), { upper: true }],
      [uniform([3, 3], 0.5, 2), normal([2, 3]), { upper: true, left: false }],
      [uniform([3, 3], 0.5, 2), normal([2, 3]), { upper: false, left: false, unitriangular: true }],
      [uniform([2, 3, 3], 0.5, 2), normal([3, 2]), { upper: true, unitriangular: true }],
      [uniform([2, 1, 3, 3], 0.5, 2), normal([2, 3, 2]), { upper: false }],
      [uniform([0, 0], 0.5, 2), normal([0, 2]), { upper: false }],
    ],
    tolerance,
    errors: [
      { args: [normal([3, 3]), normal([4, 2]), { upper: true }], throws: 'ShapeError', says: ['3 ≠ 4', 'rows'] },
      { args: [normal([3, 3]), normal([3, 2]), {}], throws: 'TypeError', says: ['upper'] },
      { args: [normal([3, 3]), normal([3, 2], { dtype: 'float64' }), { upper: true }], throws: 'DTypeError', says: ['float64'] },
    ],
  },
  choleskyEx: {
    torch: 'lambda x, upper=False: torch.linalg.cholesky_ex(x @ x.mT, upper=upper)',
    adapt: (choleskyEx) => (x, options) => choleskyEx(x.matmul(x.mT), options),
    dtypes: DTYPES,
    covers: ['linalg_cholesky_ex'],
    samples: [[normal([3, 5])], [normal([2, 3, 4]), { upper: true }], [normal([0, 0])]],
    tolerance,
    noExpand: true,
  },
  cholesky: {
    torch: 'lambda x, upper=False: torch.linalg.cholesky(x @ x.mT, upper=upper)',
    adapt: (cholesky) => (x, options) => cholesky(x.matmul(x.mT), options),
    dtypes: DTYPES,
    samples: [[normal([3, 5])], [normal([2, 3, 4])], [normal([4, 6]), { upper: true }], [normal([1, 1])], [normal([0, 2, 2])]],
    large: [[normal([130, 300])]],
    tolerance,
    noExpand: true,
    errors: [{ args: [normal([2, 3, 1])], throws: 'LinAlgError', says: ['matrix [0] of the batch', 'not positive definite'] }],
  },
  luFactorEx: matrices('torch.linalg.lu_factor_ex', {
    covers: ['linalg_lu_factor_ex'],
    samples: [...SQUARE, [normal([3, 5])], [normal([5, 3])], [normal([2, 4, 2])], [uniform([3, 3], 1, 2), { pivot: true }]],
    large: [[normal([150, 150])], [normal([200, 60])]],
    errors: [noMatrix, wrongDtype],
  }),
  luFactor: matrices('torch.linalg.lu_factor', { samples: [...SQUARE, [normal([3, 5])], [normal([5, 3])]], errors: [] }),
  lu: matrices('torch.linalg.lu', {
    samples: [...SQUARE, [normal([3, 5])], [normal([5, 3])], [normal([2, 4, 2])]],
    errors: [],
  }),
  luUnpack: matrices('lambda a: torch.lu_unpack(*torch.linalg.lu_factor(a))', {
    covers: ['linalg_row_order'],
    samples: [[normal([4, 4])], [normal([3, 5])], [normal([2, 5, 3])]],
    adapt:
      (luUnpack, { luFactor }) =>
      (a) =>
        luUnpack(...luFactor(a)),
    errors: [],
  }),
  luSolve: matrices('lambda a, b, **options: torch.linalg.lu_solve(*torch.linalg.lu_factor(a), b, **options)', {
    samples: [
      [normal([4, 4]), normal([4, 2])],
      [normal([4, 4]), normal([4, 2]), { adjoint: true }],
      [normal([3, 3]), normal([2, 3]), { left: false }],
      [normal([2, 3, 3]), normal([2, 2, 3]), { left: false, adjoint: true }],
      [normal([2, 3, 3]), normal([3, 1])],
    ],
    adapt:
      (luSolve, { luFactor }) =>
      (a, ...rest) =>
        luSolve(...luFactor(a), ...rest),
    errors: [],
  }),
  solveEx: matrices('torch.linalg.solve_ex', {
    covers: ['linalg_solve_ex'],
    samples: [
      [normal([4, 4]), normal([4, 2])],
      [normal([2, 3, 3]), normal([3, 2])],
      [normal([3, 3]), normal([3])],
    ],
    errors: [],
  }),
  solve: matrices('torch.linalg.solve', {
    samples: [
      [normal([4, 4]), normal([4, 2])],
      [normal([4, 4]), normal([4])],
      [normal([2, 3, 3]), normal([2, 3])],
      [normal([2, 3, 3]), normal([3, 2])],
      [normal([3, 3]), normal([2, 3]), { left: false }],
      [normal([2, 1, 3, 3]), normal([2, 3, 2])],
      [normal([0, 0]), normal([0, 2])],
    ],
    large: [[normal([150, 150]), normal([150, 70])]],
    tolerance: { float32: [1e-3, 2e-3], float64: [1e-9, 1e-9] }, // the large matrix has a condition of some hundreds
    errors: [
      { args: [normal([3, 3]), normal([4, 2])], throws: 'ShapeError', says: ['3 ≠ 4'] },
      { args: [singular, normal([3, 2])], throws: 'LinAlgError', says: ['singular', 'pivot 3'] },
      { args: [normal([3, 4]), normal([3, 2])], throws: 'ShapeError', says: ['square'] },
    ],
  }),
  invEx: matrices('torch.linalg.inv_ex', { covers: ['linalg_inv_ex'], errors: [] }),
  inv: matrices('torch.linalg.inv', {
    errors: [notSquare, noMatrix, wrongDtype, { args: [singular], throws: 'LinAlgError', says: ['the matrix is singular'] }],
  }),
  det: matrices('torch.linalg.det', {
    covers: ['linalg_det', 'linalg_svd'],
    samples: [...SQUARE, { args: [singular], kink: true }],
  }),
  slogdet: matrices('torch.linalg.slogdet', { covers: ['linalg_slogdet'] }),
  logdet: {
    torch: 'lambda x: torch.logdet(x @ x.mT)',
    adapt: (logdet) => (x) => logdet(x.matmul(x.mT)),
    dtypes: DTYPES,
    samples: [[normal([3, 5])], [normal([2, 3, 4])], [normal([1, 2])]],
    tolerance,
    noExpand: true,
  },
  choleskySolve: {
    torch: 'lambda b, x, upper=False: torch.cholesky_solve(b, x.triu() if upper else x.tril(), upper)',
    dtypes: DTYPES,
    samples: [
      [normal([3, 2]), uniform([3, 3], 0.5, 2)],
      [normal([3, 2]), uniform([3, 3], 0.5, 2), { upper: true }],
      [normal([2, 3, 1]), uniform([3, 3], 0.5, 2)],
    ],
    adapt:
      (choleskySolve) =>
      (b, x, { upper = false } = {}) =>
        choleskySolve(b, upper ? x.triu() : x.tril(), { upper }),
    tolerance,
    errors: [{ args: [normal([4, 2]), normal([3, 3])], throws: 'ShapeError', says: ['3 ≠ 4'] }],
  },
  choleskyInverse: {
    torch: 'lambda x, upper=False: torch.cholesky_inverse(x.triu() if upper else x.tril(), upper)',
    dtypes: DTYPES,
    samples: [[uniform([3, 3], 0.5, 2)], [uniform([2, 3, 3], 0.5, 2), { upper: true }], [uniform([1, 1], 0.5, 2)]],
    adapt:
      (choleskyInverse) =>
      (x, { upper = false } = {}) =>
        choleskyInverse(upper ? x.triu() : x.tril(), { upper }),
    tolerance,
    errors: [notSquare],
  },
};
