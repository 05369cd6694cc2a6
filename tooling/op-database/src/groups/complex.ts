/** Samples of `core/src/ops/complex.ts`, and of functions of real numbers at complex ones. */
import { complexEntry } from '../complex-entries.js';
import type { Entry, Group } from '../sample.js';
import { normal, positive } from '../spec.js';

const samples = [[normal([3, 4, 2])], [normal([2])], [normal([0, 3, 2])]];
const part = (name: string): Entry => complexEntry(`torch.${name}`, 1, samples);

export const complex: Group = {
  viewAsReal: complexEntry('torch.view_as_real', 1, samples, { covers: ['view_as_real'] }),
  viewAsComplex: complexEntry('torch.view_as_complex', 0, samples, {
    covers: ['view_as_complex'],
    fixedLayout: true, // pairs must lie together
    errors: [{ args: [normal([3, 3])], throws: 'ShapeError', says: ['size 2'] }],
  }),
  complex: complexEntry(
    'torch.complex',
    0,
    [
      [normal([3, 4]), normal([3, 4])],
      [normal([]), normal([])],
      [normal([3, 1]), normal([4])],
    ],
    {
      errors: [{ args: [normal([2]), normal([2], { dtype: 'float64' })], throws: 'DTypeError', says: ['float64'] }],
    },
  ),
  polar: complexEntry('torch.polar', 0, [
    [positive([3, 4]), normal([3, 4])],
    [positive([]), normal([])],
  ]),
  real: part('real'),
  imag: part('imag'),
  conj: part('conj'),
  conjPhysical: part('conj_physical'),
  resolveConj: part('resolve_conj'),
  complexAbs: { ...part('abs'), covers: ['abs.complex'] },
  angle: part('angle'),
};
