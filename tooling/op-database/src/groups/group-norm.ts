/** Samples of `core/src/ops/group-norm.ts`. */
import { FLOAT } from '../dtype.js';
import type { Group, Tolerance } from '../sample.js';
import { normal } from '../spec.js';

/** float16 and bfloat16: PyTorch rounds the factors on the way, ours only at other places. */
const tolerance: { readonly [dtype: string]: Tolerance } = {
  float32: [1e-5, 1e-4], // gradients of the weight are sums over 6272 places
  float64: [1e-10, 1e-11],
  float16: [4e-3, 2e-3],
  bfloat16: [3.2e-2, 1.6e-2],
};

export const groupNorm: Group = {
  groupNorm: {
    torch: 'F.group_norm',
    dtypes: FLOAT,
    covers: ['native_group_norm', 'native_group_norm_backward'],
    samples: [
      [normal([2, 4]), 2],
      [normal([2, 4, 3]), 2, { weight: normal([4]), bias: normal([4]) }],
      [normal([2, 6, 2, 2]), 3, { weight: normal([6]), eps: 0.1 }],
      [normal([1, 3, 4]), 1],
    ],
    large: [
      [normal([8, 16, 28, 28]), 4, { weight: normal([16]), bias: normal([16]) }],
      [normal([700, 70]), 10, { weight: normal([70]), bias: normal([70]) }],
      [normal([2, 3, 17000]), 1, { weight: normal([3]), bias: normal([3]) }], // few large groups
    ],
    tolerance,
    errors: [
      { args: [normal([2, 5, 3]), 2], throws: 'ValueError', says: ['5', '2'] },
      { args: [normal([4]), 2], throws: 'ShapeError', says: ['(4,)'] },
      { args: [normal([2, 4]), 2, { weight: normal([2]) }], throws: 'ShapeError', says: ['(4,)', '(2,)'] },
    ],
  },
  instanceNorm: {
    torch: 'F.instance_norm',
    dtypes: FLOAT,
    samples: [[normal([2, 3, 4])], [normal([2, 3, 2, 3]), { weight: normal([3]), bias: normal([3]), eps: 0.1 }]],
    large: [[normal([8, 16, 28, 28]), { weight: normal([16]), bias: normal([16]) }]],
    tolerance,
    errors: [{ args: [normal([2, 3])], throws: 'ShapeError', says: ['(2, 3)'] }],
  },
};
