/** Derivatives of `core/src/ops/distances.ts`. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const distances = {
  rowDistances: 'decompose',
  laterRowDistances: 'decompose',
} satisfies Derivatives<typeof groups.distances>;
