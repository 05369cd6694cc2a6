/** Samples of `core/src/ops/matrix-function.ts`. */
import type { Group } from '../sample.js';
import { normal, uniform } from '../spec.js';

export const matrixFunction: Group = {
  matrixPower: {
    dtypes: ['float32', 'float64', 'int64'],
    samples: [
      { args: [normal([3, 3]), 0], gradient: false },
      [normal([3, 3]), 1],
      [normal([2, 3, 3]), 2],
      [normal([3, 3]), 5],
      { args: [normal([3, 3]), -2], dtypes: ['float32', 'float64'] },
    ],
    tolerance: { float32: [1e-4, 1e-4], float64: [1e-10, 1e-10] }, // products in another order
    noExpand: true,
    errors: [
      { args: [normal([3, 4]), 2], throws: 'ShapeError', says: ['(3, 4)'] },
      { args: [normal([3, 3]), 0.5], throws: 'ValueError', says: ['0.5'] },
    ],
  },
  matrixExp: {
    dtypes: ['float32', 'float64'],
    covers: ['linalg_matrix_exp'],
    samples: [
      [normal([3, 3])],
      [uniform([2, 3, 3], -0.01, 0.01)],
      [uniform([4, 4], -4, 4)],
      [normal([1, 1])],
      [normal([0, 0])],
      [normal([0, 2, 2])],
    ],
    tolerance: { float32: [1e-4, 1e-3], float64: [1e-10, 1e-10] }, // squarings add up errors, of sizes up to e^‖A‖
    errors: [
      { args: [normal([3, 4])], throws: 'ShapeError', says: ['(3, 4)', 'square'] },
      { args: [normal([3, 3])], throws: 'DTypeError', says: ['int64'], dtype: 'int64' },
    ],
  },
};
