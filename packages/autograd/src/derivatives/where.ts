/** Derivatives of `core/src/ops/where.ts`. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const where = {
  where: {
    self: { saves: ['condition'], vjp: (g, { condition }) => g.maskedFill(condition.logicalNot(), 0) },
    other: { saves: ['condition'], vjp: (g, { condition }) => g.maskedFill(condition, 0) },
  },
} satisfies Derivatives<typeof groups.where>;
