/** Derivatives of `core/src/ops/elementwise-backward.ts`: linear in `grad`, and the second derivative of the function. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const {
  clampBackward,
  eluBackward,
  geluBackward,
  hardsigmoidBackward,
  hardswishBackward,
  leakyReluBackward,
  reluBackward,
  sigmoidBackward,
  softplusBackward,
  tanhBackward,
} = groups.elementwiseBackward;

export const elementwiseBackward = {
  reluBackward: { grad: { saves: ['result'], vjp: (g, { result }) => reluBackward(g, result) } },
  // g (1 - y²)
  tanhBackward: {
    grad: { saves: ['result'], vjp: (g, { result }) => tanhBackward(g, result) },
    result: { saves: ['grad', 'result'], vjp: (g, { grad, result }) => g.mul(grad).mul(result).mul(-2) },
  },
  // g y (1 - y)
  sigmoidBackward: {
    grad: { saves: ['result'], vjp: (g, { result }) => sigmoidBackward(g, result) },
    result: { saves: ['grad', 'result'], vjp: (g, { grad, result }) => g.mul(grad).mul(result.mul(-2).add(1)) },
  },
  // gelu'' = φ(x) (2 - x²)
  geluBackward: {
    grad: { saves: ['self'], vjp: (g, { self }) => geluBackward(g, self) },
    self: {
      saves: ['grad', 'self'],
      vjp: (g, { grad, self }) => {
        const x2 = self.square();
        const density = x2
          .mul(-0.5)
          .exp()
          .mul(1 / Math.sqrt(2 * Math.PI));
        return g.mul(grad).mul(density.mul(x2.neg().add(2)));
      },
    },
  },
  geluTanhBackward: 'decompose',
  siluBackward: 'decompose',
  hardswishBackward: {
    grad: { saves: ['self'], vjp: (g, { self }) => hardswishBackward(g, self) },
    // slope (2x + 3)/6 between -3 and 3
    self: { saves: ['grad', 'self'], vjp: (g, { grad, self }) => clampBackward(g.mul(grad).div(3), self, -3, 3) },
  },
  hardsigmoidBackward: { grad: { saves: ['self'], vjp: (g, { self }) => hardsigmoidBackward(g, self) } },
  leakyReluBackward: {
    grad: { saves: ['self'], vjp: (g, { self }, { negativeSlope }) => leakyReluBackward(g, self, negativeSlope) },
  },
  eluBackward: {
    grad: { saves: ['result'], vjp: (g, { result }, { alpha }) => eluBackward(g, result, alpha) },
    result: { saves: ['grad', 'result'], vjp: (g, { grad, result }) => g.mul(grad).maskedFill(result.gt(0), 0) },
  },
  softplusBackward: {
    grad: { saves: ['self'], vjp: (g, { self }, { beta, threshold }) => softplusBackward(g, self, beta, threshold) },
    // β s (1 - s) with s = sigmoid(βx)
    self: {
      saves: ['grad', 'self'],
      vjp: (g, { grad, self }, { beta, threshold }) => {
        const scaled = self.mul(beta);
        return sigmoidBackward(g.mul(grad).mul(beta), scaled.sigmoid()).maskedFill(scaled.gt(threshold), 0);
      },
    },
  },
  clampBackward: { grad: { saves: ['self'], vjp: (g, { self }, { min, max }) => clampBackward(g, self, min, max) } },
} satisfies Derivatives<typeof groups.elementwiseBackward>;
