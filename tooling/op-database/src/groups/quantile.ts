/** Samples of `core/src/ops/quantile.ts`. */
import { FLOAT, REAL } from '../dtype.js';
import type { Argument, Entry, ErrorSample, Group } from '../sample.js';
import { distinct, normal, values } from '../spec.js';

const { NaN: nan } = Number;
const medians = (op: string): Entry => ({
  dtypes: REAL,
  covers: [op, `${op}_all`],
  samples: [
    [distinct([7])],
    [distinct([8])],
    [distinct([3, 4])],
    [distinct([3, 4, 5]), 1],
    [distinct([5, 4]), 0, { keepdim: true }],
    [distinct([2, 60]), -1],
    [distinct([])],
    [distinct([]), 0],
    { args: [values([1, 2, 2, 2, 5])], kink: true },
    { args: [values([3, nan, 1, nan, 2, 7])], dtypes: FLOAT, gradient: false },
    { args: [values([3, nan, 1, 6, 2, 7], { shape: [2, 3] }), 1], dtypes: FLOAT, kink: true },
  ],
  large: [[distinct([40, 3001]), 1], [distinct([200000])]],
  errors: [
    { args: [normal([2, 3]), 2], throws: 'IndexError', says: ['[-2, 1]', '2'] },
    { args: [normal([0, 3]), 0], throws: 'ShapeError', says: ['(0, 3)'] },
    { args: [normal([3])], throws: 'DTypeError', says: ['complex'], dtype: 'complex64', op: `${op}_all` },
  ],
});

const INTERPOLATIONS = ['linear', 'lower', 'higher', 'midpoint', 'nearest'];
const errors = (op: string): ErrorSample[] => [
  { args: [normal([3]), 1.5], throws: 'ValueError', says: ['1.5', '[0, 1]'] },
  { args: [normal([3]), 0.5], throws: 'DTypeError', says: ['int32', '.float()'], dtype: 'int32' },
  { args: [normal([0]), 0.5], throws: 'ShapeError', says: ['(0,)'] },
  { args: [normal([3]), 0.5, null, { interpolation: 'cubic' }], throws: 'ValueError', says: ["'cubic'"] },
  { args: [normal([3]), 0.5, 1], throws: 'IndexError', says: ['[-1, 0]'], op },
];
const quantiles = (op: string): Entry => ({
  torch: `lambda x, q, dim=None, **o: torch.${op}(x, q, dim, **o)`,
  dtypes: ['float32', 'float64'],
  samples: [
    ...INTERPOLATIONS.map((interpolation): readonly Argument[] => [distinct([7]), 0.4, null, { interpolation }]),
    ...INTERPOLATIONS.map((interpolation): readonly Argument[] => [distinct([3, 6]), 0.3, 1, { interpolation, keepdim: true }]),
    [distinct([3, 4, 5]), values([0.25, 0.5, 1], { differentiable: false }), 1],
    [distinct([3, 4]), values([0, 0.1], { differentiable: false }), null, { keepdim: true }],
    [distinct([3, 4]), values([0.5], { differentiable: false }), 0],
    [distinct([]), 0.5],
    { args: [values([1, nan, 3, 4, 2, 8], { shape: [2, 3] }), 0.5, 1], gradient: false },
    { args: [values([1, nan, 3, nan, nan, nan], { shape: [2, 3] }), 0.75, 1], gradient: false },
  ],
  errors: errors(op),
});

export const quantile: Group = {
  median: medians('median'),
  nanmedian: medians('nanmedian'),
  quantile: quantiles('quantile'),
  nanquantile: quantiles('nanquantile'),
};
