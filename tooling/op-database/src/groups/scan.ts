/** Samples of `core/src/ops/scan.ts`. */
import { FLOAT, INT, REAL, REAL_AND_BOOL } from '../dtype.js';
import type { ErrorSample, Group } from '../sample.js';
import { bools, edges, nonzero, normal, uniform, values } from '../spec.js';

const badDim: ErrorSample = { args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]'] };

export const scan: Group = {
  cumprod: {
    dtypes: REAL_AND_BOOL,
    samples: [
      [nonzero([3, 4, 2]), 0],
      [nonzero([3, 4, 2]), 1],
      [nonzero([2, 7]), -1],
      [nonzero([]), 0],
      [normal([0, 3]), 0],
      [values([2, 0, 3, 1, 4]), 0],
      [values([2, 0, 3, 0, 5, 1, 1, 2, 3], { shape: [3, 3] }), 1],
      [nonzero([2, 5]), 1, { dtype: 'float64' }],
      { args: [edges(), 0], dtypes: INT },
    ],
    large: [
      [uniform([403, 307], 0.9, 1.1), 0],
      [uniform([403, 307], 0.9, 1.1), 1],
    ],
    errors: [badDim],
  },
  logcumsumexp: {
    dtypes: FLOAT,
    samples: [
      [normal([3, 4, 2]), 0],
      [normal([3, 4, 2]), 1],
      [normal([2, 7]), -1],
      [normal([]), 0],
      [normal([0, 3]), 0],
      { args: [uniform([2, 6], 800, 1000), 1], dtypes: ['float64'] },
      { args: [uniform([2, 6], 800, 1000), 1], dtypes: ['float32', 'bfloat16'], gradient: false }, // sums of 4 digits after the point
      { args: [values([Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY, 2, Number.NaN, 3]), 0], gradient: false },
    ],
    large: [
      [normal([403, 307]), 0],
      [normal([403, 307]), 1],
    ],
    errors: [badDim],
  },
  diff: {
    dtypes: REAL,
    samples: [
      [normal([6])],
      [normal([3, 4]), { dim: 0 }],
      [normal([3, 6]), { n: 3 }],
      [normal([2, 3]), { n: 5 }],
      [normal([2, 3]), { n: 0 }],
      [normal([2, 3]), { prepend: normal([2, 1]), append: normal([2, 2]) }],
      { args: [bools([3, 4])], dtypes: ['bool'] },
    ],
    errors: [
      { args: [normal([])], throws: 'ValueError', says: ['0-d'] },
      { args: [normal([2]), { n: -1 }], throws: 'ValueError', says: ['-1'] },
      { args: [normal([2]), { dim: 1 }], throws: 'IndexError', says: ['[-1, 0]'] },
    ],
  },
};
