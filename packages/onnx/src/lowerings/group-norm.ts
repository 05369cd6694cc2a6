import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const groupNorm = {
  // a layer norm of groups and per-channel factors
  groupNormWithStatistics: 'decompose',
} satisfies Lowerings<typeof groups.groupNorm>;
