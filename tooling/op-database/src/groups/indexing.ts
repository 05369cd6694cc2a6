/** Samples of `core/src/ops/indexing.ts`. */
import { ALL, REAL } from '../dtype.js';
import type { Entry, ErrorSample, Group } from '../sample.js';
import { indices, normal, values } from '../spec.js';

const long = { dtype: 'int64' } as const;
/** What every function here refuses, with `rest` after the index. */
const errors = (...rest: Parameters<typeof normal>[0][]): ErrorSample[] => {
  const others = rest.map((shape) => normal(shape));
  return [
    { args: [normal([2, 3]), 2, values([0], long), ...others], throws: 'IndexError', says: ['[-2, 1]'] },
    { args: [normal([2, 3]), 0, normal([1, 3]), ...others], throws: 'DTypeError', says: ['float32', 'int64'] },
  ];
};
const outOfRange = (index: number, ...rest: readonly (readonly number[])[]): ErrorSample => ({
  args: [normal([2, 3]), 0, values([index], { ...long, shape: [1, 1] }), ...rest.map((shape) => normal(shape))],
  throws: 'IndexError',
  says: [String(index), '2'],
});

const scattering = (rest: Partial<Entry>): Entry => ({
  dtypes: REAL,
  noExpand: true, // where two indices are the same, the order of writing is not defined
  samples: [
    [normal([3, 4]), 0, values([2, 0, 1, 1, 1, 2, 0, 0], { ...long, shape: [2, 4] }), normal([2, 4])],
    [normal([3, 4]), 1, values([3, 0, 1, 2, 0, 1], { ...long, shape: [3, 2] }), normal([3, 2])],
    // PyTorch's own derivative fails where src is larger than the index
    { args: [normal([3, 4]), -1, values([3, 0], { ...long, shape: [2, 1] }), normal([3, 2])], gradient: false },
    [normal([5]), 0, values([4, 0, 2], long), normal([3])],
    [normal([2, 3, 2]), 1, values([0, 2, 1, 0], { ...long, shape: [2, 1, 2] }), normal([2, 1, 2])],
    [normal([3]), 0, values([], long), normal([0])],
  ],
  errors: [
    ...errors([1, 3]),
    outOfRange(2, [1, 1]),
    outOfRange(-1, [1, 1]),
    { args: [normal([2, 3]), 0, indices([3, 3, 1], 0, 2), normal([3, 3])], throws: 'ShapeError', says: ['(3, 3, 1)', '(2, 3)'] },
    {
      args: [normal([2, 3]), 0, indices([1, 3], 0, 2), normal([1, 3], { dtype: 'float64' })],
      throws: 'DTypeError',
      says: ['float32', 'float64'],
    },
    { args: [normal([2, 3]), 0, indices([2, 3], 0, 2), normal([1, 3])], throws: 'ShapeError', says: ['(2, 3)', '(1, 3)'] },
  ],
  ...rest,
});

export const indexing: Group = {
  indexSelect: {
    torch: 'lambda x, d, i: torch.index_select(x, d, torch.as_tensor(i, dtype=torch.int64))',
    dtypes: ALL,
    samples: [
      [normal([4, 3]), 0, values([2, 0, 0, 3], long)],
      [normal([2, 5]), 1, values([4, 1], long)],
      [normal([2, 3, 4]), -2, values([1], { dtype: 'int32' })],
      [normal([5]), 0, [4, 0]],
      [normal([3, 2]), 0, values([], long)],
    ],
    large: [[normal([300, 301]), 0, indices([200], 0, 300)]],
    errors: [
      ...errors(),
      { args: [normal([2, 3]), 0, values([2], long)], throws: 'IndexError', says: ['2'] },
      { args: [normal([2, 3]), 0, values([-3], long)], throws: 'IndexError', says: ['-3', '2'] },
      { args: [normal([2, 3]), 0, indices([2, 2], 0, 2)], throws: 'ShapeError', says: ['(2, 2)'] },
    ],
  },
  indexAdd: {
    dtypes: REAL,
    samples: [
      [normal([4, 3]), 0, values([2, 0, 2], long), normal([3, 3])],
      [normal([2, 5]), 1, values([4, 4], long), normal([2, 2])],
      [normal([5]), 0, values([1, 1, 1], long), normal([3])],
      [normal([4, 3]), 0, values([2, 0], long), normal([2, 3]), { alpha: -2 }],
      { args: [normal([4, 3]), 0, values([2, 0], long), normal([2, 3]), { alpha: 0.5 }], dtypes: ['float32', 'float64'] },
      [normal([3, 2]), 0, values([], long), normal([0, 2])],
    ],
    large: [[normal([50, 301]), 0, indices([400], 0, 50), normal([400, 301])]],
    errors: [
      { args: [normal([2, 3]), 0, values([2], long), normal([1, 3])], throws: 'IndexError', says: ['2'] },
      { args: [normal([2, 3]), 0, values([0], long), normal([2, 3])], throws: 'ShapeError', says: ['(1, 3)', '(2, 3)'] },
      {
        args: [normal([2, 3]), 0, values([0], long), normal([1, 3], { dtype: 'float64' })],
        throws: 'DTypeError',
        says: ['float32', 'float64'],
      },
    ],
  },
  gather: {
    dtypes: ALL,
    samples: [
      [normal([3, 4]), 0, indices([2, 4], 0, 3)],
      [normal([3, 4]), 1, indices([3, 6], 0, 4)],
      [normal([3, 4]), -1, indices([2, 1], 0, 4)],
      [normal([5]), 0, indices([3], 0, 5)],
      [normal([]), 0, values([0], long)],
      [normal([2, 3, 4]), 1, indices([2, 5, 3], 0, 3)],
      [normal([3, 4]), 0, indices([0, 4], 0, 3)],
    ],
    large: [[normal([300, 301]), 1, indices([300, 200], 0, 301)]],
    errors: [
      ...errors(),
      outOfRange(2),
      outOfRange(-1),
      { args: [normal([2, 3]), 0, indices([4], 0, 2)], throws: 'ShapeError', says: ['(4,)', '(2, 3)'] },
      { args: [normal([2, 3]), 0, indices([1, 4], 0, 2)], throws: 'ShapeError', says: ['(1, 4)', '(2, 3)'] },
    ],
  },
  takeAlongDim: {
    dtypes: REAL,
    samples: [
      [normal([3, 4]), indices([3, 2], 0, 4), 1],
      [normal([3, 4]), indices([1, 2], 0, 4), 1],
      [normal([3, 4]), indices([5], 0, 12)],
    ],
    errors: [{ args: [normal([2, 3]), indices([2], 0, 2), 0], throws: 'ShapeError', says: ['(2,)'] }],
  },
  scatter: scattering({
    covers: ['scatter', 'scatter_fill'],
    samples: [
      [normal([3, 4]), 0, values([2, 0, 1, 1, 1, 2, 0, 0], { ...long, shape: [2, 4] }), normal([2, 4])],
      [normal([3, 4]), 1, values([3, 0, 1, 2, 0, 1], { ...long, shape: [3, 2] }), normal([3, 2])],
      // PyTorch's own derivative fails where src is larger than the index
      { args: [normal([3, 4]), -1, values([3, 0], { ...long, shape: [2, 1] }), normal([3, 2])], gradient: false },
      [normal([5]), 0, values([4, 0, 2], long), normal([3])],
      [normal([5]), 0, values([4, 0, 4], long), 7],
      [normal([3, 4]), 1, values([3, 0, 1, 2, 0, 1], { ...long, shape: [3, 2] }), -1],
      [normal([3]), 0, values([], long), normal([0])],
    ],
  }),
  scatterAdd: scattering({ large: [[normal([50, 301]), 0, indices([400, 301], 0, 50), normal([400, 301])]] }),
};
