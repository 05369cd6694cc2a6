/** Samples of `core/src/ops/padding.ts`. */
import { ALL, FLOAT } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const padding: Group = {
  pad: {
    torch: 'F.pad',
    dtypes: ALL,
    covers: ['constant_pad_nd'],
    samples: [
      [normal([3, 4]), [1, 2]],
      [normal([3, 4]), [1, 0, 2, 1], { value: 3 }],
      [normal([3, 4]), [-1, 1]],
      [normal([3, 4]), [-1, -2, 1, -1]],
      [normal([2, 3, 4]), [0, 0]],
      [normal([0, 2]), [1, 1, 1, 0]],
      { args: [normal([2, 3, 5]), [2, 3], { mode: 'reflect' }], dtypes: FLOAT },
      { args: [normal([1, 2, 3, 4]), [1, 2, 2, 1], { mode: 'reflect' }], dtypes: FLOAT },
      { args: [normal([1, 2, 3, 4]), [3, 2, 5, 1], { mode: 'replicate' }], dtypes: FLOAT },
      { args: [normal([1, 2, 3, 4]), [3, 2, 1, 3], { mode: 'circular' }], dtypes: FLOAT },
      { args: [normal([2, 3]), [1, 1], { mode: 'replicate' }], dtypes: FLOAT },
    ],
    large: [[normal([20, 60, 67]), [3, 5, 2, 1]]],
    errors: [
      { args: [normal([2, 3]), [1]], throws: 'ValueError', says: ['[1]', '(2, 3)'] },
      { args: [normal([2, 3]), [-2, -2]], throws: 'ShapeError', says: ['(2, 3)'] },
      { args: [normal([1, 2, 3]), [3, 0], { mode: 'reflect' }], throws: 'ValueError', says: ["'reflect'", '(1, 2, 3)'] },
      { args: [normal([2, 3]), [1, 1], { mode: 'mirror' }], throws: 'ValueError', says: ["'mirror'"] },
    ],
  },
};
