/** Samples of `core/src/ops/pseudo-inverse.ts`. */
import type { DType } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

const DTYPES: readonly DType[] = ['float32', 'float64'];
/** Errors grow with the condition of the matrices. */
const tolerance = { float32: [1e-4, 1e-4], float64: [1e-9, 1e-9] } as const;

/** A matrix (m, n) of rank r. */
const deficient = [normal([5, 2]), normal([2, 4])] as const;

export const pseudoInverse: Group = {
  matrixRank: {
    torch: 'lambda a, b, **options: torch.linalg.matrix_rank(a @ b, **options)',
    adapt:
      (matrixRank) =>
      (a, b, ...rest) =>
        matrixRank(a.matmul(b), ...rest),
    dtypes: DTYPES,
    gradient: false,
    samples: [
      [...deficient],
      [normal([2, 4, 3]), normal([2, 3, 5])],
      [normal([4, 4]), normal([4, 4]), { atol: 2 }],
      [normal([4, 4]), normal([4, 4]), { rtol: 0.3 }],
      [normal([3, 0]), normal([0, 3])],
    ],
  },
  pinv: {
    torch:
      'lambda a, hermitian=False, **options: torch.linalg.pinv(a @ a.mT if hermitian else a, hermitian=hermitian, **options)',
    adapt: (pinv) => (a, options) => pinv(options?.hermitian ? a.matmul(a.mT) : a, options),
    dtypes: DTYPES,
    covers: ['linalg_pinv'],
    samples: [
      [normal([4, 4])],
      [normal([5, 3])],
      [normal([2, 3, 5])],
      [normal([3, 5]), { hermitian: true }],
      { args: [normal([4, 4]), { rtol: 0.4 }], kink: true },
      [normal([0, 3])],
    ],
    tolerance,
    noExpand: true,
    errors: [{ args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] }],
  },
  lstsq: {
    covers: ['linalg_numerical_rank'],
    torch:
      'lambda a, b, **options: (lambda r: (r.solution, r.residuals, r.rank, r.singular_values))(torch.linalg.lstsq(a, b, **options))',
    dtypes: DTYPES,
    samples: [
      [normal([5, 3]), normal([5, 2])],
      [normal([3, 5]), normal([3, 2])],
      // reads the rank to see whether there are residuals, which transforms cannot
      { args: [normal([2, 5, 3]), normal([2, 5, 1]), { driver: 'gelsd' }], gradient: false },
      // its singular values have no derivative
      { args: [normal([4, 4]), normal([4, 2]), { driver: 'gelss' }], gradient: false },
      [normal([5, 3]), normal([5, 2]), { driver: 'gels' }],
      [normal([3, 5]), normal([3, 2]), { driver: 'gels' }],
    ],
    tolerance,
    noExpand: true,
    errors: [
      { args: [normal([5, 3]), normal([4, 2])], throws: 'ShapeError', says: ['(5, 3)', '(4, 2)'] },
      { args: [normal([5, 3]), normal([5, 2]), { driver: 'x' }], throws: 'ValueError', says: ['driver'] },
    ],
  },
};
