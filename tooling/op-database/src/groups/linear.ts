/** Samples of `core/src/ops/linear.ts`. */
import { FLOAT } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { normal } from '../spec.js';

const ACTIVATIONS =
  "{'none': lambda x: x, 'relu': F.relu, 'gelu': F.gelu, 'gelu_tanh': lambda x: F.gelu(x, approximate='tanh'), 'sigmoid': torch.sigmoid, 'tanh': torch.tanh, 'silu': F.silu}";

const linearSamples: Entry['samples'] = [
  [normal([3, 4]), normal([5, 4])],
  [normal([3, 4]), normal([5, 4]), normal([5])],
  [normal([2, 3, 4]), normal([5, 4]), normal([5])],
  [normal([4]), normal([5, 4]), normal([5])],
  [normal([0, 4]), normal([5, 4]), normal([5])],
  [normal([3, 0]), normal([5, 0]), normal([5])],
  [normal([17, 33]), normal([19, 33]), normal([19])],
];

export const linear: Group = {
  linear: {
    torch: 'F.linear',
    dtypes: FLOAT,
    samples: linearSamples,
    large: [
      [normal([200, 150]), normal([230, 150]), normal([230])],
      [normal([1, 1000]), normal([500, 1000]), normal([500])],
    ],
    // sums of up to 1000 products
    tolerance: { float32: [1e-5, 1e-4] },
    errors: [
      { args: [normal([3, 4]), normal([5, 6])], throws: 'ShapeError', says: ['(3, 4)', '(5, 6)', '4 ≠ 6'] },
      { args: [normal([3, 4]), normal([4])], throws: 'ShapeError', says: ['(4,)'] },
      { args: [normal([3, 4]), normal([5, 4]), normal([4])], throws: 'ShapeError', says: ['(5,)', '(4,)'] },
      { args: [normal([3, 4]), normal([5, 4], { dtype: 'float64' })], throws: 'DTypeError', says: ['float32', 'float64'] },
    ],
  },
  linearActivation: {
    torch: `lambda x, w, b, a: ${ACTIVATIONS}[a](F.linear(x, w, b))`,
    dtypes: FLOAT,
    // PyTorch rounds to the dtype before the activation
    tolerance: { float16: [4e-3, 1e-3], bfloat16: [3.2e-2, 8e-3] },
    samples: ['none', 'relu', 'gelu', 'gelu_tanh', 'sigmoid', 'tanh', 'silu'].flatMap((activation) => [
      [normal([3, 4]), normal([5, 4]), normal([5]), activation],
      [normal([2, 3, 7]), normal([18, 7]), null, activation],
    ]),
  },
};
