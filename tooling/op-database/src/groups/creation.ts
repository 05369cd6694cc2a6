/** Samples of `core/src/creation.ts`: functions that make tensors from numbers. Their dtypes are options, so one run each is enough. */
import { ALL, type DType, FLOAT, INT, REAL } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { normal } from '../spec.js';

const ONCE: readonly DType[] = ['float32'];
const sized: Entry = {
  dtypes: ONCE,
  gradient: false,
  samples: [[[2, 3]], [[]], [[0, 3]], ...ALL.map((dtype) => [[3], { dtype }])],
  errors: [
    { args: [[-1]], throws: 'ShapeError', says: ['-1'] },
    { args: [[2], { dtype: 'float8' }], throws: 'TypeError', op: '', says: ['float8'] },
    { args: [[2], { device: 'cuda' }], throws: 'DeviceError', says: ['cuda', 'cpu'] },
  ],
};
const like: Entry = {
  dtypes: ALL,
  gradient: false,
  samples: [[normal([2, 3])], [normal([])], [normal([0, 2])], [normal([2]), { dtype: 'float64' }]],
  errors: [{ args: [3], throws: 'TypeError', says: ['tensor'] }],
};

export const creation: Group = {
  zeros: sized,
  ones: sized,
  full: {
    torch:
      'lambda s, v, dtype=None: torch.full(s, float(v) if isinstance(v, int) and not isinstance(v, bool) and dtype is None else v, dtype=dtype)',
    dtypes: ONCE,
    gradient: false,
    samples: [
      [[2, 3], 7],
      [[], 2.5],
      [[0], 1],
      [[2], true],
      [[2], 3, { dtype: 'int64' }],
      [[2], Number.NaN],
      [[2], Number.NEGATIVE_INFINITY, { dtype: 'float16' }],
      ...REAL.map((dtype) => [[3], 5, { dtype }]),
    ],
    errors: [{ args: [[2, -3], 1], throws: 'ShapeError', says: ['-3'] }],
  },
  zerosLike: like,
  onesLike: like,
  fullLike: {
    ...like,
    samples: [
      [normal([2, 3]), 5],
      [normal([]), 1],
      [normal([0, 2]), 3],
      [normal([2]), 3, { dtype: 'float64' }],
    ],
  },
  arange: {
    torch: 'lambda *a, dtype=torch.float32: torch.arange(*a, dtype=dtype)',
    dtypes: ONCE,
    gradient: false,
    samples: [
      [5],
      [1, 7],
      [1, 2, 0.25],
      [10, 0, -3],
      [0],
      [0, 1, 0.1],
      [100000],
      ...[...FLOAT, ...INT].map((dtype) => [2, 11, 3, { dtype }]),
    ],
    errors: [
      { args: [0, 5, 0], throws: 'ValueError', says: ['step'] },
      { args: [0, 5, -1], throws: 'ValueError', says: ['-1'] },
    ],
  },
  linspace: {
    dtypes: ONCE,
    gradient: false,
    samples: [
      [0, 1, 5],
      [-3, 10, 7],
      [2, 2, 3],
      [0, 1, 1],
      [0, 1, 0],
      [5, -5, 11, { dtype: 'float64' }],
      [0, 10, 11, { dtype: 'float16' }],
    ],
    errors: [{ args: [0, 1, -1], throws: 'ValueError', says: ['-1'] }],
  },
  logspace: {
    dtypes: ONCE,
    gradient: false,
    samples: [
      [-2, 2, 5],
      [0, 8, 9, 2],
      [0, 1, 4, 10, { dtype: 'float64' }],
    ],
    errors: [{ args: [0, 1, -1], throws: 'ValueError', says: ['-1'] }],
  },
  eye: {
    torch: 'lambda n, m=None, **o: torch.eye(n, n if m is None else m, **o)',
    dtypes: ONCE,
    gradient: false,
    samples: [[3], [2, 4], [4, 2], [0], [2, 2, { dtype: 'int64' }]],
  },
};
