/** Derivatives of `core/src/ops/dropout.ts`. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const dropout = {
  dropoutWithMask: {
    self: { saves: ['result1'], vjp: ([g], { result1: mask }, { p }) => (g === null ? null : g.mul(mask).mul(1 / (1 - p))) },
  },
} satisfies Derivatives<typeof groups.dropout>;
