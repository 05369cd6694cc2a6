/** Samples of `core/src/ops/index-writing.ts`. */
import { ALL, FLOAT, REAL } from '../dtype.js';
import type { Argument, Entry, ErrorSample, Group, Sample } from '../sample.js';
import { bools, distinct, indices, nonzero, normal, values } from '../spec.js';

const long = { dtype: 'int64' } as const;
const badDim: ErrorSample = {
  args: [normal([2, 3]), 2, values([0], long), normal([1, 3])],
  throws: 'IndexError',
  says: ['[-2, 1]'],
};
const float: ErrorSample = {
  args: [normal([2, 3]), 0, normal([1]), normal([1, 3])],
  throws: 'DTypeError',
  says: ['float32', 'int64'],
};
const outside: ErrorSample = {
  args: [normal([2, 3]), 0, values([2], long), normal([1, 3])],
  throws: 'IndexError',
  says: ['2'],
  op: 'scatter',
};

const reductions = ['sum', 'prod', 'mean', 'amax', 'amin'];
/** Like samples of scatter: rows meet in some places. */
const places = values([2, 0, 1, 1, 1, 2, 1, 0], { ...long, shape: [2, 4] });
const meeting = values([0, 0, 2, 0, 1, 1, 1, 1, 0, 2, 2, 0], { ...long, shape: [3, 4] });

const reducing = (src: (reduce: string, shape: readonly number[]) => Argument): Sample[] =>
  reductions.flatMap((reduce): Sample[] => [
    { args: [src(reduce, [3, 4]), 0, places, src(reduce, [2, 4]), reduce] },
    { args: [src(reduce, [3, 4]), 0, meeting, src(reduce, [3, 4]), reduce, { includeSelf: false }] },
    { args: [src(reduce, [2, 3]), 1, values([0, 2, 2, 0, 0, 0], { ...long, shape: [2, 3] }), src(reduce, [2, 3]), reduce] },
    { args: [src(reduce, [4]), 0, values([3, 1, 3], long), src(reduce, [3]), reduce] },
  ]);
const elements = (reduce: string, shape: readonly number[]) => (reduce.startsWith('am') ? distinct(shape) : nonzero(shape));

export const indexWriting: Group = {
  indexCopy: {
    dtypes: ALL,
    noExpand: true,
    samples: [
      [normal([4, 3]), 0, values([2, 0], long), normal([2, 3])],
      [normal([2, 5]), 1, values([4, 1, 0], long), normal([2, 3])],
      [normal([2, 3, 2]), -2, values([1], long), normal([2, 1, 2])],
      [normal([5]), 0, values([4, 0], long), normal([2])],
      [normal([3, 2]), 0, values([], long), normal([0, 2])],
    ],
    errors: [
      badDim,
      float,
      outside,
      { args: [normal([2, 3]), 0, values([0], long), normal([2, 3])], throws: 'ShapeError', says: ['(1, 3)', '(2, 3)'] },
      {
        args: [normal([2, 3]), 0, values([0], long), normal([1, 3], { dtype: 'float64' })],
        throws: 'DTypeError',
        says: ['float32', 'float64'],
      },
    ],
  },
  indexFill: {
    dtypes: REAL,
    noExpand: true,
    samples: [
      [normal([4, 3]), 0, values([2, 0], long), 7],
      [normal([2, 5]), 1, values([4, 1, 0], long), normal([])],
      { args: [normal([2, 5]), 1, values([4, -1, 0], long), 3], gradient: false }, // PyTorch's derivative refuses the -1
      [normal([5]), 0, values([], long), 1],
      [normal([2, 3, 2]), 1, values([1, 1], long), -1],
    ],
    errors: [
      { ...badDim, args: badDim.args.slice(0, 3).concat([1]) },
      { ...float, args: float.args.slice(0, 3).concat([1]) },
      { ...outside, op: 'scatter', args: outside.args.slice(0, 3).concat([1]) },
      { args: [normal([2, 3]), 0, values([0], long), normal([3])], throws: 'ShapeError', says: ['(3,)', '0-d'] },
    ],
  },
  scatterReduce: {
    dtypes: REAL,
    noExpand: true,
    covers: ['scatter_reduce'],
    samples: [
      ...reducing(elements),
      { args: [normal([3]), 0, values([], long), normal([0]), 'prod'] },
      // zeros among the factors: none, one and two that meet
      {
        args: [values([2, 0, 3, 1]), 0, values([0, 0, 1, 2, 3, 3], long), values([0, 5, 4, 7, 0, 0]), 'prod'],
        dtypes: FLOAT,
      },
      { args: [values([2, 1, 3, 3]), 0, values([0, 0, 1, 2, 3], long), values([2, 2, 0, 5, 3]), 'amax'], kink: true },
      {
        args: [values([1, Number.NaN, 3]), 0, values([0, 1, 2], long), values([Number.NaN, 5, 4]), 'amin'],
        dtypes: FLOAT,
        gradient: false,
      },
    ],
    // with a src of several zeros at one place PyTorch's second derivative is an error
    large: [[normal([50, 301]), 0, indices([400, 301], 0, 50), normal([400, 301]), 'amax']],
    errors: [
      { ...badDim, args: [...badDim.args, 'sum'] },
      { ...outside, op: 'scatter_reduce', args: [normal([3]), 0, values([3], long), normal([1]), 'prod'], says: ['3'] },
      { args: [normal([3]), 0, values([0], long), normal([1]), 'median'], throws: 'ValueError', says: ["'median'"] },
      { args: [normal([2, 3]), 0, indices([3], 0, 2), normal([3]), 'sum'], throws: 'ShapeError', says: ['(3,)', '(2, 3)'] },
      {
        args: [normal([3]), 0, values([0], long), normal([1], { dtype: 'float64' }), 'sum'],
        throws: 'DTypeError',
        says: ['float32', 'float64'],
      },
    ],
  },
  indexReduce: {
    torch: 'lambda x, d, i, s, r, **o: torch.index_reduce(x, d, i, s, r, **o)',
    dtypes: REAL,
    noExpand: true,
    samples: ['prod', 'mean', 'amax', 'amin'].flatMap((reduce): (readonly Argument[])[] => [
      [elements(reduce, [4, 3]), 0, values([2, 0, 2], long), elements(reduce, [3, 3]), reduce],
      [elements(reduce, [2, 5]), 1, values([4, 4], long), elements(reduce, [2, 2]), reduce, { includeSelf: false }],
    ]),
    errors: [{ ...badDim, args: [...badDim.args, 'prod'] }],
  },
  maskedScatter: {
    dtypes: ALL,
    noExpand: true,
    samples: [
      [normal([3, 4]), bools([3, 4]), normal([12])],
      [normal([3, 4]), bools([4]), normal([3, 4])],
      [normal([3, 4]), bools([3, 1]), normal([20])],
      [normal([]), values([1], { dtype: 'bool', shape: [] }), normal([2])],
      [normal([2]), values([0, 0], { dtype: 'bool' }), normal([0])],
    ],
    errors: [
      {
        args: [normal([3]), values([1, 1, 1], { dtype: 'bool' }), normal([2])],
        throws: 'ShapeError',
        says: ['3 times', '2 elements'],
      },
      { args: [normal([3]), normal([3]), normal([3])], throws: 'DTypeError', says: ['mask', 'float32'] },
      { args: [normal([3]), bools([2]), normal([3])], throws: 'ShapeError', says: ['*3*', '*2*'] },
    ],
  },
  take: {
    dtypes: ALL,
    samples: [
      [normal([3, 4]), values([0, 11, 5, 5], long)],
      [normal([3, 4]), values([-1, 2, 3, 7], { ...long, shape: [2, 2] })],
      [normal([3]), values([1], { ...long, shape: [] })],
      [normal([3]), values([], long)],
    ],
    errors: [
      { args: [normal([3]), values([3], long)], throws: 'IndexError', says: ['3'], op: 'index_select' },
      { args: [normal([3]), normal([1])], throws: 'DTypeError', says: ['float32'] },
    ],
  },
  put: {
    torch: 'lambda x, i, s, a=False: torch.Tensor.put(x, i, s, a)',
    dtypes: REAL,
    noExpand: true,
    samples: [
      [normal([3, 4]), values([0, 11, 5], long), normal([3])],
      [normal([3, 4]), values([0, -1, 0, 3], { ...long, shape: [2, 2] }), normal([2, 2]), true],
      [normal([3]), values([], long), normal([0])],
    ],
    errors: [
      { args: [normal([3]), values([0], long), normal([2])], throws: 'ShapeError', says: ['1 indices', '2 elements'] },
      { args: [normal([3]), values([3], long), normal([1])], throws: 'IndexError', says: ['3'], op: 'index_put' },
    ],
  },
} satisfies Record<string, Entry>;
