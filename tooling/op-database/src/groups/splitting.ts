/** Samples of `core/src/ops/splitting.ts`. */
import { ALL } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const splitting: Group = {
  tensorSplit: {
    dtypes: ALL,
    samples: [
      [normal([7]), 3],
      [normal([3, 5]), 2, 1],
      [normal([2]), 4],
      [normal([7]), [2, 5]],
      [normal([4, 5]), [1, -2], 1],
      [normal([4]), [3, 1]],
      [normal([4]), []],
    ],
    errors: [
      { args: [normal([4]), 0], throws: 'ValueError', says: ['0'] },
      { args: [normal([]), 1], throws: 'ShapeError', says: ['0-d'] },
      { args: [normal([4]), 2, 1], throws: 'IndexError', says: ['[-1, 0]'] },
    ],
  },
  hsplit: {
    dtypes: ALL,
    samples: [
      [normal([6]), 3],
      [normal([2, 4]), 2],
      [normal([2, 4]), [1, 3]],
    ],
    errors: [
      { args: [normal([2, 5]), 2], throws: 'ShapeError', says: ['(2, 5)', '2 equal'] },
      { args: [normal([]), 1], throws: 'ShapeError', says: ['at least 1'] },
    ],
  },
  vsplit: {
    dtypes: ALL,
    samples: [
      [normal([4, 2]), 2],
      [normal([4, 2]), [1, 3]],
      [normal([3, 1, 2]), 3],
    ],
    errors: [{ args: [normal([4]), 2], throws: 'ShapeError', says: ['at least 2', '(4,)'] }],
  },
  dsplit: {
    dtypes: ALL,
    samples: [
      [normal([2, 2, 4]), 2],
      [normal([2, 1, 4]), [1]],
      [normal([1, 2, 3]), 3],
    ],
    errors: [{ args: [normal([4, 2]), 2], throws: 'ShapeError', says: ['at least 3', '(4, 2)'] }],
  },
};
