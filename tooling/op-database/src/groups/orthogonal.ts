/** Samples of `core/src/ops/orthogonal.ts`. Signs are LAPACK's, as PyTorch's are. */
import type { DType } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

const DTYPES: readonly DType[] = ['float32', 'float64'];
/** Errors grow with the condition of the matrices. */
const tolerance = { float32: [1e-4, 1e-4], float64: [1e-10, 1e-10] } as const;

export const orthogonal: Group = {
  geqrf: {
    dtypes: DTYPES,
    gradient: false,
    samples: [[normal([4, 4])], [normal([2, 5, 3])], [normal([3, 5])], [normal([1, 1])], [normal([0, 3])]],
    large: [[normal([150, 100])]],
    tolerance,
    errors: [
      { args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] },
      { args: [normal([3, 3])], throws: 'DTypeError', says: ['int64'], dtype: 'int64' },
    ],
  },
  householderProduct: {
    torch: 'lambda x: torch.linalg.householder_product(*torch.geqrf(x))',
    adapt:
      (householderProduct, { geqrf }) =>
      (x) =>
        householderProduct(...geqrf(x)),
    dtypes: DTYPES,
    covers: ['linalg_householder_product', 'geqrf'],
    gradient: false,
    samples: [[normal([4, 4])], [normal([2, 5, 3])], [normal([3, 1])], [normal([70, 40])]],
    tolerance,
  },
  qr: {
    torch: 'torch.linalg.qr',
    dtypes: DTYPES,
    covers: ['linalg_qr'],
    samples: [
      [normal([4, 4])],
      [normal([5, 3])],
      [normal([2, 3, 5])],
      [normal([3, 5]), 'complete'],
      { args: [normal([5, 3]), 'complete'], gradient: false },
      { args: [normal([2, 5, 3]), 'r'], gradient: false },
      [normal([1, 1])],
      [normal([0, 3])],
      [normal([2, 3, 0])],
    ],
    large: [[normal([150, 100])]],
    tolerance,
    noExpand: true, // equal rows are not independent
    errors: [
      { args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] },
      { args: [normal([3, 3]), 'full'], throws: 'ValueError', says: ['full', 'reduced'] },
    ],
  },
};
