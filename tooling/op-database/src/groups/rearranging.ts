/** Samples of `core/src/ops/rearranging.ts`. */
import { ALL } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { normal, values } from '../spec.js';

const triangle: Entry = {
  dtypes: ALL,
  samples: [
    [normal([4, 4])],
    [normal([3, 5]), 1],
    [normal([5, 3]), -2],
    [normal([2, 3, 3]), 0],
    [normal([3, 3]), 7],
    [normal([3, 3]), -7],
    [normal([0, 3])],
  ],
  large: [[normal([263, 301])]],
  errors: [{ args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] }],
};

export const rearranging: Group = {
  fliplr: {
    dtypes: ALL,
    samples: [[normal([3, 4])], [normal([2, 3, 2])], [normal([0, 3])]],
    errors: [{ args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] }],
  },
  flipud: {
    dtypes: ALL,
    samples: [[normal([3, 4])], [normal([3])], [normal([2, 0])]],
    errors: [{ args: [normal([])], throws: 'ShapeError', says: ['0-d'] }],
  },
  rot90: {
    dtypes: ALL,
    samples: [
      [normal([3, 4])],
      [normal([3, 4]), 2],
      [normal([3, 4]), -1],
      [normal([3, 4]), 4],
      [normal([2, 3, 4]), 1, [2, 0]],
      [normal([2, 3, 4]), 3, [1, -1]],
    ],
    errors: [
      { args: [normal([3])], throws: 'IndexError', says: ['[-1, 0]'] },
      { args: [normal([3, 4]), 1, [0]], throws: 'ShapeError', says: ['two'] },
    ],
  },
  tril: triangle,
  triu: triangle,
  flip: {
    torch: 'lambda x, d: torch.flip(x, [d] if isinstance(d, int) else d)',
    dtypes: ALL,
    samples: [
      [normal([3, 4]), 0],
      [normal([3, 4]), [1]],
      [normal([2, 3, 4]), [0, -1]],
      [normal([5]), []],
      [normal([0, 3]), [0]],
    ],
    large: [[normal([263, 301]), [0, 1]]],
    errors: [
      { args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]'] },
      { args: [normal([2, 3]), [0, 0]], throws: 'ShapeError', says: ['twice'] },
    ],
  },
  roll: {
    dtypes: ALL,
    samples: [
      [normal([5]), 2],
      [normal([3, 4]), -1],
      [normal([3, 4]), 1, 0],
      [normal([3, 4]), [5, -6], [0, 1]],
      [normal([0, 3]), 1, 0],
    ],
    errors: [
      { args: [normal([2, 3]), [1, 2], [0]], throws: 'ShapeError', says: ['2', '1'] },
      { args: [normal([2, 3]), 1, 2], throws: 'IndexError', says: ['[-2, 1]'] },
    ],
  },
  repeat: {
    torch: 'lambda x, r: x.repeat(r)',
    dtypes: ALL,
    samples: [
      [normal([2, 3]), [2, 2]],
      [normal([3]), [2, 1, 2]],
      [normal([]), [3]],
      [normal([2, 3]), [0, 1]],
    ],
    errors: [
      { args: [normal([2, 3]), [2]], throws: 'ShapeError', says: ['(2,)', '(2, 3)'] },
      { args: [normal([2]), [-1]], throws: 'ValueError', says: ['-1'] },
    ],
  },
  tile: {
    dtypes: ALL,
    samples: [
      [normal([2, 3]), [2]],
      [normal([3]), [2, 2]],
      [normal([2, 2]), [1, 3]],
    ],
  },
  repeatInterleave: {
    torch: 'lambda x, r, d=None: torch.repeat_interleave(x, torch.as_tensor(r), d)',
    dtypes: ALL,
    samples: [
      [normal([4]), 2],
      [normal([2, 3]), 2],
      [normal([2, 3]), 3, 1],
      [normal([3, 2]), values([1, 0, 2], { dtype: 'int64' }), 0],
      [normal([2, 3]), [2, 1, 0], 1],
    ],
    errors: [
      { args: [normal([3]), [1, 2], 0], throws: 'ShapeError', says: ['2', '3'] },
      { args: [normal([3]), -1], throws: 'ValueError', says: ['-1'] },
    ],
  },
};
