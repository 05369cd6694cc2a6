/** Samples of `core/src/ops/diagonals.ts`. */
import { ALL } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const diagonals: Group = {
  diagEmbed: {
    dtypes: ALL,
    samples: [
      [normal([3])],
      [normal([2, 3])],
      [normal([2, 3]), 1],
      [normal([2, 3]), -1, 0, 2],
      [normal([2, 3]), 1, -1, 0],
      [normal([0])],
    ],
    errors: [
      { args: [normal([])], throws: 'ShapeError', says: ['0-d'] },
      { args: [normal([3]), 0, 1, 1], throws: 'ShapeError', says: ['differ'] },
      { args: [normal([3]), 0, 0, 2], throws: 'IndexError', says: ['[-2, 1]'] },
    ],
  },
  diag: {
    dtypes: ALL,
    samples: [[normal([3])], [normal([3]), -2], [normal([3, 4])], [normal([3, 4]), 1], [normal([4, 3]), -1], [normal([2, 2]), 3]],
    errors: [{ args: [normal([2, 2, 2])], throws: 'ShapeError', says: ['(2, 2, 2)'] }],
  },
  diagflat: {
    dtypes: ALL,
    samples: [[normal([3])], [normal([2, 2]), 1], [normal([]), -1]],
    errors: [{ args: [3], throws: 'TypeError', says: ['number'], op: 'flatten' }],
  },
};
