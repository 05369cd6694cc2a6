/** Samples of `core/src/ops/special.ts`. */
import { FLOAT, type DType } from '../dtype.js';
import { binary, broadcasts, LARGE, notATensor } from '../pointwise-entries.js';
import type { Argument, Entry, Group, Sample, Tolerance } from '../sample.js';
import { edges, normal, positive, uniform, values } from '../spec.js';

type Shape = readonly number[];
const within = (low: number, high: number) => (shape: Shape) => uniform(shape, low, high);

/** PyTorch computes in float32, where we compute in float64 and round once. */
const inFloat32: Readonly<Record<'float32', Tolerance>> = { float32: [1e-5, 4e-6] };
const INTS: readonly DType[] = ['int64', 'int32', 'uint8'];
const ofIntegers = (...list: number[]): Sample => ({ args: [values(list)], dtypes: INTS });

/** Functions of a range, and of integers and further samples. */
const ranged = (
  low: number,
  high: number,
  samples: readonly (Sample | readonly Argument[])[] = [],
  rest: Partial<Entry> = {},
): Entry => {
  const make = within(low, high);
  return {
    dtypes: FLOAT,
    samples: [[make([3, 5])], [make([])], [make([0, 3])], [make([2, 1, 37])], ...samples],
    large: [[make(LARGE)]],
    errors: [notATensor],
    ...rest,
  };
};
const withEdges: Sample = { args: [edges()], dtypes: FLOAT };
/** PyTorch's trigamma is accurate to 1e-8 only. */
const trigamma: Entry['tolerance'] = { float64: [1e-7, 1e-8], float32: [2e-5, 2e-5] };

export const special: Group = {
  acosh: ranged(1.1, 5, [ofIntegers(1, 2, 3), withEdges], { tolerance: inFloat32 }),
  asinh: ranged(-4, 4, [ofIntegers(0, 1, 5), withEdges], { tolerance: inFloat32 }),
  atanh: ranged(-0.9, 0.9, [ofIntegers(0, 1), withEdges], { tolerance: inFloat32 }),
  lgamma: ranged(0.2, 8, [[within(-3.9, -3.1)([7])], ofIntegers(1, 2, 3, 50), withEdges], {
    tolerance: { float32: [1e-5, 1e-5], float64: [1e-11, 1e-12] }, // PyTorch's digamma, the derivative, loses some digits
  }),
  digamma: ranged(0.2, 8, [[within(-3.9, -3.1)([7])], ofIntegers(1, 2, 3, 50)], { tolerance: trigamma }),
  polygammaOp: {
    torch: 'lambda x, n: torch.polygamma(n, x)',
    dtypes: FLOAT,
    samples: [
      [within(0.5, 5)([3, 5]), 1],
      [within(0.5, 5)([3, 5]), 2],
      [within(0.5, 5)([4]), 3],
      [within(0.5, 5)([4]), 0],
      [within(0.5, 5)([]), 4],
      [normal([0]), 1],
    ],
    tolerance: { ...trigamma, float32: [3e-5, 3e-5], float16: [4e-3, 1e-3], bfloat16: [3e-2, 1e-2] }, // in float16 PyTorch rounds its factors
    errors: [{ args: [normal([2]), -1], throws: 'ValueError', says: ['-1'], op: 'polygamma' }],
    noMethod: true,
  },
  mvlgamma: {
    dtypes: FLOAT,
    covers: ['lgamma', 'digamma'],
    samples: [
      [within(2, 8)([3, 5]), 1],
      [within(2, 8)([3, 5]), 3],
      [within(2, 8)([]), 2],
      [normal([0]), 2],
    ],
    tolerance: { float32: [2e-5, 1e-5], float64: [1e-7, 1e-8], float16: [1e-2, 1e-2], bfloat16: [8e-2, 8e-2] }, // each term is rounded
    errors: [{ args: [normal([2]), 0], throws: 'ValueError', says: ['positive', '0'] }],
  },
  igamma: incomplete('torch.igamma'),
  igammac: incomplete('torch.igammac'),
  erfinv: ranged(-0.95, 0.95, [{ args: [values([-1, 0, 1, 2, 0.999])], dtypes: FLOAT, gradient: false }], {
    tolerance: inFloat32,
  }),
  i0: ranged(-6, 6, [[within(-40, 40)([9])], ofIntegers(0, 1, 9)], { tolerance: inFloat32 }),
  sinc: ranged(-3, 3, [ofIntegers(0, 1, 2), { args: [values([0, 1, -0.5])], dtypes: FLOAT, kink: true }], {
    tolerance: inFloat32,
  }),
  logit: {
    dtypes: FLOAT,
    samples: [
      [within(0.05, 0.95)([3, 5])],
      [within(0.05, 0.95)([])],
      [within(0.05, 0.95)([0, 3])],
      [within(0.15, 0.85)([4, 6]), { eps: 0.1 }],
      { args: [values([-1, 0.05, 0.3, 0.97, 2]), { eps: 0.1 }], dtypes: FLOAT },
      { args: [values([-1, 0, 0.5, 1, 2])], dtypes: FLOAT, gradient: false },
      { args: [values([0, 1])], dtypes: ['int64', 'bool'] },
    ],
    large: [[within(0.05, 0.95)(LARGE)]],
    tolerance: { ...inFloat32, float16: [4e-3, 1e-3], bfloat16: [3e-2, 4e-3] }, // PyTorch rounds on the way
    errors: [notATensor, { args: [normal([2]), { eps: 0.7 }], throws: 'ValueError', says: ['eps', '0.7'] }],
  },
  xlogy: {
    ...binary(normal, positive, FLOAT),
    tolerance: inFloat32,
    samples: [
      ...broadcasts(normal, positive),
      { args: [values([0, 0, 0, 1, 2]), values([0, 3, Number.NaN, 0, 2])], dtypes: FLOAT, gradient: false },
      { args: [values([0, 1, 0]), values([1, 2, 3])], dtypes: FLOAT },
      [normal([4]), 2.5],
      [2.5, positive([4])],
      { args: [normal([4]), positive([4])], dtypes: INTS },
    ],
  },
};

function incomplete(torch: string): Entry {
  const a = within(0.5, 6);
  const x = (shape: Shape) => uniform(shape, 0.2, 9);
  const first = (shape: Shape) => ({ ...a(shape), differentiable: false }); // neither has PyTorch that derivative
  return {
    torch,
    dtypes: FLOAT,
    samples: [
      [first([3, 5]), x([3, 5])],
      [first([3, 1]), x([4])],
      [first([]), x([])],
      [first([0, 3]), x([3])],
      [first([4]), uniform([4], 10, 40)],
      {
        args: [values([0, 1, 2, 0, -1]), values([1, 0, Number.POSITIVE_INFINITY, 0, 1])],
        dtypes: ['float32', 'float64'],
        gradient: false,
      },
    ],
    large: [[first([63, 31]), x([63, 31])]],
    tolerance: { float32: [2e-5, 2e-6], float64: [1e-11, 1e-13] }, // PyTorch's series ends early
    errors: [{ args: [normal([2]), normal([2])], throws: 'DTypeError', says: ['int32'], dtype: 'int32' }],
  };
}
