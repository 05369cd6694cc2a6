/** Samples of `core/src/ops/masking.ts`. */
import { ALL, FLOAT, REAL, REAL_AND_BOOL } from '../dtype.js';
import type { Group } from '../sample.js';
import { bools, edges, normal, uniform, values } from '../spec.js';

const fixed = { differentiable: false };

export const masking: Group = {
  maskedFill: {
    dtypes: ALL,
    samples: [
      [normal([3, 4]), bools([3, 4]), 5],
      [normal([3, 4]), bools([4]), 0],
      [normal([3, 4]), bools([3, 1]), 1],
      [normal([]), bools([]), 2],
      [normal([0, 3]), bools([3]), 2],
      { args: [normal([3, 4]), bools([3, 4]), Number.NEGATIVE_INFINITY], dtypes: FLOAT, kink: true },
      { args: [normal([3, 4]), bools([3, 4]), normal([])], dtypes: REAL },
    ],
    large: [[normal([263, 301]), bools([263, 301]), 0]],
    errors: [
      { args: [normal([2]), normal([2]), 0], throws: 'DTypeError', says: ['mask', 'float32', '.bool()'] },
      { args: [normal([2]), bools([3]), 0], throws: 'ShapeError', says: ['*2*', '*3*'] },
      { args: [normal([2]), bools([2]), normal([2])], throws: 'ShapeError', says: ['(2,)'] },
    ],
  },
  nonzero: {
    dtypes: REAL_AND_BOOL,
    gradient: false,
    samples: [
      [uniform([3, 4], 0, 2)],
      [bools([3, 4])],
      [bools([2, 3, 2])],
      [values([0, 0, 0])],
      [values([1], { shape: [] })],
      [normal([0, 3])],
      { args: [edges()], dtypes: FLOAT },
    ],
    large: [[bools([263, 301])]],
  },
  argwhere: {
    dtypes: REAL_AND_BOOL,
    gradient: false,
    samples: [[uniform([3, 4], 0, 2)], [values([0, 0, 1])], [bools([2, 3])]],
    errors: [{ args: [3], throws: 'TypeError', says: ['number'], op: 'nonzero' }],
  },
  maskedSelect: {
    dtypes: ALL,
    samples: [
      [normal([3, 4]), bools([3, 4])],
      [normal([3, 4]), bools([4])],
      [normal([4]), bools([3, 1])],
      [normal([]), values([1], { dtype: 'bool', shape: [] })],
      [normal([]), values([0], { dtype: 'bool', shape: [] })],
      [normal([2, 2], fixed), values([0, 0, 0, 0], { dtype: 'bool', shape: [2, 2] })],
    ],
    errors: [
      { args: [normal([2]), normal([2])], throws: 'DTypeError', says: ['mask', 'float32'] },
      { args: [normal([2]), bools([3])], throws: 'ShapeError', says: ['*2*', '*3*'] },
    ],
  },
};
