/** Samples of `core/src/ops/filling.ts`. */
import { REAL } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const filling: Group = {
  fillDiagonal_: {
    dtypes: REAL,
    noExpand: true,
    samples: [
      [normal([3, 3]), 5],
      [normal([3, 5]), 1],
      [normal([7, 3]), 1],
      [normal([7, 3]), 2, { wrap: true }],
      [normal([8, 3]), 2, { wrap: true }],
      [normal([3, 3, 3]), 4],
    ],
    errors: [
      { args: [normal([3]), 1], throws: 'ShapeError', says: ['(3,)'] },
      { args: [normal([2, 3, 2]), 1], throws: 'ShapeError', says: ['(2, 3, 2)'] },
    ],
  },
  /** Takes a function, which no sample can hold: tested in core. */
  apply_: { random: true, dtypes: REAL, samples: [] },
};
