/** Samples of `core/src/ops/summaries.ts`. */
import { FLOAT, REAL } from '../dtype.js';
import type { Group } from '../sample.js';
import { distinct, normal, values } from '../spec.js';

const { NaN: nan } = Number;
const holes = values([1, nan, 2, nan, nan, nan, 4, 5, -1], { shape: [3, 3] });

export const summaries: Group = {
  aminmax: {
    dtypes: REAL,
    samples: [
      [distinct([7])],
      [distinct([3, 4]), { dim: 1 }],
      [distinct([3, 4]), { dim: 0, keepdim: true }],
      { args: [distinct([])], kink: true },
      { args: [values([1, nan, 3])], dtypes: FLOAT, gradient: false },
      { args: [values([2, 2, 1, 1])], kink: true },
    ],
    errors: [{ args: [normal([0])], throws: 'ShapeError', says: ['(0,)'], op: 'amin' }],
  },
  nanmean: {
    dtypes: FLOAT,
    samples: [
      [normal([3, 4])],
      [normal([3, 4]), 1, { keepdim: true }],
      [normal([2, 3, 4]), [0, 2]],
      { args: [holes, 0], kink: true },
      { args: [holes, 1], gradient: false },
    ],
    errors: [{ args: [normal([2])], throws: 'DTypeError', says: ['int32', '.float()'], dtype: 'int32' }],
  },
  dist: {
    dtypes: ['float32', 'float64'],
    samples: [
      [normal([3, 4]), normal([3, 4])],
      [normal([3, 4]), normal([4]), 1],
      [normal([5]), normal([5]), 3],
      [distinct([5]), normal([5]), Number.POSITIVE_INFINITY],
    ],
    errors: [{ args: [normal([2]), normal([3])], throws: 'ShapeError', says: ['*2*', '*3*'], op: 'sub' }],
  },
};
