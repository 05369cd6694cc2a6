import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const attention = {
  attentionWithStatistics: 'decompose',
  attentionBackward: 'none',
} satisfies Lowerings<typeof groups.attention>;
