/** Samples of `core/src/ops/matrix-norm.ts`. */
import type { DType } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal, values } from '../spec.js';

const DTYPES: readonly DType[] = ['float32', 'float64'];
const INF = Number.POSITIVE_INFINITY;
/** Singular values and inverses: errors grow with the condition. */
const tolerance = { float32: [1e-4, 1e-4], float64: [1e-9, 1e-9] } as const;

export const matrixNorm: Group = {
  vectorNorm: {
    torch: 'torch.linalg.vector_norm',
    dtypes: DTYPES,
    samples: [
      [normal([5])],
      [normal([2, 3]), 1],
      [normal([2, 3, 4]), 3, [0, 2], { keepdim: true }],
      [normal([3, 4]), INF, 1],
      [normal([4]), 0],
    ],
    tolerance: { float32: [1e-5, 1e-5] }, // roots and powers
  },
  matrixNorm: {
    torch: 'torch.linalg.matrix_norm',
    dtypes: DTYPES,
    samples: [
      [normal([3, 4])],
      [normal([2, 3, 4]), 'nuc'],
      [normal([3, 4]), 1],
      [normal([3, 4]), -1],
      [normal([3, 4]), 2],
      [normal([3, 4]), -2],
      [normal([3, 4]), INF],
      [normal([3, 4]), -INF],
      [normal([3, 2, 4]), 2, [0, 2], { keepdim: true }],
      [normal([3, 2, 4]), 'fro', [2, 0], { keepdim: true }],
      [normal([3, 2, 4]), 1, [2, 0]],
    ],
    tolerance,
    noExpand: true, // singular values of equal rows repeat
    errors: [
      { args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] },
      { args: [normal([3, 3]), 3], throws: 'ValueError', says: ['ord', '3'] },
    ],
  },
  norm: {
    torch: 'torch.linalg.norm',
    dtypes: DTYPES,
    samples: [
      [normal([2, 3, 4])],
      [normal([5]), 3],
      [normal([3, 4]), 'nuc'],
      [normal([3, 4]), 2],
      [normal([2, 3, 4]), 1, -1],
      [normal([2, 3, 4]), null, [0, 1], { keepdim: true }],
      [normal([2, 3, 4]), INF, [0, 2]],
    ],
    tolerance,
    noExpand: true,
    noMethod: true,
    errors: [
      { args: [normal([2, 3, 4]), 2], throws: 'ShapeError', says: ['(2, 3, 4)', 'dim'] },
      { args: [normal([2]), 'nuc'], throws: 'ValueError', says: ['nuc'] },
    ],
  },
  cond: {
    // PyTorch's own has no derivative for orders that need the inverse: it overwrites what it saved
    torch:
      'lambda a, p=None: torch.linalg.cond(a, p) if p in (None, -2) or not a.requires_grad else torch.linalg.matrix_norm(a, p) * torch.linalg.matrix_norm(torch.linalg.inv(a), p)',
    dtypes: DTYPES,
    samples: [
      [normal([4, 4])],
      [normal([2, 4, 3])],
      [normal([3, 3]), -2],
      [normal([3, 3]), 1],
      [normal([2, 3, 3]), 'fro'],
      [normal([3, 3]), INF],
      { args: [values([1, 2, 2, 4], { shape: [2, 2] }), 1], gradient: false },
    ],
    tolerance,
    noExpand: true,
    errors: [{ args: [normal([3, 4]), 1], throws: 'ShapeError', says: ['square'] }],
  },
  vecdot: {
    torch: 'torch.linalg.vecdot',
    dtypes: DTYPES,
    samples: [
      [normal([5]), normal([5])],
      [normal([2, 3]), normal([3])],
      [normal([3, 2]), normal([3, 2]), { dim: 0 }],
      [normal([2, 0]), normal([2, 0])],
    ],
    tolerance: { float32: [1e-5, 1e-5] }, // sums of products that cancel
  },
  linalgCross: {
    torch: 'torch.linalg.cross',
    dtypes: DTYPES,
    samples: [
      [normal([2, 3]), normal([2, 3])],
      [normal([3, 2]), normal([3, 2]), { dim: 0 }],
      [normal([3, 3]), normal([1, 3])],
    ],
  },
};
