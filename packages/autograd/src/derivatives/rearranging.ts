/** Derivatives of `core/src/ops/rearranging.ts`. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const rearranging = {
  tril: { self: { vjp: (g, _, { diagonal }) => g.tril(diagonal) } },
  triu: { self: { vjp: (g, _, { diagonal }) => g.triu(diagonal) } },
  flip: { self: { vjp: (g, _, { dims }) => g.flip(dims) } },
} satisfies Derivatives<typeof groups.rearranging>;
