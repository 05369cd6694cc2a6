/** Derivatives of `core/src/ops/padding.ts`: what was added is cropped, and what was cropped gets zeros. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const padding = {
  constantPad: {
    self: {
      vjp: (g, _, { padding: sizes }) =>
        groups.padding.constantPad(
          g,
          sizes.map((size) => -size),
        ),
    },
  },
} satisfies Derivatives<typeof groups.padding>;
