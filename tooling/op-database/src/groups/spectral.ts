/** Samples of `core/src/ops/spectral.ts`. Vectors are unique up to their signs, so absolute values are compared. */
import type { DType } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal, values } from '../spec.js';

const DTYPES: readonly DType[] = ['float32', 'float64'];
/** Errors grow with the gaps between values. */
const tolerance = { float32: [1e-4, 1e-4], float64: [1e-9, 1e-9] } as const;

export const spectral: Group = {
  eigh: {
    torch: 'lambda x, *rest: (lambda w, v: (w, v.abs()))(*torch.linalg.eigh(x + x.mT, *rest))',
    adapt:
      (eigh) =>
      (x, ...rest) => {
        const [values, vectors] = eigh(x.add(x.mT), ...rest);
        return [values, vectors.abs()];
      },
    dtypes: DTYPES,
    covers: ['linalg_eigh'],
    samples: [
      [normal([4, 4])],
      [normal([2, 3, 3]), 'U'],
      [normal([1, 1])],
      [normal([0, 0])],
      [normal([0, 3, 3])],
      [normal([40, 40])],
    ],
    tolerance,
    noExpand: true, // equal matrices are fine, equal rows have repeated eigenvalues
  },
  eigvalsh: {
    torch: 'lambda x, *rest: torch.linalg.eigvalsh(x + x.mT, *rest)',
    adapt:
      (eigvalsh) =>
      (x, ...rest) =>
        eigvalsh(x.add(x.mT), ...rest),
    dtypes: DTYPES,
    samples: [[normal([4, 4])], [normal([2, 3, 3]), 'U'], [normal([1, 1])]],
    large: [[normal([130, 130])]],
    tolerance,
    noExpand: true,
    errors: [{ args: [normal([3, 3]), 'X'], throws: 'ValueError', says: ['uplo'] }],
  },
  svd: {
    torch:
      'lambda x, full_matrices=True: (lambda u, s, v: (u[..., : s.shape[-1]].abs(), s, v[..., : s.shape[-1], :].abs()))(*torch.linalg.svd(x, full_matrices))',
    adapt: (svd) => (x, options) => {
      const [U, S, Vh] = svd(x, options);
      const k = S.shape.at(-1);
      return [U.narrow(-1, 0, k).abs(), S, Vh.narrow(-2, 0, k).abs()];
    },
    dtypes: DTYPES,
    covers: ['linalg_svd'],
    samples: [
      [normal([4, 4])],
      [normal([5, 3]), { fullMatrices: false }],
      [normal([5, 3])],
      [normal([2, 3, 4]), { fullMatrices: false }],
      [normal([2, 3, 7])],
      [normal([1, 1])],
      [normal([0, 3])],
      { args: [normal([50, 30]), { fullMatrices: false }], dtypes: ['float64'] }, // small gaps
    ],
    tolerance,
    noExpand: true,
    errors: [{ args: [normal([3])], throws: 'ShapeError', says: ['(3,)'] }],
  },
  svdvals: {
    torch: 'torch.linalg.svdvals',
    dtypes: DTYPES,
    samples: [[normal([4, 4])], [normal([2, 5, 3])], [normal([3, 5])], [normal([1, 1])]],
    large: [[normal([130, 100])]],
    tolerance,
    noExpand: true,
    errors: [{ args: [normal([3, 3])], throws: 'DTypeError', says: ['int64'], dtype: 'int64' }],
  },
  // triangular matrices and rotations, of which the order of the eigenvalues is that of LAPACK; others in core's own tests
  eig: {
    torch: 'lambda x: (lambda w, v: (w.real, w.imag, (v * v.conj()).real))(*torch.linalg.eig(x.triu(-1)))',
    adapt: (eig) => (x) => {
      const [values, vectors] = eig(x.triu(-1));
      return [values.real(), values.imag(), vectors.mul(vectors.conj()).real()];
    },
    dtypes: DTYPES,
    covers: ['linalg_eig'],
    samples: [
      [values([1, 2, 3, 0, 4, 5, 0, 0, 6], { shape: [3, 3] })],
      [values([0, -1, 1, 0], { shape: [2, 2] })],
      [values([1, 2, 0, 3, 5, -1, 0, 4], { shape: [2, 2, 2] })],
      [normal([1, 1])],
      [normal([0, 2, 2])],
    ],
    tolerance: { float32: [1e-5, 1e-5], float64: [1e-12, 1e-12] },
    noExpand: true,
  },
  eigvals: {
    torch: 'lambda x: (lambda w: (w.real, w.imag))(torch.linalg.eigvals(x.triu()))',
    adapt: (eigvals) => (x) => {
      const values = eigvals(x.triu());
      return [values.real(), values.imag()];
    },
    dtypes: DTYPES,
    tolerance: { float32: [1e-3, 1e-3], float64: [1e-11, 1e-11] },
    samples: [[normal([5, 5])], [normal([2, 3, 3])], [normal([0, 0])]],
    noExpand: true,
    errors: [{ args: [normal([3, 4])], throws: 'ShapeError', says: ['square'] }],
  },
};
