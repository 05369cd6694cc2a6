/** Samples of `core/src/ops/where.ts`. */
import { ALL, FLOAT, REAL_AND_BOOL } from '../dtype.js';
import type { Group } from '../sample.js';
import { bools, normal } from '../spec.js';

export const where: Group = {
  where: {
    dtypes: ALL,
    noMethod: true, // it is self.where(condition, other)
    samples: [
      [bools([3, 4]), normal([3, 4]), normal([3, 4])],
      [bools([4]), normal([3, 1]), normal([])],
      [bools([2, 1, 4]), normal([3, 1]), normal([4])],
      [bools([]), normal([]), normal([])],
      [bools([0, 3]), normal([3]), normal([0, 1])],
      [bools([3, 4]), normal([3, 4]), 2],
      [bools([3, 4]), 0, normal([3, 4])],
      { args: [bools([3]), normal([3]), normal([3], { dtype: 'float64' })], dtypes: REAL_AND_BOOL },
      { args: [bools([3]), normal([3]), Number.NaN], dtypes: FLOAT, gradient: false },
    ],
    large: [[bools([263, 301]), normal([263, 301]), normal([301])]],
    errors: [
      { args: [normal([2]), normal([2]), normal([2])], throws: 'DTypeError', says: ['condition', 'float32', '.bool()'] },
      { args: [bools([2]), normal([3]), normal([2])], throws: 'ShapeError', says: ['*3*', '*2*'] },
    ],
  },
};
