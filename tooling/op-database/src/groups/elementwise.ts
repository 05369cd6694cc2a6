/** Samples of `core/src/ops/elementwise.ts`. */
import { ALL, COMPLEX, type DType, FLOAT, INT, REAL, REAL_AND_BOOL } from '../dtype.js';
import type { Argument, Entry, ErrorSample, Group, Sample } from '../sample.js';
import {
  allEdgePairs,
  binary,
  broadcasts,
  doesNotBroadcast,
  LARGE,
  type Maker,
  notATensor,
  unary,
} from '../pointwise-entries.js';
import { bools, edges, nonzero, normal, positive, type TensorSpec, uniform, values } from '../spec.js';

const NUMERIC: readonly DType[] = [...REAL, ...COMPLEX];
/** PyTorch wraps negative bounds of uint8. */
const SIGNED: readonly DType[] = REAL.filter((d) => d !== 'uint8');
const SIGNED_INT: readonly DType[] = ['int64', 'int32', 'int16', 'int8'];

const noComplex: ErrorSample = { args: [normal([2])], throws: 'DTypeError', says: ['complex64', '(2,)'], dtype: 'complex64' };

/** The same for a function whose domain integers must not leave. */
const bounded = (low: number, high: number, integers: readonly number[]): Entry => ({
  ...unary((shape) => uniform(shape, low, high), FLOAT),
  samples: [
    ...unary((shape) => uniform(shape, low, high), FLOAT).samples,
    { args: [values(integers)], dtypes: [...SIGNED_INT, 'bool'] },
  ],
});

const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, 2.5, -2.5, 100, -100];
/** Operands of different dtypes, and numbers. */
const promotions: Sample[] = [
  { args: [normal([3]), normal([3], { dtype: 'float64' })] },
  { args: [normal([3]), normal([2, 1], { dtype: 'int32' })] },
  { args: [normal([3]), normal([3], { dtype: 'bool' })] },
  { args: [normal([3]), normal([], { dtype: 'float64' })] },
  { args: [normal([3]), normal([], { dtype: 'int64' })] },
  { args: [normal([]), normal([3], { dtype: 'float16' })], dtypes: REAL }, // PyTorch has a complex32
  { args: [normal([3]), normal([3], { dtype: 'bfloat16' })], gradient: false },
  { args: [normal([3]), normal([3], { dtype: 'uint8' })] },
  { args: [normal([3]), 3] },
  { args: [normal([3]), 2.5], dtypes: FLOAT },
  { args: [normal([3]), 1e300], dtypes: FLOAT, kink: true },
];
const fraction: ErrorSample = {
  args: [normal([2]), 1.5],
  throws: 'DTypeError',
  says: ['int32', '1.5', '.float()'],
  dtype: 'int32',
};

const bitwise: Entry = binary(normal, normal, [...INT, 'bool'], {
  gradient: false,
  samples: [
    { args: [normal([3]), 5], dtypes: INT },
    { args: allEdgePairs, dtypes: INT },
  ],
  errors: [{ args: [normal([2]), normal([2])], throws: 'DTypeError', says: ['float32'] }],
});

/** PyTorch's takes no numbers. */
const extremum = (name: string): Entry =>
  binary(normal, normal, REAL_AND_BOOL, {
    torch: `lambda a, b: torch.${name}(a, torch.as_tensor(b, dtype=a.dtype) if isinstance(b, int) else b)`,
    samples: [
      { args: [values([1, 2, 3, 0]), values([1, 3, 3, 0])], kink: true },
      { args: [normal([3]), 2], dtypes: REAL },
      { args: [edges([10, 1]), edges([10])], dtypes: INT },
    ],
  });

/** Three operands and a factor. */
const withValue = (third: Maker): Entry => ({
  dtypes: FLOAT,
  samples: [
    [normal([3, 5]), normal([3, 5]), third([3, 5])],
    [normal([3, 5]), normal([5]), third([3, 1]), { value: -0.5 }],
    [normal([4]), normal([2, 1]), third([]), { value: 2 }],
    [normal([]), normal([]), third([])],
    [normal([0]), normal([0]), third([1])],
  ],
  large: [[normal(LARGE), normal(LARGE), third(LARGE), { value: 0.3 }]],
  errors: [
    { args: [normal([2]), normal([3]), normal([2])], throws: 'ShapeError', says: ['*2*', '*3*'] },
    { args: [normal([2]), normal([2], { dtype: 'float64' }), normal([2])], throws: 'DTypeError', says: ['float32', 'float64'] },
  ],
});

export const elementwise: Group = {
  add: binary(normal, normal, ALL, {
    samples: [
      ...promotions,
      { args: [normal([3, 2]), normal([3, 2]), { alpha: -2 }], dtypes: NUMERIC.filter((d) => d !== 'uint8') },
      { args: [normal([3, 2]), normal([2]), { alpha: 0.25 }], dtypes: FLOAT },
      { args: [normal([3]), 4, { alpha: 3 }], dtypes: REAL },
      { args: [edges([10, 1]), edges([10])], dtypes: INT },
    ],
    errors: [fraction],
  }),
  sub: binary(normal, normal, NUMERIC, {
    samples: [
      ...promotions.filter((s) => (s.args[1] as TensorSpec).dtype !== 'bool'),
      { args: [normal([3, 2]), normal([3, 2]), { alpha: 3 }] },
      { args: [normal([3]), 2, { alpha: -0.5 }], dtypes: FLOAT },
    ],
    errors: [fraction],
  }),
  mul: binary(normal, normal, ALL, {
    samples: [...promotions, { args: [edges([10, 1]), edges([10])], dtypes: INT }],
    errors: [fraction],
  }),
  div: binary(
    normal,
    nonzero,
    ALL.filter((d) => d !== 'bool'),
    {
      covers: ['div'],
      samples: [
        { args: [normal([3]), 2.5], dtypes: REAL },
        { args: [normal([3]), 4] },
        { args: [normal([3]), nonzero([3], { dtype: 'int32' })] },
        { args: [normal([3]), nonzero([3], { dtype: 'float64' })] },
        { args: [normal([3]), values([0, 0, 0])], dtypes: REAL, gradient: false },
        { args: [normal([3, 5]), nonzero([3, 5]), { roundingMode: 'trunc' }], dtypes: REAL, gradient: false },
        { args: [normal([3, 5]), nonzero([3, 5]), { roundingMode: 'floor' }], dtypes: REAL, gradient: false },
        { args: [normal([7]), 3, { roundingMode: 'trunc' }], dtypes: REAL, gradient: false },
        {
          args: [values([2 ** 31 - 1, -(2 ** 31), 16777217]), values([1, 1, 1]), { roundingMode: 'trunc' }],
          dtypes: ['int32', 'int64'],
        },
      ],
      errors: [{ args: [normal([2]), 2, { roundingMode: 'up' }], throws: 'ValueError', says: ["'up'", "'floor'"] }],
    },
  ),
  pow: {
    dtypes: FLOAT,
    covers: ['pow', 'pow_scalar'],
    samples: [
      ...[2, 3, -1, -2, 0, 1].map((exponent) => [nonzero([3, 5]), exponent]),
      ...[0.5, -0.5, 2.5].map((exponent) => [positive([3, 5]), exponent]),
      [positive([3, 5]), normal([3, 5])],
      [positive([4, 1]), normal([3])],
      [positive([]), normal([])],
      [nonzero([5]), normal([5], { dtype: 'int64' })],
      [2, normal([3, 5])],
      [0.5, normal([4])],
      [normal([0, 2]), 2],
      { args: [normal([3, 5]), 3], dtypes: INT },
      { args: [normal([3, 5]), positive([5])], dtypes: INT },
      // 0.5 and -0.5 are left out: PyTorch computes some of them by sqrt and rsqrt, which differ from pow at -0 and -∞
      ...[2, -1, 3, 0].map((exponent): Sample => ({ args: [edges(), exponent] })),
      { args: allEdgePairs },
    ],
    large: [
      [positive(LARGE), 2.5],
      [positive(LARGE), normal(LARGE)],
    ],
    errors: [doesNotBroadcast],
  },
  floorDivide: binary(normal, nonzero, REAL, {
    gradient: false,
    samples: [
      { args: [normal([9]), 4] },
      { args: [normal([9]), -0.7], dtypes: FLOAT },
      { args: [values([-7, 7, -8, 8]), -4], dtypes: SIGNED_INT },
    ],
  }),
  remainder: {
    ...binary(normal, nonzero, REAL),
    samples: [
      ...broadcasts(normal, nonzero),
      // PyTorch's vector code gives NaN where the quotient overflows, so no extremes here
      { args: [values(SPECIAL, { shape: [SPECIAL.length, 1] }), values(SPECIAL)], dtypes: FLOAT, gradient: false },
      { args: [normal([9]), 4] },
      { args: [normal([9]), -0.7], dtypes: FLOAT },
      { args: [values([-7, 7, -8, 8]), -4], dtypes: SIGNED_INT },
    ],
  },
  fmod: {
    ...binary(normal, nonzero, REAL),
    samples: [
      ...broadcasts(normal, nonzero),
      // PyTorch's vector code gives NaN where the quotient overflows, so no extremes here
      { args: [values(SPECIAL, { shape: [SPECIAL.length, 1] }), values(SPECIAL)], dtypes: FLOAT, gradient: false },
      { args: [normal([9]), 4] },
      { args: [normal([9]), -0.7], dtypes: FLOAT },
      { args: [values([-7, 7, -8, 8]), -4], dtypes: SIGNED_INT },
    ],
  },
  atan2: binary(nonzero, nonzero, FLOAT),
  maximum: extremum('maximum'),
  minimum: extremum('minimum'),

  neg: unary(normal, NUMERIC),
  abs: unary(normal, REAL, {
    samples: [
      ...unary(normal)
        .samples.slice(0, 4)
        .map((s) => ({ args: s as readonly Argument[] })),
      { args: [edges()] },
      { args: [values([0, -1, 2])], kink: true },
    ],
  }),
  sign: unary(normal, REAL),
  ceil: unary(normal, REAL),
  floor: unary(normal, REAL),
  round: unary(normal, REAL, {
    samples: [
      ...unary(normal)
        .samples.slice(0, 4)
        .map((s) => ({ args: s as readonly Argument[] })),
      { args: [edges()], dtypes: FLOAT },
      { args: [values([0.5, 1.5, -0.5, -1.5, 2.5, 8388609.5])], dtypes: FLOAT, gradient: false },
    ],
  }),
  trunc: unary(normal, REAL),
  square: unary(normal, REAL),
  exp: unary(normal),
  exp2: unary(normal),
  expm1: unary(normal),
  log: unary(positive),
  log2: unary(positive),
  log10: unary(positive),
  log1p: unary(positive),
  sqrt: unary(positive),
  rsqrt: unary(positive),
  reciprocal: unary(nonzero),
  sin: unary(normal),
  cos: unary(normal),
  tan: unary((shape) => uniform(shape, -1.3, 1.3), FLOAT),
  asin: bounded(-0.95, 0.95, [-1, 0, 1]),
  acos: bounded(-0.95, 0.95, [-1, 0, 1]),
  atan: unary(normal),
  sinh: unary(normal),
  cosh: unary(normal),
  tanh: unary(normal, REAL_AND_BOOL, { covers: ['tanh_backward'] }),
  sigmoid: unary(normal, REAL_AND_BOOL, { covers: ['sigmoid_backward'] }),
  erf: unary(normal, REAL_AND_BOOL, { errors: [notATensor, noComplex] }),
  erfc: unary(normal),
  relu: unary(nonzero, REAL, {
    covers: ['relu_backward'],
    samples: [
      ...unary(nonzero)
        .samples.slice(0, 4)
        .map((s) => ({ args: s as readonly Argument[] })),
      { args: [edges()] },
      { args: [values([0, -1, 1])], kink: true },
    ],
  }),

  clamp: {
    dtypes: REAL,
    covers: ['clamp_backward'],
    samples: [
      { args: [normal([3, 5]), -1, 1], dtypes: SIGNED },
      [normal([3, 5]), 2, 5],
      [normal([3, 5]), null, 0],
      [normal([3, 5]), 0],
      [normal([]), 0, 1],
      [normal([0, 3]), 0, 1],
      { args: [normal([6]), 1, 0], gradient: false },
      { args: [normal([3, 5]), -0.5, 0.25], dtypes: FLOAT },
      { args: [values([-1, 0, 1, 2]), -1, 1], dtypes: [...FLOAT, ...SIGNED_INT], kink: true },
      { args: [edges(), -1, 1], dtypes: FLOAT },
      { args: [edges(), Number.NEGATIVE_INFINITY, 2], dtypes: FLOAT },
    ],
    large: [[normal(LARGE), -0.5, 0.5]],
    errors: [{ args: [normal([2])], throws: 'ValueError', says: ['min', 'max'] }, notATensor],
  },
  addcmul: withValue(normal),
  addcdiv: withValue(nonzero),
  lerp: {
    dtypes: FLOAT,
    // a weight given as a number is rounded to the dtype first
    tolerance: { float16: [4e-3, 1e-3], bfloat16: [3.2e-2, 8e-3] },
    samples: [
      [normal([3, 5]), normal([3, 5]), normal([3, 5])],
      [normal([3, 5]), normal([5]), uniform([3, 1], 0, 1)],
      [normal([3, 5]), normal([3, 5]), 0.3],
      [normal([4]), normal([4]), 0.7],
      [normal([]), normal([]), uniform([], 0, 1)],
      [normal([0]), normal([0]), 0.5],
    ],
    large: [[normal(LARGE), normal(LARGE), uniform(LARGE, 0, 1)]],
    errors: [
      { args: [normal([2]), normal([3]), 0.5], throws: 'ShapeError', says: ['*2*', '*3*'] },
      { args: [normal([2]), normal([2], { dtype: 'float64' }), 0.5], throws: 'DTypeError', says: ['float32', 'float64'] },
    ],
  },

  bitwiseNot: {
    dtypes: [...INT, 'bool'],
    gradient: false,
    samples: [[normal([3, 5])], [normal([])], [normal([0])], [edges()], [bools([7])]],
    large: [],
    errors: [{ args: [normal([2])], throws: 'DTypeError', says: ['float32'] }, notATensor],
  },
  bitwiseAnd: bitwise,
  bitwiseOr: bitwise,
  bitwiseXor: bitwise,
};
