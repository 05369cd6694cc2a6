import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const ctcLoss = {
  ctcLossWithAlpha: 'none',
  ctcLossBackward: 'none',
} satisfies Lowerings<typeof groups.ctcLoss>;
