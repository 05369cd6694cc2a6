/** Samples of `core/src/ops/grid-sample.ts`. */
import type { DType } from '../dtype.js';
import type { Entry, Group } from '../sample.js';
import { normal, uniform } from '../spec.js';

const dtypes: readonly DType[] = ['float32', 'float64'];

const places = [
  {},
  { alignCorners: true },
  { paddingMode: 'border' },
  { paddingMode: 'reflection' },
  { paddingMode: 'reflection', alignCorners: true },
  { mode: 'nearest' },
  { mode: 'nearest', paddingMode: 'reflection' },
];
const samples = (input: readonly number[], grid: readonly number[]): Entry['samples'] =>
  places.map((options) => [normal(input), uniform(grid, -1.4, 1.4), options]);

export const gridSample: Group = {
  gridSample: {
    torch: 'F.grid_sample',
    covers: ['grid_sampler', 'grid_sampler_backward'],
    dtypes,
    samples: [
      ...samples([2, 2, 4, 5], [2, 3, 2, 2]),
      ...samples([1, 2, 3, 4, 2], [1, 2, 2, 3, 3]),
      [normal([1, 2, 5, 4]), uniform([1, 3, 4, 2], -1.4, 1.4), { mode: 'bicubic' }],
      [normal([1, 2, 5, 4]), uniform([1, 3, 4, 2], -1.4, 1.4), { mode: 'bicubic', paddingMode: 'border' }],
      [
        normal([1, 2, 5, 4]),
        uniform([1, 3, 4, 2], -1.4, 1.4),
        { mode: 'bicubic', paddingMode: 'reflection', alignCorners: true },
      ],
    ],
    tolerance: { float32: [1e-4, 2e-5], float64: [1e-10, 1e-11] }, // slopes are differences of neighbours times the size
    errors: [
      { args: [normal([2, 3, 4]), normal([2, 3, 2])], throws: 'ShapeError', says: ['(2, 3, 4)'] },
      { args: [normal([2, 3, 4, 4]), normal([1, 3, 3, 2])], throws: 'ShapeError', says: ['(1, 3, 3, 2)'] },
      { args: [normal([1, 1, 2, 2, 2]), normal([1, 2, 2, 2, 3]), { mode: 'bicubic' }], throws: 'ValueError', says: ['bicubic'] },
    ],
  },
  affineGrid: {
    torch: 'F.affine_grid',
    dtypes,
    samples: [
      [normal([2, 2, 3]), [2, 1, 3, 4]],
      [normal([1, 2, 3]), [1, 1, 4, 1], { alignCorners: true }],
      [normal([1, 3, 4]), [1, 2, 2, 3, 2]],
    ],
    errors: [
      { args: [normal([2, 2, 3]), [3, 1, 3, 4]], throws: 'ShapeError', says: ['(2, 2, 3)', '(3, 1, 3, 4)'] },
      { args: [normal([2, 2, 3]), [2, 1, 0, 4]], throws: 'ValueError', says: ['(2, 1, 0, 4)'] },
    ],
  },
};
