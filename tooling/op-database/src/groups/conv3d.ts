/** Samples of `core/src/ops/conv3d.ts`. */
import { FLOAT } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const conv3d: Group = {
  conv3d: {
    torch: 'rounded_once(F.conv3d)', // in float16 PyTorch adds up rounded products
    dtypes: FLOAT,
    samples: [
      [normal([1, 2, 3, 4, 4]), normal([2, 2, 2, 3, 3]), normal([2])],
      [normal([1, 1, 5, 3, 4]), normal([2, 1, 3, 2, 2]), null, { stride: 2, padding: 1 }],
      [normal([1, 4, 4, 3, 3]), normal([2, 2, 2, 2, 1]), normal([2]), { groups: 2, dilation: [2, 1, 1] }],
      [
        normal([2, 2, 5, 4, 3]),
        normal([3, 2, 2, 3, 2]),
        normal([3]),
        { stride: [2, 1, 2], padding: [0, 1, 2], dilation: [3, 1, 2] },
      ],
      [normal([2, 3, 4, 3]), normal([2, 2, 2, 2, 2]), normal([2]), { padding: 'same' }],
    ],
    large: [[normal([2, 8, 10, 14, 14]), normal([12, 8, 3, 3, 3]), normal([12]), { padding: 1 }]],
    tolerance: { float32: [1e-5, 1e-3], float64: [1e-11, 1e-11] }, // gradients of the weight are sums over up to 3920 places
    errors: [
      { args: [normal([1, 4, 5, 5, 5]), normal([2, 3, 3, 3, 3])], throws: 'ShapeError', says: ['conv3d', '4 channels', '3'] },
      { args: [normal([1, 3, 2, 5, 5]), normal([2, 3, 3, 3, 3])], throws: 'ShapeError', says: ['conv3d', 'does not fit', '3'] },
      { args: [normal([3]), normal([2, 3, 3, 3, 3])], throws: 'ShapeError', says: ['(3,)'] },
      {
        args: [normal([1, 3, 5, 5, 5]), normal([2, 3, 3, 3, 3]), null, { stride: [1, 2] }],
        throws: 'ValueError',
        says: ['stride', '3'],
      },
    ],
  },
  convTranspose3d: {
    torch: 'rounded_once(F.conv_transpose3d)',
    dtypes: FLOAT,
    samples: [
      [normal([1, 2, 2, 3, 3]), normal([2, 2, 2, 2, 2]), normal([2])],
      [normal([1, 2, 3, 2, 2]), normal([2, 1, 3, 3, 2]), normal([2]), { stride: 2, padding: 1, outputPadding: 1, groups: 2 }],
      [normal([3, 2, 2, 2]), normal([3, 2, 2, 1, 2]), null, { stride: [3, 1, 2], dilation: [2, 1, 1] }],
    ],
    large: [[normal([2, 8, 5, 8, 8]), normal([8, 6, 4, 4, 4]), normal([6]), { stride: 2, padding: 1 }]],
    tolerance: { float32: [1e-5, 1e-3], float64: [1e-11, 1e-11] }, // as conv3d
    errors: [
      { args: [normal([1, 4, 5, 5, 5]), normal([3, 2, 3, 3, 3])], throws: 'ShapeError', says: ['4 channels', '3'] },
      {
        args: [normal([1, 3, 5, 5, 5]), normal([3, 2, 3, 3, 3]), null, { stride: 2, outputPadding: 2 }],
        throws: 'ValueError',
        says: ['outputPadding', '2'],
      },
    ],
  },
};
