/** Samples of `core/src/ops/pool3d.ts`. */
import { FLOAT } from '../dtype.js';
import type { Entry, ErrorSample, Group } from '../sample.js';
import { distinct, normal, type TensorSpec, values } from '../spec.js';

const WIDE = ['float32', 'float64'] as const; // narrower averages are rounded in between
const LARGE = [2, 8, 12, 20, 20];
const errors: ErrorSample[] = [
  { args: [normal([3]), 2], throws: 'ShapeError', says: ['(3,)'] },
  { args: [normal([1, 1, 3, 3, 3]), 5], throws: 'ShapeError', says: ['5', '3'] },
  { args: [normal([1, 1, 6, 6, 6]), 2, { padding: 2 }], throws: 'ValueError', says: ['padding', '2'] },
  { args: [normal([1, 1, 6, 6, 6]), [2, 2]], throws: 'ValueError', says: ['kernelSize', '3'] },
];
const adaptive = (make: (shape: readonly number[]) => TensorSpec): Entry['samples'] => [
  [make([1, 2, 4, 3, 5]), 2],
  [make([2, 1, 3, 4, 2]), [2, null, 3]],
  [make([2, 3, 4, 3]), 1],
];
const nothing: ErrorSample = { args: [normal([1, 1, 0, 2, 3]), 2], throws: 'ShapeError', says: ['(0, 2, 3)'] };

export const pool3d: Group = {
  maxPool3d: {
    torch: 'F.max_pool3d',
    dtypes: FLOAT,
    samples: [
      [distinct([1, 2, 4, 4, 2]), 2],
      [distinct([1, 1, 3, 5, 4]), 3, { stride: 1, padding: 1, returnIndices: true }],
      [distinct([2, 2, 5, 4, 5]), [3, 2, 2], { stride: [2, 1, 2], padding: [1, 0, 1], ceilMode: true, returnIndices: true }],
      [distinct([2, 5, 4, 3]), 2, { dilation: [2, 1, 2], stride: 1 }],
      { args: [values([1, 1, 1, 1, 1, 1, 1, 1], { shape: [1, 1, 2, 2, 2] }), 2, { returnIndices: true }], kink: true },
    ],
    large: [[distinct(LARGE), 3, { stride: 2, padding: 1 }]],
    errors,
  },
  avgPool3d: {
    torch: 'F.avg_pool3d',
    dtypes: WIDE,
    samples: [
      [normal([1, 2, 4, 4, 2]), 2],
      [normal([1, 1, 3, 5, 4]), 3, { stride: 1, padding: 1 }],
      [normal([2, 2, 5, 4, 5]), [3, 2, 2], { stride: 2, padding: [1, 1, 0], ceilMode: true, countIncludePad: false }],
      [normal([2, 3, 4, 5]), 2, { padding: 1, divisorOverride: 3 }],
    ],
    large: [[normal(LARGE), 3, { stride: 2, padding: 1 }]],
    errors: [
      ...errors,
      { args: [normal([1, 1, 6, 6, 6]), 2, { divisorOverride: 0 }], throws: 'ValueError', says: ['divisorOverride'] },
    ],
  },
  adaptiveAvgPool3d: {
    torch: 'F.adaptive_avg_pool3d',
    dtypes: WIDE,
    samples: adaptive(normal),
    large: [[normal(LARGE), 5]],
    errors: [nothing],
  },
  adaptiveMaxPool3d: {
    torch: 'F.adaptive_max_pool3d',
    dtypes: FLOAT,
    samples: [...adaptive(distinct), [distinct([1, 2, 4, 3, 5]), [3, 2, 2], { returnIndices: true }]],
    large: [[distinct(LARGE), 5]],
    errors: [nothing],
  },
};
