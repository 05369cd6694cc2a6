/** Samples of `core/src/ops/new-like.ts`. */
import { ALL, REAL } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { normal } from '../spec.js';

const made = (name: string, rest: Partial<Entry> = {}): Entry => ({
  torch: `torch.Tensor.${name}`,
  dtypes: ALL,
  gradient: false,
  samples: [
    [normal([3]), [2, 3]],
    [normal([]), []],
    [normal([2]), [0, 2]],
    [normal([2]), [2], { dtype: 'float64' }],
  ],
  errors: [{ args: [3, [2]], throws: 'TypeError', says: ['self', 'tensor'] }],
  ...rest,
});

export const newLike: Group = {
  newZeros: made('new_zeros'),
  newOnes: made('new_ones'),
  newFull: made('new_full', {
    samples: [
      [normal([3]), [2, 3], 1],
      [normal([]), [], 1],
      [normal([2]), [0], 1],
    ],
  }),
  /** What it holds is unknown: only shape and dtype agree. */
  newEmpty: made('new_empty', {
    samples: [
      [normal([2]), [0, 2]],
      [normal([2]), [3, 0], { dtype: 'float64' }],
    ],
  }),
  newTensor: made('new_tensor', {
    dtypes: REAL,
    samples: [
      [normal([3]), [1, 2, 3]],
      [
        normal([]),
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [normal([2]), 7],
    ],
  }),
};
