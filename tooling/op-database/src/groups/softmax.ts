/** Samples of `core/src/ops/softmax.ts`. */
import { FLOAT, INT } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { edges, normal, uniform, values } from '../spec.js';

const softmaxLike = (backward: string, tolerance?: Entry['tolerance']): Entry => ({
  dtypes: FLOAT,
  covers: [backward],
  samples: [
    [normal([3, 5]), 1],
    [normal([3, 5]), 0],
    [normal([2, 3, 4]), 1],
    [normal([2, 3, 4]), -1],
    [normal([7]), 0],
    [normal([3, 1]), 1],
    [normal([]), 0],
    [normal([0, 3]), 1],
    [normal([2, 0]), 1],
    [normal([4, 300]), -1],
    { args: [normal([3, 5]), 1, { dtype: 'float32' }], dtypes: ['float32', 'float16', 'bfloat16'] },
    { args: [normal([3, 5]), 1, { dtype: 'float64' }], dtypes: INT },
    { args: [uniform([2, 6], 500, 1000), 1], dtypes: ['float32', 'float64', 'bfloat16'] },
    { args: [values([Number.NEGATIVE_INFINITY, 1, 2, Number.NEGATIVE_INFINITY, 0, 0], { shape: [2, 3] }), 1], kink: true },
    { args: [edges([29, 3]), 1] },
  ],
  tolerance,
  large: [
    [normal([403, 307]), 1],
    [normal([403, 307]), 0],
    [normal([31, 67, 43]), 1],
    [normal([2, 40001]), 1],
  ],
  errors: [
    { args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]', '2'] },
    { args: [normal([2, 3]), 1], throws: 'DTypeError', says: ['int64', '.float()'], dtype: 'int64' },
    { args: [5, 1], throws: 'TypeError', says: ['tensor'] },
  ],
});

export const softmax: Group = {
  softmax: softmaxLike('softmax_backward'),
  // PyTorch rounds the logarithm of the sum to the dtype on the way: up to 6 units in the last place from the exact value
  logSoftmax: softmaxLike('log_softmax_backward', { float16: [4e-3, 5e-4], bfloat16: [3.2e-2, 4e-3] }),
};
