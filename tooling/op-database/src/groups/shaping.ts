/** Samples of `core/src/ops/shaping.ts`. */
import { ALL, FLOAT } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { normal } from '../spec.js';

const shaped: Entry = {
  dtypes: ALL.filter((d) => !d.startsWith('complex')),
  samples: [[normal([])], [normal([3])], [normal([3, 4])], [normal([2, 3, 4])], [normal([0, 3])]],
  errors: [{ args: [3], throws: 'TypeError', says: ['self', 'tensor'] }],
};

export const shaping: Group = {
  ravel: shaped,
  atleast1d: { ...shaped, torch: 'torch.atleast_1d' },
  atleast2d: { ...shaped, torch: 'torch.atleast_2d' },
  atleast3d: { ...shaped, torch: 'torch.atleast_3d' },
  adjoint: {
    ...shaped,
    samples: [[normal([3, 4])], [normal([2, 3, 4])], [normal([2, 0, 3])]],
    errors: [{ args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] }],
  },
  sumToSize: {
    torch: 'torch.Tensor.sum_to_size',
    dtypes: FLOAT.filter((d) => d.startsWith('float')),
    samples: [
      [normal([3, 4]), [3, 4]],
      [normal([3, 4]), [1, 4]],
      [normal([3, 4]), [4]],
      [normal([2, 3, 4]), [3, 1]],
      [normal([2, 3]), []],
    ],
    tolerance: { float16: [4e-3, 2e-3] }, // the order of a sum
    errors: [{ args: [normal([3, 4]), [3]], throws: 'ShapeError', says: ['3', '4'] }],
  },
};
