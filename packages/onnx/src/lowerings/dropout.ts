import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const dropout = {
  // in evaluation mode dropout is no operator at all
  dropoutWithMask: 'none',
} satisfies Lowerings<typeof groups.dropout>;
