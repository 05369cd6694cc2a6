/** Samples of `core/src/ops/reduction.ts`. */
import { FLOAT, INT, REAL, REAL_AND_BOOL } from '../dtype.js';
import type { Argument, Entry, ErrorSample, Group, Sample } from '../sample.js';
import { distinct, edges, nonzero, normal, type TensorSpec, uniform, values } from '../spec.js';

type Maker = (shape: readonly number[]) => TensorSpec;

/** Which dimensions: all, one, several; kept or removed. */
const dimensions = (make: Maker): (readonly Argument[])[] => [
  [make([3, 4, 5])],
  [make([3, 4, 5]), 1],
  [make([3, 4, 5]), -1, { keepdim: true }],
  [make([3, 4, 5]), [0, 2]],
  [make([2, 3, 4, 2]), [1, 3], { keepdim: true }],
  [make([3, 4, 5]), null, { keepdim: true }],
  [make([])],
  [make([]), 0],
  [make([1, 7]), 0],
  [make([40, 3]), 0],
  [make([2, 300]), 1],
];
const empty: (readonly Argument[])[] = [
  [normal([0])],
  [normal([0, 3]), 0],
  [normal([0, 3]), 1],
  [normal([2, 0, 3]), [1], { keepdim: true }],
];
const dimErrors: ErrorSample[] = [
  { args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]', '2'] },
  { args: [normal([2, 3]), [0, 0]], throws: 'ShapeError', says: ['twice'] },
  { args: [5], throws: 'TypeError', says: ['tensor'] },
];
const LARGE: (readonly Argument[])[] = [
  [normal([403, 307])],
  [normal([403, 307]), 0],
  [normal([403, 307]), 1],
  [normal([37, 41, 67]), [0, 2]],
];
const onlyFloat: ErrorSample = { args: [normal([2, 3])], throws: 'DTypeError', says: ['int32', '.float()'], dtype: 'int32' };
const noElements: ErrorSample = { args: [normal([0, 3]), 0], throws: 'ShapeError', says: ['zero elements', '(0, 3)'] };

const truth: Entry = {
  dtypes: REAL_AND_BOOL.filter((d) => d !== 'uint8'), // for which PyTorch gives uint8, for old times' sake
  gradient: false,
  samples: [
    ...dimensions((shape) => uniform(shape, 0, 2)),
    ...empty,
    [values([0, 0, 0])],
    [values([1, 2, 3])],
    { args: [edges()], dtypes: FLOAT },
  ],
  large: LARGE,
  errors: dimErrors,
};
const extreme: Entry = {
  dtypes: REAL_AND_BOOL,
  samples: [
    ...dimensions(distinct).map((args): Sample => ({ args, dtypes: REAL })),
    { args: [normal([3, 4]), 1], dtypes: ['bool'] },
    [normal([0, 3]), 1],
    { args: [values([1, 3, 3, 2, 3, 1], { shape: [2, 3] }), 1], kink: true, dtypes: REAL },
    { args: [values([2, 2, 2])], kink: true, dtypes: REAL },
    { args: [edges()], dtypes: REAL },
    { args: [edges([4, 29]), 1], dtypes: FLOAT },
  ],
  large: LARGE,
  errors: [...dimErrors, noElements],
};
const spread: Entry = {
  dtypes: FLOAT,
  samples: [
    ...dimensions(normal).filter(([t]) => (t as TensorSpec).shape.length > 1 && (t as TensorSpec).shape[0] !== 1),
    [normal([3, 4]), 1, { correction: 0 }],
    [normal([3, 4]), [0, 1], { correction: 2, keepdim: true }],
    { args: [normal([1]), 0], gradient: false },
    { args: [normal([0, 3]), 0], gradient: false },
    // far from zero, where a one-pass formula loses everything
    { args: [uniform([2, 50], 10000, 10001), 1], dtypes: ['float64'] },
    { args: [uniform([2, 50], 100, 101), 1], dtypes: ['float32'], gradient: false }, // x - mean has 5 digits left
  ],
  large: LARGE,
  errors: [...dimErrors, onlyFloat],
};

export const reduction: Group = {
  sum: {
    dtypes: REAL_AND_BOOL,
    samples: [
      ...dimensions(normal),
      ...empty,
      [normal([3, 4]), 0, { dtype: 'float64' }],
      [normal([3, 4]), [], { keepdim: true }],
      { args: [edges()], dtypes: FLOAT },
      { args: [edges()], dtypes: INT },
      // 50,000 small numbers: their sum shows how roundings add up
      { args: [uniform([50000], 0, 1)], dtypes: ['float32', 'float64'] },
    ],
    large: LARGE,
    tolerance: { float32: [2e-6, 1e-4] }, // sums of up to 123,721 terms that cancel
    errors: dimErrors,
  },
  nansum: {
    dtypes: REAL_AND_BOOL,
    samples: [
      [normal([3, 4])],
      [normal([3, 4]), 1, { keepdim: true }],
      [normal([2, 3, 4]), [0, 2]],
      [normal([0])],
      { args: [normal([3, 4]), 0, { dtype: 'float64' }], dtypes: ['float32', 'float16'] },
      { args: [values([1, Number.NaN, 2, Number.NaN, Number.NaN, 4], { shape: [2, 3] }), 1], dtypes: FLOAT },
    ],
    errors: [{ args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]'] }],
  },
  prod: {
    dtypes: REAL_AND_BOOL,
    samples: [
      [nonzero([3, 4])],
      [nonzero([3, 4, 5]), 1],
      [nonzero([3, 4, 5]), -1, { keepdim: true }],
      [nonzero([])],
      [normal([0])],
      [normal([0, 3]), 0],
      [normal([3, 4]), 0, { dtype: 'float64' }],
      [values([2, 0, 3])],
      [values([2, 0, 3, 0, 5, 1, 1, 2, 3], { shape: [3, 3] }), 1],
    ],
    large: [[uniform([300, 401], 0.9, 1.1), 1]],
    errors: [{ args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]'] }],
  },
  mean: {
    dtypes: FLOAT,
    samples: [
      ...dimensions(normal),
      { args: [normal([0])], gradient: false },
      [normal([0, 3]), 1],
      { args: [normal([3, 4]), 0, { dtype: 'float32' }], dtypes: INT },
      { args: [edges()], gradient: false },
    ],
    large: LARGE,
    errors: [...dimErrors, onlyFloat],
  },
  amax: extreme,
  amin: extreme,
  any: truth,
  all: truth,
  countNonzero: {
    dtypes: REAL_AND_BOOL,
    gradient: false,
    samples: [
      [uniform([3, 4, 5], 0, 2)],
      [uniform([3, 4, 5], 0, 2), 1],
      [uniform([3, 4, 5], 0, 2), [0, 2]],
      [values([0, 1, 0, 2])],
      [normal([])],
      [normal([0, 3]), 0],
      { args: [edges()], dtypes: FLOAT },
    ],
    large: LARGE,
    errors: dimErrors,
  },
  var: spread,
  std: spread,
  varMean: {
    ...spread,
    errors: spread.errors?.map((e) => ({ ...e, op: 'var' })),
    torch: 'lambda x, dim=None, **o: torch.var_mean(x, dim, **o)',
  },
  stdMean: {
    ...spread,
    errors: spread.errors?.map((e) => ({ ...e, op: 'std' })),
    torch: 'lambda x, dim=None, **o: torch.std_mean(x, dim, **o)',
  },
  norm: {
    dtypes: FLOAT,
    torch: 'lambda x, p=2, dim=None, **o: torch.norm(x, p, dim, **o)',
    samples: [
      [nonzero([3, 4])],
      ...[1, 2, 3, 0.5, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].flatMap((p): (readonly Argument[])[] => [
        [distinct([3, 4]), p, 1],
        [distinct([2, 3, 4]), p, [0, 2], { keepdim: true }],
        [nonzero([6]), p],
      ]),
      [nonzero([]), 2],
      { args: [normal([0, 3]), 2, 0], gradient: false },
      [normal([0, 3]), 2, 1],
      { args: [values([0, 0, 0])], kink: true },
      { args: [normal([3, 4]), 2, 1, { dtype: 'float32' }], dtypes: ['float16', 'bfloat16'] },
    ],
    large: [[normal([403, 307])], [normal([403, 307]), 1, 0], [normal([403, 307]), 3, 1]],
    errors: [{ args: [normal([2, 3]), 2, 2], throws: 'IndexError', says: ['[-2, 1]'] }, onlyFloat],
  },
  logsumexp: {
    dtypes: REAL,
    samples: [
      [normal([3, 4, 5]), 1],
      [normal([3, 4, 5]), -1, { keepdim: true }],
      [normal([3, 4, 5]), [0, 2]],
      [normal([]), 0],
      [normal([0, 3]), 1],
      { args: [normal([0, 3]), 0], gradient: false },
      { args: [uniform([2, 6], 800, 1000), 1], dtypes: ['float32', 'float64', 'bfloat16'] },
      { args: [edges([2, 29]), 1], dtypes: FLOAT },
      { args: [values([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]), 0], dtypes: FLOAT, gradient: false },
    ],
    large: [
      [normal([403, 307]), 0],
      [normal([403, 307]), 1],
    ],
    errors: dimErrors,
  },
  cumsum: {
    dtypes: REAL_AND_BOOL,
    samples: [
      [normal([3, 4, 5]), 0],
      [normal([3, 4, 5]), 1],
      [normal([3, 4, 5]), -1],
      [normal([]), 0],
      [normal([0, 3]), 0],
      [normal([2, 41]), 1, { dtype: 'float64' }],
      { args: [edges(), 0], dtypes: INT },
    ],
    large: [
      [normal([403, 307]), 0],
      [normal([403, 307]), 1],
    ],
    errors: [{ args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]'] }],
  },
};
