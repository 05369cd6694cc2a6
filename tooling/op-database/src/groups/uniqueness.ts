/** Samples of `core/src/ops/uniqueness.ts`. */
import { REAL, REAL_AND_BOOL } from '../dtype.js';
import type { Argument, Entry, Group, Sample } from '../sample.js';
import { bools, edges, normal, uniform, values } from '../spec.js';

const all = { returnInverse: true, returnCounts: true };
const samples: (readonly Argument[] | Sample)[] = [
  [values([3, 1, 3, 2, 1, 1])],
  [values([3, 3, 1, 1, 3], { shape: [5] }), all],
  [values([1, 1, 2, 0, 0, 2], { shape: [2, 3] }), { returnInverse: true }],
  [values([1, 1, 2, 0, 0, 2], { shape: [2, 3] }), { returnCounts: true }],
  { args: [uniform([3, 4, 5], 0, 4), all], dtypes: ['int64', 'int32', 'int16', 'int8', 'uint8'] },
  [values([1, 2, 1, 2, 0, 1, 1, 2], { shape: [4, 2] }), { ...all, dim: 0 }],
  [values([1, 1, 0, 2, 2, 1], { shape: [2, 3] }), { ...all, dim: 1 }],
  { args: [uniform([4, 3, 2], 0, 2), { ...all, dim: -2 }], dtypes: ['int64', 'uint8'] },
  [values([]), all],
  [values([7], { shape: [] }), all],
  { args: [edges([40])], dtypes: REAL },
];
const entry: Entry = {
  dtypes: REAL_AND_BOOL,
  gradient: false,
  samples,
  errors: [
    { args: [normal([2, 3]), { dim: 2 }], throws: 'IndexError', says: ['[-2, 1]'] },
    { args: [normal([2, 0]), { dim: 0 }], throws: 'ShapeError', says: ['(2, 0)'] },
  ],
};

export const uniqueness: Group = {
  unique: {
    ...entry,
    covers: ['sort_rows'],
    samples: [...samples, { args: [bools([3, 4]), all], dtypes: ['bool'] }],
    large: [[normal([300, 301])]],
    errors: [
      ...(entry.errors ?? []),
      { args: [normal([2])], throws: 'DTypeError', says: ['complex'], dtype: 'complex64', op: 'sort' },
    ],
  },
  uniqueConsecutive: entry,
};
