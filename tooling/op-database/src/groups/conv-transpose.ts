/** Samples of `core/src/ops/conv-transpose.ts`. */
import { FLOAT } from '../dtype.js';
import type { ErrorSample, Group } from '../sample.js';
import { normal } from '../spec.js';

const errors = (n: 1 | 2): ErrorSample[] => {
  const plane = (size: number) => new Array<number>(n).fill(size);
  return [
    { args: [normal([1, 4, ...plane(5)]), normal([3, 2, ...plane(3)])], throws: 'ShapeError', says: ['4 channels', '3'] },
    { args: [normal([3]), normal([3, 2, ...plane(3)])], throws: 'ShapeError', says: ['(3,)'] },
    {
      args: [normal([1, 3, ...plane(5)]), normal([3, 2, ...plane(3)]), normal([3])],
      throws: 'ShapeError',
      says: ['(2,)', '(3,)'],
    },
    {
      args: [normal([1, 3, ...plane(5)]), normal([3, 2, ...plane(3)]), null, { stride: 2, outputPadding: 2 }],
      throws: 'ValueError',
      says: ['outputPadding', '2'],
    },
  ];
};

export const convTranspose: Group = {
  convTranspose2d: {
    torch: 'rounded_once(F.conv_transpose2d)', // in float16 PyTorch adds up rounded products
    dtypes: FLOAT,
    samples: [
      [normal([1, 2, 3, 3]), normal([2, 2, 2, 2]), normal([2])],
      [normal([1, 2, 3, 3]), normal([2, 1, 3, 3]), normal([2]), { stride: 2, padding: 1, outputPadding: 1, groups: 2 }],
      [normal([2, 4, 3, 5]), normal([4, 3, 3, 2]), null, { stride: [2, 1], padding: [1, 0], dilation: [2, 1] }],
      [normal([3, 4, 4]), normal([3, 2, 3, 3]), normal([2])],
      [normal([2, 6, 4, 4]), normal([6, 2, 3, 3]), normal([4]), { groups: 2, stride: 3, outputPadding: [1, 2] }],
    ],
    large: [[normal([4, 16, 14, 14]), normal([16, 24, 4, 4]), normal([24]), { stride: 2, padding: 1 }]],
    tolerance: { float32: [1e-5, 5e-4], float64: [1e-11, 1e-11] }, // gradients of the weight are sums over up to 784 places
    errors: errors(2),
  },
  convTranspose1d: {
    torch: 'rounded_once(F.conv_transpose1d)',
    dtypes: FLOAT,
    samples: [
      [normal([2, 3, 4]), normal([3, 2, 3]), normal([2])],
      [normal([3, 4]), normal([3, 2, 3])],
      [normal([1, 4, 5]), normal([4, 2, 3]), normal([4]), { stride: 2, padding: 1, outputPadding: 1, groups: 2 }],
    ],
    large: [[normal([8, 16, 100]), normal([16, 24, 4]), normal([24]), { stride: 2, padding: 1 }]],
    tolerance: { float32: [1e-5, 5e-4], float64: [1e-11, 1e-11] }, // as convTranspose2d
    errors: errors(1),
  },
};
