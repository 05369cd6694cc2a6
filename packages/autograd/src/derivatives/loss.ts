/** Derivatives of `core/src/ops/loss.ts`. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const loss = {
  binaryCrossEntropyElements: {
    // (p - y) / (p (1 - p)), with a denominator that does not vanish
    self: {
      saves: ['self', 'target'],
      vjp: (g, { self: p, target: y }) =>
        g.mul(p.sub(y)).div(p.mul(p.neg().add(1)).clamp(p.dtype === 'float16' ? 2 ** -24 : 1e-12)),
    },
    // log(1 - p) - log p, as far as the forward pass follows them
    target: {
      saves: ['self'],
      vjp: (g, { self: p }) => g.mul(p.neg().log1p().clamp(-100).sub(p.log().clamp(-100))),
    },
  },
} satisfies Derivatives<typeof groups.loss>;
