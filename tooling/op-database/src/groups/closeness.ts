/** Samples of `core/src/ops/closeness.ts`. */
import { FLOAT, INT, REAL, REAL_AND_BOOL } from '../dtype.js';
import type { Entry, Group, Sample } from '../sample.js';
import { edges, normal, values } from '../spec.js';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const near: Sample[] = [
  { args: [values([1, 2, 3, nan]), values([1, 2.00001, 3.1, nan])], dtypes: FLOAT },
  { args: [values([1, nan]), values([1, nan]), { equalNan: true }], dtypes: FLOAT },
  { args: [values([infinity, -infinity, infinity]), values([infinity, infinity, 1])], dtypes: FLOAT },
  { args: [values([1, 2, 30]), values([1, 3, 31]), { rtol: 0.1, atol: 0 }], dtypes: [...FLOAT, ...INT] },
  { args: [normal([3, 5]), normal([5])] },
  { args: [normal([0]), normal([0])] },
  { args: [normal([]), normal([])] },
];
const comparing: Entry = {
  dtypes: REAL_AND_BOOL,
  gradient: false,
  samples: near,
  errors: [
    { args: [normal([2]), normal([2], { dtype: 'float64' })], throws: 'DTypeError', says: ['float32', 'float64'], op: 'isclose' },
    { args: [3, normal([2])], throws: 'TypeError', says: ['self'], op: 'isclose' },
  ],
};
const test: Entry = {
  dtypes: REAL,
  gradient: false,
  samples: [[normal([3, 5])], [normal([])], [normal([0])], [edges()]],
  errors: [{ args: [3], throws: 'TypeError', says: ['tensor'], op: '' }],
};

export const closeness: Group = {
  isclose: comparing,
  allclose: comparing,
  equal: {
    dtypes: REAL_AND_BOOL,
    gradient: false,
    samples: [
      [normal([3, 5]), normal([3, 5])],
      [values([1, 0, 1]), values([1, 0, 1])],
      [values([1, 0, 1]), values([1, 1, 1])],
      [normal([2, 3]), normal([3, 2])],
      [normal([0]), normal([0])],
      { args: [values([nan]), values([nan])], dtypes: FLOAT },
    ],
    errors: [{ args: [3, normal([2])], throws: 'TypeError', says: ['self'] }],
  },
  isposinf: test,
  isneginf: test,
  isreal: test,
};
