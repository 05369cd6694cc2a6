/** Samples of `core/src/ops/searching.ts`. */
import { FLOAT, REAL } from '../dtype.js';
import type { Group } from '../sample.js';
import { edges, indices, normal, uniform, values } from '../spec.js';

const long = { dtype: 'int64' } as const;
const rows = values([-3, -1, 0, 2, 5, 1, 1, 2, 4, 4], { shape: [2, 5], differentiable: false });
const unsigned = values([0, 1, 1, 3, 5, 1, 1, 2, 4, 4], { shape: [2, 5], differentiable: false });
const row = values([1, 2, 2, 4, 7]);

export const searching: Group = {
  searchsorted: {
    dtypes: REAL,
    gradient: false,
    noMethod: true,
    covers: ['searchsorted'],
    samples: [
      [row, normal([3, 4])],
      [row, normal([3, 4]), { right: true }],
      [unsigned, normal([2, 3])],
      { args: [rows, normal([2, 3]), { side: 'right' }], dtypes: [...FLOAT, 'int64', 'int32', 'int16', 'int8'] },
      [row, 2],
      [row, 2, { right: true, outInt32: true }],
      [values([4, 1, 7, 2]), normal([6]), { sorter: values([1, 3, 0, 2], long) }],
      [values([]), normal([2])],
      { args: [values([-1, 0, 2]), edges()], dtypes: FLOAT },
    ],
    large: [[values([-2, -1, 0, 0.5, 1, 3]), normal([40000])]],
    errors: [
      { args: [rows, normal([3, 3])], throws: 'ShapeError', says: ['(3, 3)', '(2, 5)'] },
      { args: [row, normal([2], { dtype: 'float64' })], throws: 'DTypeError', says: ['float32', 'float64'] },
      { args: [row, 2, { side: 'middle' }], throws: 'ValueError', says: ["'middle'"] },
      { args: [row, 2, { sorter: values([1], long) }], throws: 'ShapeError', says: ['(1,)', '(5,)'] },
    ],
  },
  bucketize: {
    dtypes: REAL,
    gradient: false,
    noMethod: true,
    samples: [
      [normal([3, 4]), row],
      [normal([3, 4]), row, { right: true }],
      [normal([5]), row, { outInt32: true }],
      [2, row],
      [normal([]), row],
    ],
    errors: [
      { args: [normal([2]), rows], throws: 'ShapeError', says: ['(2, 5)'] },
      { args: [normal([2], { dtype: 'float64' }), row], throws: 'DTypeError', says: ['float32', 'float64'] },
    ],
  },
  isin: {
    dtypes: REAL.filter((d) => d !== 'float16' && d !== 'bfloat16'), // which PyTorch's has not
    gradient: false,
    noMethod: true,
    samples: [
      [uniform([3, 4], 0, 9), values([1, 4, 2, 2])],
      [values([1, 2, 3]), values([3, 1]), { invert: true }],
      [values([1, 2, 3]), 2],
      [2, values([1, 2, 3])],
      [values([1, 2]), values([])],
      [values([1, 2]), values([]), { invert: true }],
      [values([]), values([1])],
      { args: [values([Number.NaN, 1]), values([Number.NaN, 1])], dtypes: ['float32', 'float64'] },
      { args: [values([1, 2]), values([1], long), { assumeUnique: true }], dtypes: ['int64', 'int32'] },
    ],
    errors: [{ args: [values([1]), 'x'], throws: 'TypeError', says: ['string'] }],
  },
  unravelIndex: {
    torch: 'lambda i, shape: torch.unravel_index(i, tuple(shape))',
    dtypes: ['int64', 'int32'],
    gradient: false,
    noMethod: true,
    samples: [
      [values([0, 5, 11, 3]), [3, 4]],
      [values([23, 1, 7, 8], { shape: [2, 2] }), [2, 3, 4]],
      [values([4], { shape: [] }), [5]],
      [values([]), [2, 2]],
    ],
    errors: [
      { args: [values([6], long), [2, 3]], throws: 'IndexError', says: ['6', '(2, 3)'] },
      { args: [values([-1], long), [2, 3]], throws: 'IndexError', says: ['-1'] },
      { args: [indices([2], 0, 3), [1, 1]], throws: 'IndexError', says: ['1 elements'] },
    ],
  },
};
