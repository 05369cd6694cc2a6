import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const distances = {
  rowDistances: 'decompose',
  laterRowDistances: 'decompose',
} satisfies Lowerings<typeof groups.distances>;
