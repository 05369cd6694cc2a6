/** Samples of `core/src/ops/loss.ts`. */
import { type DType, FLOAT } from '../dtype.js';
import type { Argument, Entry, ErrorSample, Group } from '../sample.js';
import { indices, normal, positive, type TensorSpec, uniform, values } from '../spec.js';

const WIDE: readonly DType[] = ['float32', 'float64'];
const fixed = { differentiable: false };
const probabilities = (shape: readonly number[]): TensorSpec => uniform(shape, 0.05, 0.95);

/** Means and sums of float16 and bfloat16 round once more on the way. */
const tolerance: Entry['tolerance'] = { float16: [4e-3, 2e-3], bfloat16: [3.2e-2, 1.6e-2], float32: [1e-5, 1e-5] };

const classErrors: ErrorSample[] = [
  { args: [normal([2, 3]), values([0, 3], { dtype: 'int64' })], throws: 'IndexError', says: ['3'] },
  { args: [normal([2, 3]), values([0, -1], { dtype: 'int64' })], throws: 'IndexError', says: ['-1'] },
  { args: [normal([2, 3]), indices([3], 0, 3)], throws: 'ShapeError', says: ['(2, 3)', '(2,)', '(3,)'] },
  { args: [normal([2, 3]), normal([2])], throws: 'DTypeError', says: ['.long()'] },
  { args: [normal([2, 3]), indices([2], 0, 3), { weight: normal([2]) }], throws: 'ShapeError', says: ['(3,)', '(2,)'] },
  { args: [normal([2, 3]), indices([2], 0, 3), { reduction: 'average' }], throws: 'ValueError', says: ["'average'"] },
];

/** Scores, target classes and options. */
const classes: Entry['samples'] = [
  [normal([4, 3]), indices([4], 0, 3)],
  [normal([4, 3]), indices([4], 0, 3), { reduction: 'sum' }],
  [normal([4, 3]), indices([4], 0, 3), { reduction: 'none' }],
  [normal([4, 3]), indices([4], 0, 3), { weight: positive([3], fixed) }],
  [normal([4, 3]), indices([4], 0, 3), { weight: positive([3], fixed), reduction: 'none' }],
  [normal([4, 3]), values([0, 2, 1, 2], { dtype: 'int64' }), { ignoreIndex: 2 }],
  [normal([4, 3]), values([0, -100, 1, -100], { dtype: 'int64' }), { weight: positive([3], fixed) }],
  [normal([2, 3, 4]), indices([2, 4], 0, 3), { weight: positive([3], fixed) }],
  [normal([2, 3, 2, 2]), indices([2, 2, 2], 0, 3)],
  [normal([2, 3, 2, 2]), indices([2, 2, 2], 0, 3), { reduction: 'none' }],
  [normal([3]), indices([], 0, 3)],
  { args: [normal([0, 3]), indices([0], 0, 3), { reduction: 'sum' }], gradient: false },
];
const largeClasses: Entry['large'] = [[normal([2000, 67]), indices([2000], 0, 67), { weight: positive([67], fixed) }]];

const shapes: ErrorSample[] = [
  { args: [normal([2, 3]), normal([3])], throws: 'ShapeError', says: ['(2, 3)', '(3,)'] },
  { args: [normal([2]), normal([2]), { reduction: 'average' }], throws: 'ValueError', says: ["'average'"] },
  { args: [normal([2]), 1], throws: 'TypeError', says: ['target'] },
];

/** A loss of two tensors of one shape, with each of `choices` of options. */
function elementwise(
  torch: string,
  make: (shape: readonly number[]) => TensorSpec,
  target: TensorSpec['fill'],
  choices: readonly Argument[],
  rest: Partial<Entry> = {},
): Entry {
  const goal = (shape: readonly number[]): TensorSpec => ({ ...make(shape), fill: target });
  return {
    torch,
    dtypes: FLOAT,
    samples: [
      [make([3, 4]), goal([3, 4])],
      [make([3, 4]), goal([3, 4]), { reduction: 'sum' }],
      [make([3, 4]), goal([3, 4]), { reduction: 'none' }],
      [make([]), goal([])],
      [make([0, 2]), goal([0, 2]), { reduction: 'sum' }],
      ...choices.map((options) => [make([3, 4]), goal([3, 4]), options]),
    ],
    large: [[make([263, 301]), goal([263, 301])]],
    tolerance,
    errors: shapes,
    ...rest,
  };
}

export const loss: Group = {
  nllLoss: {
    torch: 'F.nll_loss',
    dtypes: FLOAT,
    covers: ['nll_loss', 'nll_loss_backward'],
    samples: classes,
    large: largeClasses,
    tolerance,
    errors: classErrors,
  },
  crossEntropy: {
    torch: 'F.cross_entropy',
    dtypes: FLOAT,
    samples: [
      ...classes,
      [normal([4, 3]), indices([4], 0, 3), { labelSmoothing: 0.1 }],
      [normal([4, 3]), values([0, -100, 1, -100], { dtype: 'int64' }), { weight: positive([3], fixed), labelSmoothing: 0.2 }],
      [normal([2, 3, 4]), indices([2, 4], 0, 3), { reduction: 'none', labelSmoothing: 0.3 }],
      [normal([4, 3]), probabilities([4, 3])],
      [normal([2, 3, 4]), probabilities([2, 3, 4]), { weight: positive([3], fixed), labelSmoothing: 0.1 }],
      [normal([4, 3]), probabilities([4, 3]), { reduction: 'none' }],
      { args: [uniform([3, 4], -500, 500), indices([3], 0, 4)], dtypes: WIDE },
    ],
    large: [...largeClasses, [normal([4, 1000]), indices([4], 0, 1000)]],
    tolerance,
    errors: [
      ...classErrors.map((e): ErrorSample => (e.throws === 'IndexError' ? { ...e, op: 'nll_loss' } : e)),
      { args: [normal([2, 3]), indices([2], 0, 3), { labelSmoothing: 1.5 }], throws: 'ValueError', says: ['1.5'] },
    ],
  },
  mseLoss: elementwise('F.mse_loss', normal, 'normal', [], { covers: ['huber_elements', 'huber_backward'] }),
  l1Loss: elementwise('F.l1_loss', normal, 'normal', []),
  smoothL1Loss: elementwise('F.smooth_l1_loss', normal, 'normal', [{ beta: 0.5 }, { beta: 2, reduction: 'sum' }, { beta: 0 }], {
    errors: [...shapes, { args: [normal([2]), normal([2]), { beta: -1 }], throws: 'ValueError', says: ['-1'] }],
  }),
  huberLoss: elementwise('F.huber_loss', normal, 'normal', [{ delta: 0.5 }, { delta: 2, reduction: 'sum' }], {
    errors: [...shapes, { args: [normal([2]), normal([2]), { delta: 0 }], throws: 'ValueError', says: ['0'] }],
  }),
  binaryCrossEntropy: elementwise(
    'F.binary_cross_entropy',
    probabilities,
    'uniform',
    [{ weight: positive([3, 4], fixed) }, { weight: positive([4], fixed), reduction: 'none' }],
    {
      covers: ['binary_cross_entropy_elements'],
      samples: [
        ...elementwise('', probabilities, 'uniform', [
          { weight: positive([3, 4], fixed) },
          { weight: positive([4], fixed), reduction: 'none' },
        ]).samples,
        // PyTorch's derivative there keeps an arbitrary 1e-12 away from a division by zero
        { args: [values([0, 1, 0, 1]), values([0, 1, 1, 0], fixed), { reduction: 'none' }], gradient: false },
      ],
    },
  ),
  binaryCrossEntropyWithLogits: {
    covers: ['logits_entropy_elements', 'logits_entropy_backward'],
    ...elementwise('F.binary_cross_entropy_with_logits', normal, 'uniform', [
      { weight: positive([3, 4], fixed) },
      { posWeight: positive([4], fixed) },
      { weight: positive([4], fixed), posWeight: positive([4], fixed), reduction: 'none' },
    ]),
  },
  klDiv: elementwise(
    'F.kl_div',
    normal,
    'positive',
    [{ reduction: 'batchmean' }, { logTarget: true }, { logTarget: true, reduction: 'batchmean' }],
    { errors: shapes.slice(1) },
  ), // broadcasts, like PyTorch's
};
