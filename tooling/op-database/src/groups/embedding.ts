/** Samples of `core/src/ops/embedding.ts`. */
import { FLOAT, INT } from '../dtype.js';
import type { Group } from '../sample.js';
import { indices, normal, values } from '../spec.js';

export const embedding: Group = {
  embedding: {
    torch: 'lambda i, w, **o: F.embedding(torch.as_tensor(i), w, **o)',
    dtypes: FLOAT,
    covers: ['embedding', 'embedding_backward'],
    samples: [
      [indices([4], 0, 5), normal([5, 3])],
      [indices([2, 3], 0, 5), normal([5, 3])],
      [indices([], 0, 5), normal([5, 3])],
      [indices([2, 0], 0, 5), normal([5, 3])],
      // the padding row has no gradient by definition
      { args: [values([1, 1, 1, 0], { dtype: 'int64' }), normal([3, 4]), { paddingIdx: 1 }], kink: true },
      { args: [values([2, 0, 2], { dtype: 'int32' }), normal([3, 4]), { paddingIdx: -1 }], kink: true },
      [[2, 0, 1], normal([3, 2])],
    ],
    large: [
      [indices([60, 50], 0, 100), normal([100, 64])],
      [indices([3000], 0, 7), normal([7, 33])],
    ],
    // a row's gradient is a sum over some 430 places
    tolerance: { float32: [1e-5, 1e-4] },
    errors: [
      { args: [values([0, 3], { dtype: 'int64' }), normal([3, 2])], throws: 'IndexError', says: ['3'] },
      { args: [values([0, -1], { dtype: 'int64' }), normal([3, 2])], throws: 'IndexError', says: ['-1'] },
      { args: [normal([2]), normal([3, 2])], throws: 'DTypeError', says: ['float32', '.long()'] },
      { args: [[0.5], normal([3, 2])], throws: 'ValueError', says: ['0.5'] },
      { args: [indices([2], 0, 3), normal([3])], throws: 'ShapeError', says: ['(3,)'] },
      { args: [indices([2], 0, 3), normal([3, 2]), { paddingIdx: 3 }], throws: 'IndexError', says: ['3'] },
    ],
  },
  oneHot: {
    torch: 'lambda i, *a: F.one_hot(torch.as_tensor(i).long(), *a)',
    dtypes: INT,
    gradient: false,
    noExpand: true,
    samples: [
      [values([0, 2, 1, 2])],
      [values([0, 2, 1, 2]), 4],
      [values([0, 2, 1, 2], { shape: [2, 2] }), 3],
      [values([1], { shape: [] })],
      [[1, 0, 2], 3],
    ],
    errors: [
      { args: [values([0, 5], { dtype: 'int64' }), 3], throws: 'IndexError', says: ['5', '3'] },
      { args: [values([0, -1], { dtype: 'int64' })], throws: 'IndexError', says: ['-1'] },
      { args: [normal([2])], throws: 'DTypeError', says: ['float32'] },
    ],
  },
};
