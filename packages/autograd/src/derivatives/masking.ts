/** Derivatives of `core/src/ops/masking.ts`. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const masking = {
  maskedFill: {
    self: { saves: ['mask'], vjp: (g, { mask }) => g.maskedFill(mask, 0) },
    value: { saves: ['mask'], vjp: (g, { mask }) => g.maskedFill(mask.logicalNot(), 0).sum() },
  },
} satisfies Derivatives<typeof groups.masking>;
