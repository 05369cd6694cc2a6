/** Samples of `core/src/ops/products.ts`. */
import { REAL } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const products: Group = {
  inner: {
    dtypes: REAL,
    samples: [
      [normal([5]), normal([5])],
      [normal([2, 5]), normal([3, 4, 5])],
      [normal([]), normal([3])],
      [normal([2, 0]), normal([3, 0])],
    ],
    tolerance: { float32: [1e-5, 1e-5], float16: [4e-3, 2e-2], bfloat16: [3.2e-2, 1e-1] }, // sums of products that cancel
    errors: [{ args: [normal([2, 5]), normal([2, 4])], throws: 'ShapeError', says: ['5 ≠ 4'] }],
  },
  vdot: {
    dtypes: REAL,
    samples: [
      [normal([5]), normal([5])],
      [normal([1]), normal([1])],
      [normal([0]), normal([0])],
    ],
    tolerance: { float32: [1e-5, 1e-5], float16: [4e-3, 2e-2], bfloat16: [3.2e-2, 1e-1] }, // sums of products that cancel
    errors: [{ args: [normal([2, 2]), normal([4])], throws: 'ShapeError', says: ['(2, 2)'] }],
  },
  kron: {
    dtypes: REAL,
    samples: [
      [normal([2, 3]), normal([3, 2])],
      [normal([3]), normal([2])],
      [normal([2]), normal([2, 1, 2])],
      [normal([]), normal([2, 2])],
      [normal([0, 2]), normal([2, 2])],
    ],
  },
  cross: {
    dtypes: REAL,
    samples: [
      [normal([4, 3]), normal([4, 3])],
      [normal([3, 4]), normal([3, 4])],
      [normal([2, 3, 3]), normal([2, 3, 3]), { dim: -1 }],
      [normal([1, 3]), normal([5, 3]), { dim: 1 }],
      [normal([0, 3]), normal([0, 3])],
    ],
    adapt:
      (cross) =>
      (a, b, { dim = null } = {}) =>
        cross(a, b, dim),
    torch: 'lambda a, b, dim=None: torch.cross(a, b, dim)',
    tolerance: { float16: [4e-3, 2e-2], bfloat16: [3.2e-2, 1e-1] }, // PyTorch rounds the difference only
    errors: [
      { args: [normal([4, 2]), normal([4, 2])], throws: 'ShapeError', says: ['size 3'] },
      { args: [normal([4, 3]), normal([2, 3])], throws: 'ShapeError', says: ['*4*', '*2*'] },
    ],
  },
  trace: {
    dtypes: REAL,
    samples: [[normal([3, 3])], [normal([2, 4])], [normal([0, 3])]],
    torch: 'rounded_once(torch.trace)',
    tolerance: { float32: [1e-5, 1e-5], float16: [4e-3, 1e-2], bfloat16: [3.2e-2, 1e-1] }, // sums that cancel
    errors: [{ args: [normal([2, 2, 2])], throws: 'ShapeError', says: ['(2, 2, 2)'] }],
  },
};
