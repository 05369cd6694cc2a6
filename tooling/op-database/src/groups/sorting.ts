/** Samples of `core/src/ops/sorting.ts`. */
import { FLOAT, REAL, REAL_AND_BOOL } from '../dtype.js';
import type { Entry, ErrorSample, Group } from '../sample.js';
import { distinct, edges, normal, uniform, values } from '../spec.js';

const badDim: ErrorSample = { args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]', '2'] };
const complex: ErrorSample = { args: [normal([3])], throws: 'DTypeError', says: ['complex', '.abs()'], dtype: 'complex64' };

const SORTED = [
  [normal([7])],
  [normal([3, 4, 5]), 1],
  [normal([5, 4]), 0, { descending: true }],
  [normal([4, 33])],
  [normal([2, 300]), -1, { descending: true }],
  [normal([])],
  [normal([0])],
  [normal([0, 3]), 0],
  [normal([3, 0])],
];
const LARGE = [[normal([40, 3001])], [normal([3001, 40]), 0], [uniform([200000], -1, 1), 0, { descending: true }]];

export const sorting: Group = {
  sort: {
    torch: 'lambda x, dim=-1, **o: torch.sort(x, stable=True, dim=dim, **o)',
    dtypes: REAL_AND_BOOL,
    covers: ['sort'],
    samples: [
      ...SORTED,
      { args: [edges([64])], dtypes: REAL },
      { args: [edges([3, 41]), 0, { descending: true }], dtypes: REAL },
      // 1,500 numbers up to 2^62 apart: keys of more than 32 bits
      { args: [uniform([1500], -4e18, 4e18)], dtypes: ['float64', 'int64'], gradient: false },
    ],
    large: LARGE,
    errors: [badDim, complex],
  },
  argsort: {
    torch: 'lambda x, dim=-1, **o: torch.argsort(x, stable=True, dim=dim, **o)',
    dtypes: REAL_AND_BOOL,
    gradient: false,
    samples: [...SORTED, { args: [edges([64])], dtypes: REAL }],
    large: LARGE,
    errors: [
      { ...badDim, op: 'sort' },
      { ...complex, op: 'sort' },
    ],
  },
  msort: {
    dtypes: REAL,
    samples: [[normal([7])], [normal([5, 4])], [normal([3, 2, 2])], [edges([29])]],
    errors: [{ ...complex, op: 'sort' }],
  },
  topk: {
    torch:
      'lambda x, k, dim=-1, sorted=True, **o: torch.topk(x, k, dim, **o) if sorted else (lambda r: (lambda i: (r[0].gather(dim, i), r[1].gather(dim, i)))(r[1].argsort(dim)))(torch.topk(x, k, dim, **o))',
    dtypes: REAL,
    covers: ['topk'],
    samples: [
      [distinct([9]), 3],
      [distinct([3, 4, 5]), 2, 1],
      [distinct([5, 4]), 5, 0, { largest: false }],
      [distinct([4, 40]), 35],
      [distinct([2, 60]), 7, -1, { sorted: false }],
      [distinct([2, 60]), 40, -1, { sorted: false, largest: false }],
      { args: [distinct([2, 1500]), 600], dtypes: ['float32', 'float64', 'int64', 'int32'] },
      [distinct([]), 1],
      [distinct([4]), 0],
      { args: [values([1, Number.NaN, 3, Number.POSITIVE_INFINITY]), 2], dtypes: FLOAT, gradient: false },
    ],
    large: [
      [distinct([40, 3001]), 10],
      [distinct([200000]), 100, 0, { largest: false }],
    ],
    errors: [
      { args: [normal([2, 3]), 4], throws: 'ValueError', says: ['4', '[0, 3]', '(2, 3)'] },
      { args: [normal([2, 3]), 1, 2], throws: 'IndexError', says: ['[-2, 1]'] },
      { ...complex, args: [normal([3]), 1] },
    ],
  },
  kthvalue: {
    dtypes: REAL,
    covers: ['kthvalue'],
    samples: [
      [distinct([9]), 3],
      [distinct([3, 4, 5]), 2, 1],
      [distinct([5, 4]), 5, 0, { keepdim: true }],
      [distinct([2, 60]), 31],
      { args: [distinct([1500]), 600], dtypes: ['float32', 'float64', 'int64', 'int32'] },
      [distinct([]), 1, 0],
    ],
    large: [[distinct([40, 3001]), 1000]],
    errors: [
      { args: [normal([2, 3]), 0], throws: 'ValueError', says: ['0', '[1, 3]'] },
      { args: [normal([2, 0]), 1], throws: 'ShapeError', says: ['(2, 0)'] },
    ],
  },
  mode: {
    dtypes: REAL_AND_BOOL,
    covers: ['mode'],
    samples: [
      { args: [values([3, 1, 3, 2, 1, 3])], kink: true },
      { args: [values([3, 1, 3, 1, 2])], kink: true },
      { args: [uniform([3, 4, 5], 0, 3), 1], dtypes: ['int64', 'int32', 'uint8'] },
      { args: [uniform([3, 15], 0, 3), -1, { keepdim: true }], dtypes: ['int64', 'int16', 'int8'] },
      [normal([]), 0],
    ],
    errors: [badDim, { args: [normal([0, 3]), 0], throws: 'ShapeError', says: ['(0, 3)'] }],
  },
} satisfies Record<string, Entry>;
