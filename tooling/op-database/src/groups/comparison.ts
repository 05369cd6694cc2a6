/** Samples of `core/src/ops/comparison.ts`. */
import { ALL, type DType, FLOAT, INT, REAL_AND_BOOL } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { edges, normal, values } from '../spec.js';

function compare(dtypes: readonly DType[]): Entry {
  return {
    dtypes,
    gradient: false,
    samples: [
      [normal([3, 5]), normal([3, 5])],
      [normal([4, 1]), normal([3, 1, 6])],
      [normal([]), normal([])],
      [normal([0, 3]), normal([3])],
      [values([0, 1, 2, 3]), values([0, 2, 1, 3])],
      [normal([2, 41]), 1],
      { args: [normal([5]), 0.5], dtypes: [...FLOAT, ...INT] },
      [normal([3]), normal([3], { dtype: 'float64' })],
      [normal([3]), normal([], { dtype: 'int32' })],
      { args: [edges([29, 1]), edges([29])], dtypes: FLOAT },
      { args: [edges([10, 1]), edges([10])], dtypes: INT },
    ],
    large: [[normal([263, 301]), normal([263, 301])]],
    errors: [{ args: [normal([2, 3]), normal([2, 4])], throws: 'ShapeError', says: ['*3*', '*4*'] }],
  };
}

const ordered: Entry = {
  ...compare(REAL_AND_BOOL),
  errors: [
    { args: [normal([2, 3]), normal([2, 4])], throws: 'ShapeError', says: ['*3*', '*4*'] },
    { args: [normal([2]), normal([2])], throws: 'DTypeError', says: ['complex64'], dtype: 'complex64' },
  ],
};
/** PyTorch's takes no numbers. */
const logical = (name: string): Entry => ({
  ...compare(REAL_AND_BOOL),
  torch: `lambda a, b: torch.${name}(a, torch.as_tensor(b))`,
});

const test = (dtypes: readonly DType[]): Entry => ({
  dtypes,
  gradient: false,
  samples: [[normal([3, 5])], [normal([])], [normal([0, 3])], { args: [edges()], dtypes: REAL_AND_BOOL }, [normal([2, 41])]],
  large: [[normal([263, 301])]],
  errors: [{ args: [3], throws: 'TypeError', says: ['tensor'] }],
});

export const comparison: Group = {
  eq: compare(ALL),
  ne: compare(ALL),
  lt: ordered,
  le: ordered,
  gt: ordered,
  ge: ordered,
  logicalAnd: logical('logical_and'),
  logicalOr: logical('logical_or'),
  logicalXor: logical('logical_xor'),
  logicalNot: test(REAL_AND_BOOL),
  isnan: test(REAL_AND_BOOL),
  isinf: test(REAL_AND_BOOL),
  isfinite: test(REAL_AND_BOOL),
};
