/** Samples of `core/src/ops/sparse-product.ts`. Sparse tensors themselves are tested in core and autograd. */
import type { Group } from '../sample.js';
import { indices, normal, values } from '../spec.js';

const int64 = (list: readonly number[]) => values(list, { dtype: 'int64' });
/** 3 rows (the second has no entries) and 4 columns; and 2 rows in which a column occurs twice. */
const ROWS = [int64([0, 2, 2, 5]), int64([1, 3, 0, 1, 3])] as const;
const REPEATED = [int64([0, 3, 4]), int64([2, 0, 2, 1])] as const;
const NONE = [int64([0, 0, 0]), indices([0], 0, 1)] as const;
/** 100 rows with 40 entries each. */
const MANY = [int64(Array.from({ length: 101 }, (_, r) => 40 * r)), indices([4000], 0, 300)] as const;

const SPARSE =
  'torch.sparse_coo_tensor(torch.stack([torch.repeat_interleave(torch.arange(len(c) - 1), c.diff()), p]), v, (len(c) - 1, k))';

export const sparseProduct: Group = {
  sparseProduct: {
    torch: `lambda v, c, p, d, rows, t: (lambda k: torch.sparse.mm(${SPARSE}.t() if t else ${SPARSE}, d))(rows if t else len(d))`,
    dtypes: ['float32', 'float64'],
    noExpand: true,
    covers: ['sampled_product'],
    samples: [
      [normal([5]), ...ROWS, normal([4, 3]), 3, false],
      [normal([5]), ...ROWS, normal([4, 1]), 3, false],
      [normal([5]), ...ROWS, normal([4, 21]), 3, false],
      [normal([5]), ...ROWS, normal([3, 4]), 4, true],
      [normal([4]), ...REPEATED, normal([3, 7]), 2, false],
      [normal([4]), ...REPEATED, normal([2, 16]), 5, true],
      [normal([0]), ...NONE, normal([3, 2]), 2, false],
    ],
    large: [
      [normal([4000]), ...MANY, normal([300, 70]), 100, false],
      [normal([4000]), ...MANY, normal([100, 70]), 300, true],
    ],
    errors: [
      { args: [normal([5]), ...ROWS, normal([3, 2]), 3, false], throws: 'IndexError', says: ['3'], op: 'sparse_product' },
      {
        args: [normal([2]), int64([0, 3, 2]), int64([0, 1]), normal([2, 2]), 2, false],
        throws: 'IndexError',
        says: ['3'],
        op: 'sparse_product',
      },
      {
        args: [normal([2]), int64([0, 1, 1]), int64([0, 1]), normal([2, 2]), 2, false],
        throws: 'IndexError',
        says: ['1'],
        op: 'sparse_product',
      },
      { args: [normal([4]), ...ROWS, normal([4, 2]), 3, false], throws: 'ShapeError', says: ['(4,)', '(5,)'] },
      { args: [normal([5]), ...ROWS, normal([4]), 3, false], throws: 'ShapeError', says: ['(4,)'] },
      { args: [normal([5]), ...ROWS, normal([4, 2], { dtype: 'float64' }), 3, false], throws: 'DTypeError', says: ['float64'] },
      { args: [normal([5]), normal([4]), ROWS[1], normal([4, 2]), 3, false], throws: 'ShapeError', says: ['float32'] },
    ],
  },
  sampledProduct: {
    torch: 'lambda a, b, c, p: (a[torch.repeat_interleave(torch.arange(len(c) - 1), c.diff())] * b[p]).sum(1)',
    dtypes: ['float32', 'float64'],
    noExpand: true,
    covers: ['sparse_product'],
    samples: [
      [normal([3, 2]), normal([4, 2]), ...ROWS],
      [normal([3, 19]), normal([4, 19]), ...ROWS],
      [normal([2, 5]), normal([3, 5]), ...REPEATED],
      [normal([2, 3]), normal([3, 3]), ...NONE],
    ],
    large: [[normal([100, 70]), normal([300, 70]), ...MANY]],
    // a sum of 70 products may be close to 0
    tolerance: { float32: [1e-5, 1e-5] },
    errors: [
      { args: [normal([3, 2]), normal([3, 2]), ...ROWS], throws: 'IndexError', says: ['3'], op: 'sampled_product' },
      { args: [normal([2, 2]), normal([4, 2]), ...ROWS], throws: 'ShapeError', says: ['(2, 2)', '3 rows'] },
      { args: [normal([3, 2]), normal([4, 3]), ...ROWS], throws: 'ShapeError', says: ['(4, 3)'] },
      { args: [normal([3, 2]), normal([4, 2], { dtype: 'float64' }), ...ROWS], throws: 'DTypeError', says: ['float64'] },
    ],
  },
  sparseTimesDense: {
    torch: `lambda v, c, p, d, rows, t: (lambda k: (lambda S: (S.t() if t else S).to(d.dtype) @ d)(${SPARSE}.to_dense()))(rows if t else len(d))`,
    dtypes: ['float64', 'float16', 'int64', 'int32', 'complex64'],
    noExpand: true,
    samples: [
      [normal([5]), ...ROWS, normal([4, 3]), 3, false],
      [normal([5]), ...ROWS, normal([3, 4]), 4, true],
      // not in float16, where PyTorch rounds the sum of the repeated entries
      { args: [normal([4]), ...REPEATED, normal([3, 7]), 2, false], dtypes: ['float64', 'int64', 'complex64'] },
    ],
    errors: [
      {
        args: [normal([4], { dtype: 'int64' }), ...ROWS, normal([4, 2], { dtype: 'int64' }), 3, false],
        throws: 'ShapeError',
        says: ['(4,)'],
        op: 'sparseProduct',
      },
    ],
  },
  expandRows: {
    torch: 'lambda c, n: torch.repeat_interleave(torch.arange(len(c) - 1), c.diff())',
    dtypes: ['int64'],
    gradient: false,
    noExpand: true,
    samples: [
      [ROWS[0], 5],
      [REPEATED[0], 4],
      [NONE[0], 0],
    ],
  },
};
