/** Derivatives of `core/src/ops/copy.ts`. The engine converts gradients back to the input's dtype. */
import { zerosLike } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const copying = {
  clone: { self: { vjp: (g) => g } },
  toDtype: { self: { vjp: (g) => g } },
  // what `self` held is overwritten
  copy: { self: { vjp: (g) => zerosLike(g) }, src: { vjp: (g) => g } },
} satisfies Derivatives<typeof groups.copying>;
