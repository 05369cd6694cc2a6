/** Samples of `core/src/ops/arithmetic.ts`. */
import { type DType, FLOAT, INT, REAL, REAL_AND_BOOL } from '../dtype.js';
import { binary, broadcasts, doesNotBroadcast, LARGE, notATensor, unary } from '../pointwise-entries.js';
import type { Argument, Entry, Group, Tolerance } from '../sample.js';
import { edges, nonzero, normal, positive, uniform, values } from '../spec.js';

const SIGNED_INT: readonly DType[] = ['int64', 'int32', 'int16', 'int8'];
/** PyTorch computes these in float32, where we use float64: its results are a few units off. */
const inFloat32: { readonly float32: Tolerance } = { float32: [5e-6, 2e-6] };

const integerPairs = (samples: readonly (readonly Argument[])[]): Entry => ({
  dtypes: INT,
  gradient: false,
  samples: [...broadcasts(normal, normal), ...samples],
  large: [[normal(LARGE), normal(LARGE)]],
  errors: [doesNotBroadcast, { args: [normal([2]), normal([2])], throws: 'DTypeError', says: ['float32'] }],
});

/** Numbers and NaN meet in every combination. */
const nanAware = (name: string): Entry => ({
  ...binary(normal, normal, REAL_AND_BOOL, {
    samples: [{ args: [values([1, 2, 3, 0]), values([1, 3, 3, 0])], kink: true }],
  }),
  torch: `torch.${name}`,
});

export const arithmetic: Group = {
  deg2rad: unary(normal, [...FLOAT, ...INT]),
  rad2deg: {
    ...unary(normal, [...FLOAT, ...INT]),
    samples: [[normal([3, 5])], [normal([])], [normal([0, 3])], [normal([2, 1, 37])]],
  },
  frac: {
    ...unary(nonzero, FLOAT),
    errors: [notATensor, { args: [normal([2])], throws: 'DTypeError', says: ['int32', '.float()'], dtype: 'int32' }],
  },
  positive: {
    dtypes: REAL,
    samples: [[normal([3, 5])], [normal([])], [normal([0])]],
    errors: [{ args: [normal([2])], throws: 'DTypeError', says: ['bool'], dtype: 'bool' }],
  },
  sgn: {
    dtypes: REAL,
    covers: ['sign'],
    samples: [[nonzero([3, 5])], [nonzero([])], [normal([0])], { args: [edges()] }],
  },
  signbit: {
    dtypes: REAL_AND_BOOL,
    gradient: false,
    samples: [[normal([3, 5])], [normal([])], [normal([0])], { args: [edges()], dtypes: REAL }],
    large: [[normal(LARGE)]],
    errors: [notATensor],
  },
  nanToNum: {
    dtypes: FLOAT,
    samples: [
      [normal([3, 5])],
      [normal([0])],
      [edges()],
      [edges(), { nan: 2, posinf: 7 }],
      { args: [values([Number.NaN, 1, Number.POSITIVE_INFINITY]), { nan: -1, posinf: 1, neginf: 0 }], kink: true },
      { args: [edges([10])], dtypes: INT },
    ],
    large: [[normal(LARGE)]],
    errors: [notATensor],
  },
  copysign: {
    ...binary(nonzero, nonzero, FLOAT),
    samples: [
      ...broadcasts(nonzero, nonzero),
      { args: [values([1, -2, 0, 3]), values([-0, 0, -1, 4])], kink: true },
      { args: [nonzero([5]), -1] },
      { args: [normal([5]), normal([5])], dtypes: SIGNED_INT },
    ],
  },
  hypot: {
    ...binary(nonzero, nonzero, FLOAT),
    tolerance: { ...inFloat32 },
    errors: [doesNotBroadcast, { args: [normal([2]), normal([2])], throws: 'DTypeError', says: ['int32'], dtype: 'int32' }],
  },
  logaddexp: { ...binary(normal, normal, FLOAT) },
  logaddexp2: { ...binary(normal, normal, FLOAT) },
  fmax: nanAware('fmax'),
  fmin: nanAware('fmin'),
  gcd: integerPairs([
    [normal([9]), normal([9])],
    [values([0, 12, 18, 7]), values([0, 18, 12, 0])],
  ]),
  lcm: integerPairs([[values([0, 4, 6, 7]), values([3, 6, 4, 0])]]),
  bitwiseLeftShift: integerPairs([
    [normal([6]), values([0, 1, 2, 7, 8, 70])],
    [normal([5]), 3],
  ]),
  bitwiseRightShift: integerPairs([
    [normal([6]), values([0, 1, 2, 7, 8, 70])],
    [normal([5]), 1],
  ]),
  heaviside: {
    dtypes: REAL_AND_BOOL,
    gradient: false,
    samples: [
      ...broadcasts(normal, normal),
      [values([0, 1, 0, 1]), normal([4])],
      { args: [values([-1, 0, -0, 2]), values([5, 6, 7, 8])], dtypes: [...FLOAT, ...SIGNED_INT] },
    ],
    errors: [doesNotBroadcast],
  },
  ldexp: {
    torch: 'rounded_once(torch.ldexp)',
    dtypes: FLOAT,
    samples: [
      [normal([3, 5]), normal([3, 5])],
      [normal([3, 5]), normal([5])],
      [normal([]), normal([])],
      [normal([0, 3]), normal([3])],
      // PyTorch's gradient takes 2^other for an integer
      { args: [normal([4]), uniform([4], -8, 8, { dtype: 'int32' })], dtypes: ['float32', 'float64'], gradient: false },
    ],
    large: [[normal(LARGE), normal(LARGE)]],
    errors: [doesNotBroadcast],
  },
  floatPower: {
    dtypes: REAL,
    samples: [
      [positive([3, 5]), normal([3, 5])],
      [positive([4]), 2.5],
      [2, normal([3])],
      [positive([]), normal([])],
      [positive([0, 3]), normal([3])],
      [positive([4]), uniform([4], 1, 5, { dtype: 'int32' })],
    ],
    large: [[positive(LARGE), 1.5]],
    errors: [doesNotBroadcast],
  },
};
