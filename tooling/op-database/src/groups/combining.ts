/** Samples of `core/src/ops/combining.ts`. */
import { ALL, REAL } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const combining: Group = {
  dstack: {
    dtypes: ALL,
    noMethod: true,
    samples: [
      [[normal([3]), normal([3])]],
      [[normal([2, 3]), normal([2, 3])]],
      [[normal([2, 1, 2]), normal([2, 1])]],
      [[normal([]), normal([])]],
    ],
    errors: [{ args: [[normal([2]), normal([3])]], throws: 'ShapeError', says: ['(1, 2, 1)', '(1, 3, 1)'], op: 'cat' }],
  },
  columnStack: {
    dtypes: ALL,
    noMethod: true,
    samples: [[[normal([3]), normal([3])]], [[normal([2]), normal([2, 3])]], [[normal([]), normal([1, 2])]]],
    errors: [{ args: [[normal([2]), normal([3])]], throws: 'ShapeError', says: ['(2, 1)', '(3, 1)'], op: 'cat' }],
  },
  blockDiag: {
    dtypes: ALL,
    noMethod: true,
    samples: [
      [normal([2, 3]), normal([1, 2])],
      [normal([3]), normal([]), normal([2, 1])],
      [normal([2, 2])],
      { args: [normal([1, 2]), normal([1, 1], { dtype: 'float64' })], dtypes: REAL },
    ],
    errors: [{ args: [normal([2, 2, 2])], throws: 'ShapeError', says: ['(2, 2, 2)'] }],
  },
  cartesianProd: {
    dtypes: ALL,
    noMethod: true,
    samples: [[normal([2]), normal([3])], [normal([2]), normal([1]), normal([3])], [normal([4])]],
    errors: [{ args: [normal([2, 2])], throws: 'ShapeError', says: ['(2, 2)'] }],
  },
  combinations: {
    dtypes: ALL,
    noMethod: true,
    samples: [[normal([4])], [normal([4]), 3], [normal([3]), 2, true], [normal([2]), 3], [normal([3]), 1]],
    errors: [
      { args: [normal([2, 2])], throws: 'ShapeError', says: ['(2, 2)'] },
      { args: [normal([2]), -1], throws: 'ValueError', says: ['-1'] },
    ],
  },
};
