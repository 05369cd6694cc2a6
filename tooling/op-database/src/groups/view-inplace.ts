/** Samples of `core/src/ops/view-inplace.ts`. */
import { REAL } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

const dtypes = REAL;

export const viewInplace: Group = {
  unsqueeze_: {
    dtypes,
    samples: [
      [normal([3, 4]), 0],
      [normal([3, 4]), -1],
      [normal([]), 0],
    ],
    errors: [{ args: [normal([2]), 2], throws: 'IndexError', says: ['2'], op: 'unsqueeze' }],
  },
  squeeze_: { dtypes, samples: [[normal([3, 1, 4])], [normal([1, 3, 1]), 0], [normal([1, 3, 1]), 1], [normal([])]] },
  transpose_: {
    dtypes,
    samples: [
      [normal([3, 4]), 0, 1],
      [normal([2, 3, 4]), 0, -1],
      [normal([2, 3]), 1, 1],
    ],
    errors: [{ args: [normal([2, 2]), 0, 2], throws: 'IndexError', says: ['2'], op: 'transpose' }],
  },
  swapaxes_: {
    dtypes,
    samples: [
      [normal([3, 4]), 0, 1],
      [normal([2, 3, 4]), 1, -1],
      [normal([2, 3, 4]), 0, 2],
    ],
  },
  t_: {
    dtypes,
    samples: [[normal([3, 4])], [normal([3])], [normal([])]],
    errors: [{ args: [normal([2, 2, 2])], throws: 'ShapeError', says: ['(2, 2, 2)'], op: 't' }],
  },
  asStrided_: {
    dtypes,
    fixedLayout: true,
    samples: [
      [normal([3, 4]), [4, 3], [1, 4]],
      [normal([3, 4]), [2, 2], [4, 2], 1],
      [normal([12]), [], [], 3],
    ],
  },
};
