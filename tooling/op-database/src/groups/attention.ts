/** Samples of `core/src/ops/attention.ts`. */
import { FLOAT } from '../dtype.js';
import type { Group } from '../sample.js';
import { bools, normal, values } from '../spec.js';

export const attention: Group = {
  scaledDotProductAttention: {
    torch: 'F.scaled_dot_product_attention',
    dtypes: FLOAT,
    covers: ['attention', 'attention_backward'],
    samples: [
      [normal([2, 3, 4]), normal([2, 5, 4]), normal([2, 5, 3])],
      [normal([1, 2, 3, 2]), normal([1, 2, 3, 2]), normal([1, 2, 3, 4]), { isCausal: true }],
      [normal([2, 2, 3, 4]), normal([2, 2, 4, 4]), normal([2, 2, 4, 2]), { scale: 0.3 }],
      [normal([1, 2, 3, 2]), normal([1, 2, 4, 2]), normal([1, 2, 4, 2]), { attnMask: normal([3, 4], { differentiable: false }) }],
      [normal([1, 2, 3, 2]), normal([1, 2, 4, 2]), normal([1, 2, 4, 2]), { attnMask: normal([2, 1, 4]) }],
      [
        normal([4, 3]),
        normal([3, 3]),
        normal([3, 2]),
        { attnMask: values([1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0], { shape: [4, 3], dtype: 'bool' }) },
      ],
      [normal([1, 4, 3, 2]), normal([1, 2, 3, 2]), normal([1, 2, 3, 2]), { enableGqa: true, isCausal: true }],
      {
        args: [normal([2, 3, 130, 40]), normal([2, 3, 150, 40]), normal([2, 3, 150, 35]), { attnMask: bools([2, 1, 130, 150]) }],
        dtypes: ['float32', 'float64'],
      },
      {
        args: [normal([1, 2, 200, 64]), normal([1, 2, 200, 64]), normal([1, 2, 200, 64]), { isCausal: true }],
        dtypes: ['float32', 'float64'],
      },
      // fewer queries than keys: the last ones are seen by none
      {
        args: [normal([1, 2, 44, 20]), normal([1, 2, 74, 20]), normal([1, 2, 74, 35]), { isCausal: true }],
        dtypes: ['float32', 'float64'],
      },
    ],
    large: [[normal([2, 4, 300, 33]), normal([2, 4, 270, 33]), normal([2, 4, 270, 20])]],
    tolerance: {
      float32: [1e-4, 1e-5], // sums over hundreds of keys, each weighted by an exponential
      float64: [1e-10, 1e-12],
      float16: [4e-3, 2e-3], // PyTorch rounds the weights on the way
      bfloat16: [3.2e-2, 1.6e-2],
    },
    errors: [
      { args: [normal([3, 4]), normal([5, 3]), normal([5, 2])], throws: 'ShapeError', says: ['(3, 4)', '(5, 3)'] },
      { args: [normal([3, 4]), normal([5, 4]), normal([6, 2])], throws: 'ShapeError', says: ['(5, 4)', '(6, 2)'] },
      {
        args: [normal([3, 4]), normal([5, 4]), normal([5, 2]), { attnMask: bools([5, 3]) }],
        throws: 'ShapeError',
        says: ['*3*', '*5*'],
      },
      {
        args: [normal([3, 4]), normal([5, 4]), normal([5, 2]), { attnMask: bools([3, 5]), isCausal: true }],
        throws: 'ValueError',
        says: ['attnMask', 'isCausal'],
      },
      {
        args: [normal([3, 3, 4]), normal([2, 5, 4]), normal([2, 5, 2]), { enableGqa: true }],
        throws: 'ShapeError',
        says: ['3', '2'],
      },
      { args: [normal([3, 4]), normal([5, 4]), normal([5, 2]), { dropoutP: 2 }], throws: 'ValueError', says: ['dropoutP', '2'] },
      { args: [normal([3, 4]), normal([5, 4]), normal([5, 2])], throws: 'DTypeError', says: ['int64'], dtype: 'int64' },
    ],
  },
};
