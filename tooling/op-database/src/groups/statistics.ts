/** Samples of `core/src/ops/statistics.ts`. */
import { INT } from '../dtype.js';
import type { Group } from '../sample.js';
import { indices, normal, positive, uniform, values } from '../spec.js';

const FLOATS = ['float32', 'float64'] as const;
const fixed = { differentiable: false };

export const statistics: Group = {
  bincount: {
    dtypes: INT,
    gradient: false,
    covers: ['bincount'],
    samples: [
      [values([1, 3, 1, 0, 3, 3])],
      [values([1, 3, 1]), { minlength: 7 }],
      [values([1, 3, 1]), { weights: normal([3], { dtype: 'float32' }) }],
      [values([1, 3, 1]), { weights: normal([3], { dtype: 'float64' }), minlength: 2 }],
      [values([1, 3, 1]), { weights: normal([3], { dtype: 'int64' }) }],
      [values([])],
    ],
    large: [[uniform([100000], 0, 60)]],
    errors: [
      { args: [values([-1], { dtype: 'int64' })], throws: 'ValueError', says: ['-1'] },
      { args: [indices([2, 2], 0, 3)], throws: 'ShapeError', says: ['(2, 2)'] },
      { args: [indices([2], 0, 3), { weights: normal([3]) }], throws: 'ShapeError', says: ['(3,)', '2'] },
      { args: [normal([2])], throws: 'DTypeError', says: ['float32'] },
    ],
  },
  histc: {
    dtypes: FLOATS,
    gradient: false,
    covers: ['histc'],
    samples: [
      [normal([60]), 7],
      [normal([5, 12]), 10, -1, 1],
      [values([1, 1, 1]), 3],
      [values([0, 1, 2, 3, 4]), 4],
      [normal([300])],
    ],
    errors: [
      { args: [normal([3]), 0], throws: 'ValueError', says: ['0'] },
      { args: [normal([3]), 3, 2, 1], throws: 'ValueError', says: ['2', '1'] },
      { args: [normal([3])], throws: 'DTypeError', says: ['int32'], dtype: 'int32' },
    ],
  },
  histogram: {
    dtypes: FLOATS,
    gradient: false,
    samples: [
      [normal([60]), 7],
      [normal([5, 12]), 10, { range: [-1, 1] }],
      [normal([20]), values([-1, -0.5, 0, 2])],
      [normal([20]), values([-1, -0.5, 0, 2]), { weight: positive([20]) }],
      [normal([20]), 4, { density: true }],
      [values([0, 1, 2, 3, 4]), 4],
    ],
    errors: [
      { args: [normal([3]), 0], throws: 'ValueError', says: ['0'] },
      { args: [normal([3]), values([1])], throws: 'ShapeError', says: ['(1,)'] },
      { args: [normal([3]), 3, { weight: normal([2]) }], throws: 'ShapeError', says: ['(2,)', '(3,)'] },
    ],
  },
  cov: {
    dtypes: [...FLOATS, 'int64'],
    samples: [
      [normal([3, 5])],
      [normal([6])],
      [normal([3, 5]), { correction: 0 }],
      [normal([2, 4]), { fweights: values([1, 2, 0, 3], { dtype: 'int64' }) }],
      { args: [normal([2, 4]), { aweights: values([1, 0.5, 2, 0.1], fixed) }], dtypes: FLOATS },
      {
        args: [normal([2, 4]), { fweights: values([1, 2, 1, 3], { dtype: 'int64' }), aweights: values([1, 0.5, 2, 0.1], fixed) }],
        dtypes: FLOATS,
      },
    ],
    errors: [
      { args: [normal([2, 2, 2])], throws: 'ShapeError', says: ['(2, 2, 2)'] },
      { args: [normal([2, 3]), { aweights: normal([2]) }], throws: 'ShapeError', says: ['aweights', '3', '(2,)'] },
      { args: [normal([2, 2]), { fweights: normal([2]) }], throws: 'DTypeError', says: ['fweights', 'float32'] },
    ],
  },
  corrcoef: {
    dtypes: FLOATS,
    samples: [[normal([3, 5])], [normal([2, 9])], { args: [normal([6])], kink: true }],
    errors: [{ args: [normal([2, 2, 2])], throws: 'ShapeError', says: ['(2, 2, 2)'] }],
  },
  renorm: {
    dtypes: FLOATS,
    samples: [
      [normal([3, 4]), 2, 0, 1],
      [normal([3, 4]), 2, 1, 1.5],
      [normal([2, 3, 2]), 1, -2, 2],
      [normal([3, 4]), 3, 0, 100],
    ],
    errors: [
      { args: [normal([3]), 2, 0, 1], throws: 'ShapeError', says: ['(3,)'] },
      { args: [normal([3, 2]), 0, 0, 1], throws: 'ValueError', says: ['0'] },
      { args: [normal([3, 2]), 2, 0, -1], throws: 'ValueError', says: ['-1'] },
    ],
  },
};
