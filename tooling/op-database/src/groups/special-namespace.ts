/** Samples of `core/src/ops/special-namespace.ts`. */
import { type DType, FLOAT } from '../dtype.js';
import { broadcasts, LARGE, notATensor } from '../pointwise-entries.js';
import type { Entry, Group, Sample, Tolerance } from '../sample.js';
import { normal, positive, uniform, values } from '../spec.js';

type Shape = readonly number[];
/** PyTorch computes in float32, where we compute in float64 and round once; it has no float16 or bfloat16 of most. */
const tolerance: Readonly<Record<'float32', Tolerance>> = { float32: [1e-5, 4e-6] };
const WIDE: readonly DType[] = ['float32', 'float64'];

const special = (name: string, low: number, high: number, special: readonly number[] = [], rest: Partial<Entry> = {}): Entry => {
  const make = (shape: Shape) => uniform(shape, low, high);
  const atPoints: Sample[] = special.length === 0 ? [] : [{ args: [values(special)], gradient: false }];
  return {
    torch: `torch.special.${name}`,
    dtypes: WIDE,
    samples: [
      [make([3, 5])],
      [make([])],
      [make([0, 3])],
      [make([2, 1, 37])],
      ...atPoints,
      { args: [values([0, 1])], dtypes: ['int64', 'bool'] },
    ],
    large: [[make(LARGE)]],
    errors: [notATensor],
    tolerance,
    ...rest,
  };
};
/** PyTorch's Bessel functions are accurate to 5e-7. */
const bessel: Partial<Entry> = { gradient: false, tolerance: { float32: [1e-5, 4e-6], float64: [1e-6, 1e-6] } };
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

export const specialNamespace: Group = {
  polygamma: {
    torch: 'torch.special.polygamma',
    dtypes: WIDE,
    samples: [
      [2, uniform([3, 5], 0.5, 5)],
      [3, uniform([4], 0.5, 5)],
      [2, uniform([], 0.5, 5)],
    ],
    tolerance: { float32: [3e-5, 3e-5] },
    covers: ['polygamma'],
    errors: [{ args: [-1, normal([2])], throws: 'ValueError', says: ['-1'] }],
  },
  zeta: {
    torch: 'torch.special.zeta',
    dtypes: WIDE,
    samples: [
      [uniform([3, 5], 1.5, 6, { differentiable: false }), positive([3, 5])],
      [uniform([3, 1], 1.5, 6, { differentiable: false }), positive([4])],
      [3, positive([5])],
      { args: [values([1, 2, 0.5, 2, 3]), values([1, 0, 2, -1, -1.5])], gradient: false },
    ],
    tolerance: { float32: [2e-5, 4e-6] },
    errors: [{ args: [normal([2]), normal([3])], throws: 'ShapeError', says: ['*2*', '*3*'] }],
  },
  ndtr: special('ndtr', -3, 3, [nan, infinity, -infinity, 0, -30, 30]),
  logNdtr: special('log_ndtr', -6, 3, [nan, infinity, 0, -30, 30]),
  ndtri: special('ndtri', 0.05, 0.95, [0, 1, 2, -1, 0.5, 1e-20], {
    samples: [
      [uniform([3, 5], 0.05, 0.95)],
      [uniform([], 0.05, 0.95)],
      [uniform([0], 0, 1)],
      { args: [values([0, 1, 2, -1, 0.5, 1e-20])], gradient: false },
    ],
  }),
  erfcx: special('erfcx', -2, 12, [nan, infinity, -infinity, 0, -30, 1e10], {
    tolerance: { float32: [2e-5, 4e-6], float64: [1e-12, 1e-13] },
  }),
  entr: special('entr', 0.1, 3, [nan, infinity, 0, -1], { dtypes: FLOAT }),
  xlog1py: {
    torch: 'torch.special.xlog1py',
    dtypes: FLOAT,
    samples: [
      ...broadcasts(normal, positive),
      { args: [values([0, 0, 0, 1, 2]), values([-1, 3, nan, -1, 2])], gradient: false },
      [normal([4]), 2.5],
      [2.5, positive([4])],
    ],
    large: [[normal(LARGE), positive(LARGE)]],
    tolerance,
    errors: [{ args: [normal([2]), normal([3])], throws: 'ShapeError', says: ['*2*', '*3*'] }],
  },
  i0e: special('i0e', -30, 30, [nan, 0, 100]),
  i1: special('i1', -8, 8, [nan, 0, 30, -30]),
  i1e: special('i1e', -30, 30, [nan, 0, 100]),
  besselJ0: special('bessel_j0', -20, 20, [nan, 0], bessel),
  besselJ1: special('bessel_j1', -20, 20, [nan, 0], bessel),
  besselY0: special('bessel_y0', 0.3, 20, [nan, 0, -1], bessel),
  besselY1: special('bessel_y1', 0.3, 20, [nan, 0, -1], bessel),
  sphericalBesselJ0: special('spherical_bessel_j0', -20, 20, [nan, 0, infinity], { gradient: false }),
};
