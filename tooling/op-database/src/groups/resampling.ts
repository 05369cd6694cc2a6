/** Samples of `core/src/ops/resampling.ts`. */
import type { DType } from '../dtype.js';
import { FLOAT } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { normal } from '../spec.js';

/** PyTorch has no antialiased or area kernels in half precision. */
const wide: readonly DType[] = ['float32', 'float64'];
const only = (args: readonly unknown[]): Entry['samples'][number] => ({ args: args as never, dtypes: wide });

export const resampling: Group = {
  interpolate: {
    torch: 'rounded_once(F.interpolate)',
    dtypes: FLOAT,
    covers: ['resample'],
    samples: [
      [normal([2, 3, 5]), { size: 8 }],
      [normal([1, 2, 5, 4]), { scaleFactor: 2 }],
      [normal([1, 2, 7, 5]), { size: [3, 4] }],
      [normal([1, 2, 3, 2, 4]), { scaleFactor: [2, 1, 1.6] }],
      [normal([1, 2, 7, 5]), { size: [3, 8], mode: 'nearest-exact' }],
      [normal([2, 2, 6]), { scaleFactor: 1.7, mode: 'linear' }],
      [normal([2, 2, 6]), { size: 11, mode: 'linear', alignCorners: true }],
      [normal([1, 2, 5, 4]), { size: [8, 3], mode: 'bilinear' }],
      [normal([1, 2, 5, 4]), { size: [8, 1], mode: 'bilinear', alignCorners: true }],
      [normal([1, 2, 5, 4]), { scaleFactor: [1.3, 0.6], mode: 'bilinear', recomputeScaleFactor: true }],
      [normal([1, 2, 5, 4]), { scaleFactor: 1.5, mode: 'bicubic' }],
      [normal([1, 2, 3, 7]), { size: [5, 4], mode: 'bicubic', alignCorners: true }],
      [normal([1, 1, 3, 2, 4]), { size: [4, 3, 3], mode: 'trilinear' }],
      [normal([1, 1, 3, 2, 4]), { scaleFactor: 2, mode: 'trilinear', alignCorners: true }],
      only([normal([1, 2, 9, 7]), { size: [4, 3], mode: 'bilinear', antialias: true }]),
      only([normal([1, 2, 9, 4]), { size: [4, 9], mode: 'bicubic', antialias: true }]),
      only([normal([1, 2, 8]), { size: 3, mode: 'area' }]),
      only([normal([1, 2, 7, 5]), { size: [3, 2], mode: 'area' }]),
      only([normal([1, 1, 4, 5, 6]), { scaleFactor: 0.5, mode: 'area' }]),
      { args: [normal([1, 2, 4, 4]), { size: [4, 4], mode: 'bilinear' }], gradient: false },
    ],
    large: [[normal([4, 8, 40, 40]), { size: [70, 30], mode: 'bilinear' }]],
    tolerance: {
      float32: [1e-5, 5e-6], // one dimension after the other, with weights in float64
      float64: [1e-11, 1e-11],
    },
    errors: [
      { args: [normal([2, 3]), { size: 4 }], throws: 'ShapeError', says: ['(2, 3)'] },
      { args: [normal([1, 2, 3]), { size: 4, mode: 'bilinear' }], throws: 'ShapeError', says: ['bilinear', '(1, 2, 3)'] },
      { args: [normal([1, 2, 3])], throws: 'ValueError', says: ['size', 'scaleFactor'] },
      { args: [normal([1, 2, 3]), { size: 4, alignCorners: true }], throws: 'ValueError', says: ['alignCorners'] },
      { args: [normal([1, 2, 3]), { size: 4, mode: 'linear', antialias: true }], throws: 'ValueError', says: ['antialias'] },
      { args: [normal([1, 2, 3]), { size: [4, 4] }], throws: 'ValueError', says: ['[4,4]'] },
      { args: [normal([1, 2, 3]), { scaleFactor: 0.1 }], throws: 'ValueError', says: ['[0]'] },
      { args: [normal([1, 2, 3]), { size: 4 }], throws: 'DTypeError', says: ['int64'], dtype: 'int64' },
    ],
  },
};
