/** Derivatives of `core/src/ops/resampling.ts`. The map is linear; gradients take it transposed. */
import { groups, transposedTables } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { resample } = groups.resampling;

export const resampling = {
  resample: {
    self: {
      saves: ['starts', 'taps', 'weights'],
      vjp: (g, tables, { dim }, { self }) => resample(g, transposedTables(tables, self[dim]), dim),
    },
  },
} satisfies Derivatives<typeof groups.resampling>;
