/** Samples of `core/src/ops/layer-norm.ts`. */
import { FLOAT } from '../dtype.js';
import type { Group, Tolerance } from '../sample.js';
import { normal } from '../spec.js';

/** float16 and bfloat16: PyTorch rounds the factors on the way, ours only the result. */
const tolerance: { readonly [dtype: string]: Tolerance } = {
  float32: [1e-5, 1e-4], // gradients of the weight are sums over 3000 rows
  float64: [1e-10, 1e-11],
  float16: [4e-3, 2e-3],
  bfloat16: [3.2e-2, 1.6e-2],
};

export const layerNorm: Group = {
  layerNorm: {
    torch: 'F.layer_norm',
    dtypes: FLOAT,
    covers: ['native_layer_norm', 'native_layer_norm_backward'],
    samples: [
      [normal([3, 5]), [5]],
      [normal([3, 5]), [5], { weight: normal([5]), bias: normal([5]) }],
      [normal([2, 3, 4]), [3, 4], { weight: normal([3, 4]), bias: normal([3, 4]), eps: 0.1 }],
      [normal([2, 3, 4]), [4], { weight: normal([4]) }],
      [normal([5]), [5]],
      [normal([0, 5]), [5], { weight: normal([5]), bias: normal([5]) }],
      [normal([2, 300]), [300]],
    ],
    large: [[normal([3000, 67]), [67], { weight: normal([67]), bias: normal([67]) }]],
    tolerance,
    errors: [
      { args: [normal([3, 5]), [4]], throws: 'ShapeError', says: ['(4,)', '(3, 5)'] },
      { args: [normal([3, 5]), [5], { weight: normal([4]) }], throws: 'ShapeError', says: ['weight', '(5,)', '(4,)'] },
      { args: [normal([3, 5]), [5]], throws: 'DTypeError', says: ['int64', '.float()'], dtype: 'int64' },
    ],
  },
  rmsNorm: {
    torch: 'F.rms_norm',
    dtypes: FLOAT,
    samples: [
      [normal([3, 5]), [5]],
      [normal([3, 5]), [5], { weight: normal([5]), eps: 1e-5 }],
      [normal([2, 3, 4]), [3, 4], { weight: normal([3, 4]) }],
    ],
    large: [[normal([3000, 67]), [67], { weight: normal([67]) }]],
    tolerance,
    errors: [{ args: [normal([3, 5]), [4]], throws: 'ShapeError', says: ['(4,)', '(3, 5)'] }],
  },
};
