/** Samples of `core/src/ops/conv.ts`. */
import type { DType } from '../dtype.js';
import { FLOAT } from '../dtype.js';
import type { ErrorSample, Group } from '../sample.js';
import { normal } from '../spec.js';

const WIDE: readonly DType[] = ['float32', 'float64'];

/** What one and two dimensions refuse alike; `n` spatial dimensions. */
const errors = (n: 1 | 2): ErrorSample[] => {
  const plane = (size: number) => new Array<number>(n).fill(size);
  return [
    { args: [normal([1, 4, ...plane(5)]), normal([2, 3, ...plane(3)])], throws: 'ShapeError', says: ['4 channels', '3'] },
    { args: [normal([1, 3, ...plane(2)]), normal([2, 3, ...plane(3)])], throws: 'ShapeError', says: ['does not fit', '3'] },
    { args: [normal([3]), normal([2, 3, ...plane(3)])], throws: 'ShapeError', says: ['(3,)'] },
    {
      args: [normal([1, 3, ...plane(5)]), normal([2, 3, ...plane(3)]), normal([3])],
      throws: 'ShapeError',
      says: ['(2,)', '(3,)'],
    },
    {
      args: [normal([1, 4, ...plane(5)]), normal([3, 2, ...plane(3)]), null, { groups: 2 }],
      throws: 'ShapeError',
      says: ['3', '2 groups'],
    },
    {
      args: [normal([1, 3, ...plane(5)]), normal([2, 3, ...plane(3)]), null, { stride: 0 }],
      throws: 'ValueError',
      says: ['stride', '0'],
    },
    {
      args: [normal([1, 3, ...plane(5)]), normal([2, 3, ...plane(3)]), null, { padding: -1 }],
      throws: 'ValueError',
      says: ['padding', '-1'],
    },
    {
      args: [normal([1, 3, ...plane(5)]), normal([2, 3, ...plane(3)]), null, { padding: 'same', stride: 2 }],
      throws: 'ValueError',
      says: ["'same'", 'stride'],
    },
    {
      args: [normal([1, 3, ...plane(5)]), normal([2, 3, ...plane(3)], { dtype: 'float64' })],
      throws: 'DTypeError',
      says: ['float32', 'float64'],
    },
  ];
};

export const conv: Group = {
  conv2d: {
    torch: 'F.conv2d',
    dtypes: FLOAT,
    covers: ['conv2d', 'conv2d_backward_input', 'conv2d_backward_weight'],
    samples: [
      [normal([1, 2, 4, 4]), normal([2, 2, 3, 3]), normal([2])],
      [normal([1, 1, 3, 4]), normal([1, 1, 2, 3])],
      [normal([1, 2, 3, 3]), normal([3, 2, 1, 1]), normal([3])],
      [normal([1, 1, 5, 5]), normal([2, 1, 3, 3]), normal([2]), { stride: 2, padding: 1 }],
      [normal([1, 2, 5, 4]), normal([2, 1, 2, 2]), normal([2]), { groups: 2, dilation: 2 }],
      [normal([2, 3, 7, 6]), normal([4, 3, 3, 2]), normal([4]), { stride: [2, 1], padding: [1, 0], dilation: [1, 2] }],
      [normal([2, 4, 6, 6]), normal([8, 1, 3, 3]), null, { groups: 4, padding: 1 }],
      [normal([2, 6, 5, 5]), normal([4, 3, 3, 3]), normal([4]), { groups: 2, stride: 2, padding: 2 }],
      [normal([2, 3, 5]), normal([4, 2, 2, 3])],
      [normal([2, 4, 5, 5]), normal([3, 4, 3, 3]), normal([3]), { padding: 'same' }],
      [normal([2, 4, 5, 5]), normal([3, 4, 2, 4]), normal([3]), { padding: 'same' }],
      [normal([2, 4, 5, 5]), normal([3, 4, 2, 2]), normal([3]), { padding: 'valid' }],
      { args: [normal([0, 3, 5, 5]), normal([4, 3, 3, 3]), normal([4])], gradient: false },
      { args: [normal([2, 19, 9, 9]), normal([21, 19, 3, 3]), normal([21]), { padding: 1 }], dtypes: WIDE },
      { args: [normal([1, 3, 23, 23]), normal([8, 3, 7, 7]), normal([8]), { stride: 2, padding: 3 }], dtypes: WIDE },
    ],
    large: [
      [normal([4, 16, 28, 28]), normal([32, 16, 3, 3]), normal([32]), { padding: 1 }],
      [normal([4, 32, 28, 28]), normal([32, 1, 3, 3]), null, { padding: 1, groups: 32 }],
      [normal([2, 64, 20, 20]), normal([32, 64, 1, 1]), normal([32])],
      [normal([2, 3, 64, 64]), normal([16, 3, 7, 7]), normal([16]), { stride: 2, padding: 3 }],
    ],
    // gradients of the weight are sums over up to 3136 places
    tolerance: { float32: [1e-5, 5e-4], float64: [1e-11, 1e-11] },
    errors: errors(2),
  },
  conv1d: {
    torch: 'F.conv1d',
    dtypes: FLOAT,
    samples: [
      [normal([2, 2, 7]), normal([3, 2, 3]), normal([3])],
      [normal([2, 7]), normal([3, 2, 3])],
      [normal([1, 4, 9]), normal([4, 2, 3]), normal([4]), { groups: 2, stride: 2, padding: 1 }],
      [normal([1, 2, 9]), normal([2, 2, 3]), null, { dilation: 3, padding: [2] }],
      [normal([1, 2, 6]), normal([2, 2, 4]), null, { padding: 'same' }],
    ],
    large: [[normal([8, 16, 300]), normal([32, 16, 5]), normal([32]), { padding: 2 }]],
    tolerance: { float32: [1e-5, 5e-4], float64: [1e-11, 1e-11] }, // as conv2d
    errors: errors(1),
  },
};
