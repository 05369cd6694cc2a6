/** Samples of `core/src/ops/distances.ts`. */
import type { Group } from '../sample.js';
import { distinct, normal } from '../spec.js';

export const distances: Group = {
  cdist: {
    torch: 'lambda a, b, p=2.0, **o: torch.cdist(a, b, p, **o)',
    dtypes: ['float32', 'float64'],
    noMethod: true,
    covers: ['_cdist_forward'],
    samples: [
      [normal([3, 4]), normal([2, 4])],
      [normal([3, 4]), normal([2, 4]), 1],
      [normal([3, 4]), normal([2, 4]), 3],
      [distinct([3, 4]), normal([2, 4]), Number.POSITIVE_INFINITY],
      [normal([2, 3, 4]), normal([1, 2, 4])],
      { args: [normal([3, 70]), normal([9, 70])], gradient: false },
      { args: [normal([3, 70]), normal([9, 70]), 1], gradient: false },
      { args: [distinct([3, 70]), normal([9, 70]), Number.POSITIVE_INFINITY], gradient: false },
      [normal([3, 4]), normal([2, 4]), 2, { computeMode: 'use_mm_for_euclid_dist' }],
      [normal([30, 4]), normal([2, 4])],
      { args: [normal([0, 4]), normal([2, 4])], gradient: false },
    ],
    tolerance: { float32: [1e-4, 1e-5] }, // by products of matrices
    errors: [
      { args: [normal([3, 4]), normal([2, 5])], throws: 'ShapeError', says: ['(3, 4)', '(2, 5)'] },
      { args: [normal([3, 4]), normal([2, 4]), -1], throws: 'ValueError', says: ['-1'] },
      { args: [normal([3, 4]), normal([2, 4])], throws: 'DTypeError', says: ['int32'], dtype: 'int32' },
    ],
  },
  pdist: {
    torch: 'lambda x, p=2.0: F.pdist(x, p)',
    dtypes: ['float32', 'float64'],
    noMethod: true,
    covers: ['_pdist_forward'],
    secondGradient: false, // PyTorch's has none; where distances are 0 there would be none here either
    samples: [
      [normal([4, 3])],
      [normal([4, 3]), 1],
      [normal([3, 2]), 3],
      [normal([2, 5])],
      { args: [normal([9, 37])], gradient: false },
    ],
    errors: [{ args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] }],
  },
};
