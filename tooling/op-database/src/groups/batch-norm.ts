/** Samples of `core/src/ops/batch-norm.ts`. */
import { FLOAT } from '../dtype.js';
import type { Argument, Group } from '../sample.js';
import { normal, positive } from '../spec.js';

const fixed = { differentiable: false };
/** Running statistics: the training pass writes to them, and they have no gradient. */
const statistics = (channels: number): readonly Argument[] => [normal([channels], fixed), positive([channels], fixed)];

export const batchNorm: Group = {
  batchNorm: {
    torch: 'F.batch_norm',
    dtypes: FLOAT,
    covers: ['native_batch_norm', 'native_batch_norm_backward', 'batch_norm_eval', 'batch_norm_eval_backward'],
    noExpand: true,
    samples: [
      [normal([4, 3]), ...statistics(3)],
      [normal([2, 3, 4]), ...statistics(3), { weight: normal([3]), bias: normal([3]) }],
      [normal([2, 2, 3, 3]), ...statistics(2), { weight: normal([2]), bias: normal([2]), eps: 0.1 }],
      [normal([5, 3]), null, null, { training: true }],
      [normal([2, 3, 4]), null, null, { training: true, weight: normal([3]), bias: normal([3]) }],
      [normal([2, 2, 3, 3]), null, null, { training: true, weight: normal([2]), bias: null, eps: 0.01 }],
      { args: [normal([0, 3]), ...statistics(3)], gradient: false },
    ],
    large: [
      [normal([8, 16, 28, 28]), null, null, { training: true, weight: normal([16]), bias: normal([16]) }],
      [normal([1200, 70]), null, null, { training: true, weight: normal([70]), bias: normal([70]) }],
      [normal([3, 2, 17001]), null, null, { training: true, weight: normal([2]), bias: normal([2]) }], // few large channels
      [normal([8, 16, 28, 28]), ...statistics(16), { weight: normal([16]), bias: normal([16]) }],
      [normal([1200, 70]), ...statistics(70), { weight: normal([70]), bias: normal([70]) }],
    ],
    // gradients are sums over up to 6272 places
    tolerance: { float32: [1e-5, 2e-4], float64: [1e-10, 1e-11], float16: [4e-3, 2e-3], bfloat16: [3.2e-2, 1.6e-2] },
    errors: [
      { args: [normal([4]), null, null, { training: true }], throws: 'ShapeError', says: ['(4,)'] },
      { args: [normal([4, 3]), null, null], throws: 'ValueError', says: ['runningMean'] },
      { args: [normal([1, 3]), null, null, { training: true }], throws: 'ValueError', says: ['(1, 3)'] },
      { args: [normal([4, 3]), normal([2]), normal([3])], throws: 'ShapeError', says: ['(3,)', '(2,)'] },
      {
        args: [normal([4, 3]), null, null, { training: true }],
        throws: 'DTypeError',
        says: ['int32', '.float()'],
        dtype: 'int32',
      },
    ],
  },
};
