/** Samples of `core/src/ops/splitting.ts`. */
import { ALL } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const splitting: Group = {
  split: {
    dtypes: ALL,
    samples: [
      [normal([5, 2]), 2],
      [normal([2, 6]), 3, 1],
      [normal([5, 2]), [1, 4]],
      [normal([4]), [0, 4], 0],
      [normal([0, 2]), 2],
      [normal([2, 3, 4]), [1, 2, 1], -1],
    ],
    errors: [
      { args: [normal([5]), [2, 2]], throws: 'ShapeError', says: ['(2, 2)', '5'] },
      { args: [normal([5]), [6, -1]], throws: 'ValueError', says: ['(6, -1)'] },
      { args: [normal([5]), 0], throws: 'ValueError', says: ['0'] },
    ],
  },
  chunk: {
    dtypes: ALL,
    samples: [
      [normal([5, 2]), 2],
      [normal([2, 6]), 4, 1],
      [normal([3]), 5],
      [normal([0]), 2],
    ],
    errors: [{ args: [normal([5]), 0], throws: 'ValueError', says: ['0'] }],
  },
  unbind: {
    dtypes: ALL,
    samples: [[normal([3, 2])], [normal([2, 3]), 1], [normal([2])], [normal([2, 3, 2]), -1]],
    errors: [
      { args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]'] },
      { args: [normal([])], throws: 'ShapeError', says: ['0-d'] },
    ],
  },
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
