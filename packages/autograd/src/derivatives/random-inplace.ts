/** Derivatives of `core/src/ops/random-inplace.ts`: what a tensor held before it was overwritten has none. */
import { zerosLike } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const randomInplace = {
  fill: { self: { vjp: (g) => zerosLike(g) } },
  uniform: { self: { vjp: (g) => zerosLike(g) } },
  gaussian: { self: { vjp: (g) => zerosLike(g) } },
  bernoulliFill: { self: { vjp: (g) => zerosLike(g) } },
  integers: { self: { vjp: (g) => zerosLike(g) } },
} satisfies Derivatives<typeof groups.randomInplace>;
