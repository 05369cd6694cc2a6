/** Samples of `core/src/ops/pool.ts`. */
import { FLOAT } from '../dtype.js';
import type { Entry, ErrorSample, Group } from '../sample.js';
import { distinct, edges, normal, type TensorSpec, values } from '../spec.js';

type Maker = (shape: readonly number[]) => TensorSpec;
const LARGE = [8, 16, 40, 40];

const errors = (n: 1 | 2): ErrorSample[] => [
  { args: [normal([3]), 2], throws: 'ShapeError', says: ['(3,)'] },
  { args: [normal(n === 1 ? [1, 1, 3] : [1, 1, 3, 3]), 5], throws: 'ShapeError', says: ['5', '3'] },
  { args: [normal(n === 1 ? [1, 1, 6] : [1, 1, 6, 6]), 2, { padding: 2 }], throws: 'ValueError', says: ['padding', '2'] },
  { args: [normal(n === 1 ? [1, 1, 6] : [1, 1, 6, 6]), 0], throws: 'ValueError', says: ['kernelSize', '0'] },
];

const maximal: Entry['samples'] = [
  [distinct([1, 2, 4, 4]), 2],
  [distinct([1, 2, 5, 4]), 3, { stride: 1, padding: 1 }],
  [distinct([1, 1, 7, 6]), 2, { stride: 2, ceilMode: true }],
  [distinct([2, 3, 7, 8]), [3, 2], { stride: [2, 1], padding: [1, 0] }],
  [distinct([1, 2, 7, 7]), 2, { dilation: 2 }],
  [distinct([2, 4, 5]), 2],
  [distinct([2, 4, 5]), 2, { returnIndices: true }],
  [distinct([2, 3, 6, 6]), 3, { stride: 2, padding: 1, ceilMode: true, returnIndices: true }],
  { args: [values([1, 1, 1, 1], { shape: [1, 1, 2, 2] }), 2], kink: true },
  { args: [edges([1, 1, 6, 30]), 2] },
  { args: [normal([0, 2, 4, 4]), 2], gradient: false },
];
const averages: Entry['samples'] = [
  [normal([1, 2, 4, 4]), 2],
  [normal([1, 2, 5, 4]), 3, { stride: 1, padding: 1 }],
  [normal([1, 2, 5, 4]), 3, { stride: 1, padding: 1, countIncludePad: false }],
  [normal([1, 1, 7, 6]), 2, { stride: 2, ceilMode: true }],
  [normal([1, 1, 7, 6]), 3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }],
  [normal([2, 3, 7, 8]), [3, 2], { stride: [2, 1], padding: [1, 0], divisorOverride: 5 }],
  [normal([2, 4, 5]), 2],
  { args: [normal([0, 2, 4, 4]), 2], gradient: false },
];
const adaptive = (make: Maker): Entry['samples'] => [
  [make([1, 2, 5, 4]), 2],
  [make([1, 2, 5, 4]), [3, 2]],
  [make([2, 3, 7, 7]), 1],
  [make([2, 3, 4, 6]), [null, 5]],
  [make([1, 1, 2, 3]), [4, 5]],
  [make([3, 6, 6]), 3],
];

export const pool: Group = {
  maxPool2d: {
    torch: 'F.max_pool2d',
    dtypes: FLOAT,
    covers: ['max_pool2d', 'max_pool2d_backward'],
    samples: maximal,
    large: [[distinct(LARGE), 3, { stride: 2, padding: 1 }]],
    errors: errors(2),
  },
  maxPool1d: {
    torch: 'F.max_pool1d',
    dtypes: FLOAT,
    samples: [
      [distinct([2, 3, 8]), 2],
      [distinct([3, 9]), 3, { stride: 2, padding: 1 }],
      [distinct([1, 2, 9]), 2, { dilation: 2, ceilMode: true, returnIndices: true }],
    ],
    large: [[distinct([8, 16, 1600]), 3, { stride: 2, padding: 1 }]],
    errors: errors(1),
  },
  avgPool2d: {
    torch: 'F.avg_pool2d',
    dtypes: FLOAT,
    covers: ['avg_pool2d', 'avg_pool2d_backward'],
    samples: averages,
    large: [[normal(LARGE), 3, { stride: 2, padding: 1 }]],
    errors: [
      ...errors(2),
      { args: [normal([1, 1, 6, 6]), 2, { divisorOverride: 0 }], throws: 'ValueError', says: ['divisorOverride'] },
    ],
  },
  avgPool1d: {
    torch: 'F.avg_pool1d',
    dtypes: FLOAT,
    samples: [
      [normal([2, 3, 8]), 2],
      [normal([3, 9]), 3, { stride: 2, padding: 1, countIncludePad: false }],
      [normal([1, 2, 9]), 2, { ceilMode: true }],
    ],
    large: [[normal([8, 16, 1600]), 3, { stride: 2, padding: 1 }]],
    errors: errors(1),
  },
  adaptiveAvgPool2d: {
    torch: 'F.adaptive_avg_pool2d',
    dtypes: FLOAT,
    covers: ['adaptive_avg_pool2d', 'adaptive_avg_pool2d_backward'],
    samples: adaptive(normal),
    large: [[normal(LARGE), 7]],
    errors: [
      { args: [normal([3]), 2], throws: 'ShapeError', says: ['(3,)'] },
      { args: [normal([1, 1, 0, 3]), 2], throws: 'ShapeError', says: ['(0, 3)'] },
    ],
  },
  adaptiveAvgPool1d: {
    torch: 'F.adaptive_avg_pool1d',
    dtypes: FLOAT,
    samples: [
      [normal([2, 3, 8]), 3],
      [normal([3, 5]), 7],
    ],
    large: [[normal([8, 16, 1600]), 7]],
  },
  adaptiveMaxPool2d: {
    torch: 'F.adaptive_max_pool2d',
    dtypes: FLOAT,
    covers: ['adaptive_max_pool2d'],
    samples: [...adaptive(distinct), [distinct([2, 3, 7, 6]), [3, 2], { returnIndices: true }]],
    large: [[distinct(LARGE), 7]],
    errors: [{ args: [normal([3]), 2], throws: 'ShapeError', says: ['(3,)'] }],
  },
  adaptiveMaxPool1d: {
    torch: 'F.adaptive_max_pool1d',
    dtypes: FLOAT,
    samples: [
      [distinct([2, 3, 8]), 3],
      [distinct([3, 5]), 7, { returnIndices: true }],
    ],
    large: [[distinct([8, 16, 1600]), 7]],
  },
};
