/** Samples of `core/src/ops/fold.ts`. */
import { FLOAT } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const fold: Group = {
  unfold: {
    torch: 'F.unfold',
    dtypes: FLOAT,
    covers: ['im2col'],
    noMethod: true, // Tensor.unfold is another function
    samples: [
      [normal([2, 2, 4, 5]), 2],
      [normal([1, 2, 5, 6]), [3, 2], { padding: [1, 0], stride: [2, 1] }],
      [normal([2, 6, 5]), [2, 3], { dilation: [2, 1], stride: 2 }],
    ],
    large: [[normal([4, 8, 30, 30]), 3, { padding: 1 }]],
    errors: [
      { args: [normal([4, 5]), 2], throws: 'ShapeError', says: ['(4, 5)'] },
      { args: [normal([1, 1, 2, 2]), 3], throws: 'ShapeError', says: ['(3, 3)', '(1, 1, 2, 2)'] },
      { args: [normal([1, 1, 4, 4]), 0], throws: 'ValueError', says: ['kernelSize', '0'] },
    ],
  },
  fold: {
    torch: 'F.fold',
    dtypes: FLOAT,
    covers: ['col2im'],
    samples: [
      [normal([2, 8, 12]), [4, 5], 2],
      [normal([1, 12, 15]), [5, 6], [3, 2], { padding: [1, 0], stride: [2, 1] }],
      [normal([12, 4]), [6, 5], [2, 3], { dilation: [2, 1], stride: 2 }],
    ],
    large: [[normal([4, 72, 900]), 30, 3, { padding: 1 }]],
    tolerance: { float16: [4e-3, 4e-3], bfloat16: [3.2e-2, 3.2e-2] }, // every addition rounds
    errors: [
      { args: [normal([8]), [4, 5], 2], throws: 'ShapeError', says: ['(8,)'] },
      { args: [normal([1, 8, 11]), [4, 5], 2], throws: 'ShapeError', says: ['12', '(1, 8, 11)'] },
      { args: [normal([1, 8, 12]), [4, 5, 6], 2], throws: 'ValueError', says: ['outputSize'] },
    ],
  },
};
