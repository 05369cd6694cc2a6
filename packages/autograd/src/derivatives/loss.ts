/** Derivatives of `core/src/ops/loss.ts`. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { huberBackward, logitsEntropyBackward } = groups.loss;
const { clampBackward, sigmoidBackward } = groups.elementwiseBackward;

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
  huberElements: {
    self: {
      saves: ['self', 'target'],
      vjp: (g, { self: x, target: y }, { delta, scale }) => huberBackward(g, x, y, delta, scale),
    },
    target: {
      saves: ['self', 'target'],
      vjp: (g, { self: x, target: y }, { delta, scale }) => huberBackward(g, x, y, delta, -scale),
    },
  },
  // the second derivative is `scale` where |x - y| is at most delta
  huberBackward: {
    grad: {
      saves: ['self', 'target'],
      vjp: (g, { self: x, target: y }, { delta, scale }) => huberBackward(g, x, y, delta, scale),
    },
    self: {
      saves: ['grad', 'self', 'target'],
      vjp: (g, { grad, self: x, target: y }, { delta, scale }) => clampBackward(g.mul(grad).mul(scale), x.sub(y), -delta, delta),
    },
    target: {
      saves: ['grad', 'self', 'target'],
      vjp: (g, { grad, self: x, target: y }, { delta, scale }) => clampBackward(g.mul(grad).mul(-scale), x.sub(y), -delta, delta),
    },
  },
  logitsEntropyElements: {
    self: { saves: ['self', 'target'], vjp: (g, { self: x, target: y }) => logitsEntropyBackward(g, x, y) },
    target: { saves: ['self'], vjp: (g, { self: x }) => g.mul(x).neg() },
  },
  logitsEntropyBackward: {
    grad: { saves: ['self', 'target'], vjp: (g, { self: x, target: y }) => logitsEntropyBackward(g, x, y) },
    self: { saves: ['grad', 'self'], vjp: (g, { grad, self: x }) => sigmoidBackward(g.mul(grad), x.sigmoid()) },
    target: { saves: ['grad'], vjp: (g, { grad }) => g.mul(grad).neg() },
  },
} satisfies Derivatives<typeof groups.loss>;
