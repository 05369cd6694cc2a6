/** Samples of `core/src/ops/gradient.ts`. */
import type { Group } from '../sample.js';
import { normal, values } from '../spec.js';

export const gradient: Group = {
  gradient: {
    dtypes: ['float32', 'float64'],
    samples: [
      [normal([7])],
      [normal([4, 5])],
      [normal([4, 5]), { dim: 1 }],
      [normal([2]), { spacing: 0.5 }],
      [normal([4, 5]), { dim: [0, 1], spacing: [0.5, 2] }],
      [normal([4, 5]), { dim: -1, edgeOrder: 2 }],
      [normal([3, 4]), { spacing: 2, edgeOrder: 2 }],
      [normal([5]), { spacing: [values([0, 0.5, 2, 2.25, 4], { differentiable: false })] }],
      [normal([2, 5]), { dim: 1, spacing: [values([0, 0.5, 2, 2.25, 4], { differentiable: false })], edgeOrder: 2 }],
    ],
    tolerance: { float32: [1e-5, 1e-5] }, // quotients of differences
    noMethod: true,
    errors: [
      { args: [normal([1])], throws: 'ShapeError', says: ['1 samples'] },
      { args: [normal([4]), { spacing: [1, 2] }], throws: 'ValueError', says: ['2 spacings', '1 dimensions'] },
      { args: [normal([4])], throws: 'DTypeError', says: ['int32'], dtype: 'int32' },
    ],
  },
};
