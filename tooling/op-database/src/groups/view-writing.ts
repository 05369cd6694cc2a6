/** Samples of `core/src/ops/view-writing.ts`. */
import { ALL } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const viewWriting: Group = {
  selectScatter: {
    dtypes: ALL,
    samples: [
      [normal([3, 4]), normal([4]), 0, 1],
      [normal([3, 4]), normal([3]), 1, -1],
      [normal([2, 3, 4]), normal([2, 4]), 1, 0],
    ],
    errors: [
      { args: [normal([3, 4]), normal([3]), 0, 1], throws: 'ShapeError', says: ['(4,)', '(3,)'] },
      { args: [normal([3, 4]), normal([4]), 0, 3], throws: 'IndexError', says: ['3'], op: 'select' },
    ],
  },
  sliceScatter: {
    dtypes: ALL,
    samples: [
      [normal([5, 4]), normal([2, 4]), 0, 1, 3],
      [normal([3, 6]), normal([3, 2]), 1, 1, 5, 2],
      [normal([3]), normal([3])],
      [normal([3, 4]), normal([3, 2]), -1, -2],
    ],
    errors: [{ args: [normal([5]), normal([3]), 0, 1, 3], throws: 'ShapeError', says: ['(2,)', '(3,)'] }],
  },
  diagonalScatter: {
    dtypes: ALL,
    samples: [
      [normal([3, 3]), normal([3])],
      [normal([3, 4]), normal([3]), 1],
      [normal([4, 3]), normal([3]), -1],
      [normal([2, 3, 4]), normal([3, 2]), 0, 0, 2],
    ],
    errors: [
      { args: [normal([3, 3]), normal([2])], throws: 'ShapeError', says: ['(3,)', '(2,)'] },
      {
        args: [normal([3, 3]), normal([3], { dtype: 'float64' })],
        throws: 'DTypeError',
        says: ['float32', 'float64'],
      },
    ],
  },
  asStridedScatter: {
    // PyTorch's own derivative gives the input the gradient of the part that was replaced
    torch: 'lambda x, src, size, stride, offset=0: (lambda y: (y.as_strided(size, stride, offset).copy_(src), y)[1])(x.clone())',
    dtypes: ALL,
    fixedLayout: true,
    samples: [
      [normal([3, 4]), normal([2, 2]), [2, 2], [4, 1]],
      [normal([3, 4]), normal([3]), [3], [4], 1],
      [normal([6]), normal([3]), [3], [2]],
    ],
    errors: [{ args: [normal([4]), normal([3]), [2], [1]], throws: 'ShapeError', says: ['(2,)', '(3,)'] }],
  },
};
