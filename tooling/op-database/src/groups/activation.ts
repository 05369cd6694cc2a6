/** Samples of `core/src/ops/activation.ts`. */
import { type DType, FLOAT } from '../dtype.js';
import type { Argument, Entry, ErrorSample, Group } from '../sample.js';
import { edges, nonzero, normal, uniform, values } from '../spec.js';

const integers: ErrorSample = { args: [normal([2])], throws: 'DTypeError', says: ['int32', '.float()'], dtype: 'int32' };

/** A function of one tensor, with its parameters' defaults and with each of `choices`, sampled in all its branches. */
function pointwise(
  torch: string,
  choices: readonly (readonly Argument[])[] = [],
  rest: Partial<Entry> = {},
  edgeDtypes: readonly DType[] = FLOAT,
): Entry {
  return {
    torch,
    dtypes: FLOAT,
    samples: [
      [nonzero([3, 5])],
      [uniform([4, 6], -5, 5)],
      [nonzero([])],
      [normal([0, 3])],
      { args: [edges()], dtypes: edgeDtypes },
      { args: [values([-1, 0, 1, 3, -3])], kink: true },
      ...choices.map((choice) => [uniform([4, 6], -5, 5), ...choice]),
    ],
    large: [[uniform([263, 301], -5, 5)]],
    errors: [integers, { args: [3], throws: 'TypeError', says: ['tensor'] }],
    ...rest,
  };
}

/** A composition that takes integers, too. */
const composed = (torch: string, choices: readonly (readonly Argument[])[] = []): Entry =>
  pointwise(torch, choices, { errors: [{ args: [3], throws: 'TypeError', says: ['tensor'] }] });

export const activation: Group = {
  gelu: pointwise(
    'F.gelu',
    [[{ approximate: 'tanh' }], [{ approximate: 'none' }]],
    {
      covers: ['gelu', 'gelu_tanh', 'gelu_backward', 'gelu_tanh_backward'],
      errors: [integers, { args: [normal([2]), { approximate: 'erf' }], throws: 'ValueError', says: ["'tanh'", "'erf'"] }],
    },
    ['float64', 'float16'],
  ), // PyTorch's float32 vector code gives NaN for ∞
  silu: pointwise('F.silu', [], { covers: ['silu_backward'] }),
  mish: pointwise('F.mish'),
  hardswish: pointwise('F.hardswish', [], { covers: ['hardswish_backward'] }),
  hardsigmoid: pointwise('F.hardsigmoid', [], {
    covers: ['hardsigmoid_backward'],
    tolerance: { float64: [1e-7, 1e-9] }, // PyTorch's derivative has 1/6 in float32
  }),
  logSigmoid: pointwise('F.logsigmoid'),
  leakyRelu: pointwise('F.leaky_relu', [[0.2], [-0.5]], { covers: ['leaky_relu_backward'] }),
  elu: pointwise('F.elu', [[0.5]], { covers: ['elu_backward'] }),
  selu: pointwise('F.selu'),
  celu: pointwise('F.celu', [[0.5], [2]]),
  softplus: pointwise('F.softplus', [[{ beta: 2 }], [{ beta: 1.5, threshold: 3 }]], { covers: ['softplus_backward'] }),
  hardtanh: composed('F.hardtanh', [[-2, 0.5]]),
  relu6: composed('F.relu6'),
  softsign: composed('F.softsign'),
  tanhshrink: composed('F.tanhshrink'),
  hardshrink: composed('F.hardshrink', [[1.5]]),
  softshrink: composed('F.softshrink', [[1.5]]),
  threshold: {
    torch: 'F.threshold',
    dtypes: FLOAT,
    samples: [
      [uniform([4, 6], -5, 5), 0.1, 20],
      [nonzero([]), 0, -1],
      [normal([0, 3]), 0.1, 20],
      { args: [values([-1, 0.5, 1]), 0.5, 7], kink: true },
    ],
    large: [[uniform([263, 301], -5, 5), 0.1, 20]],
  },
  prelu: {
    torch: 'F.prelu',
    dtypes: FLOAT,
    samples: [
      [nonzero([3, 4]), normal([4])],
      [nonzero([2, 3, 2, 2]), normal([3])],
      [nonzero([2, 3, 2]), normal([1])],
      [nonzero([5]), normal([1])],
      [normal([0, 3]), normal([3])],
    ],
    large: [[nonzero([20, 16, 301]), normal([16])]],
    tolerance: { float32: [1e-5, 1e-4] }, // a slope's gradient is a sum of 6020 products
    errors: [{ args: [normal([2, 3]), normal([4])], throws: 'ShapeError', says: ['3', '(4,)'] }],
  },
  glu: {
    torch: 'F.glu',
    dtypes: FLOAT,
    samples: [[normal([3, 6])], [normal([4, 3]), 0], [normal([2, 4, 3]), 1], [normal([0, 4])]],
    large: [[normal([263, 302])]],
    errors: [
      { args: [normal([2, 3])], throws: 'ShapeError', says: ['(2, 3)', 'even'] },
      { args: [normal([2, 4]), 2], throws: 'IndexError', says: ['[-2, 1]'] },
      integers,
    ],
  },
};
