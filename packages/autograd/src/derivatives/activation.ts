/** Derivatives of `core/src/ops/activation.ts`. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { eluBackward, geluBackward, geluTanhBackward, hardsigmoidBackward, hardswishBackward } = groups.elementwiseBackward;
const { leakyReluBackward, siluBackward, softplusBackward, tanhBackward } = groups.elementwiseBackward;

export const activation = {
  geluExact: { self: { saves: ['self'], vjp: (g, { self }) => geluBackward(g, self) } },
  geluTanh: { self: { saves: ['self'], vjp: (g, { self }) => geluTanhBackward(g, self) } },
  silu: { self: { saves: ['self'], vjp: (g, { self }) => siluBackward(g, self) } },
  // with t = tanh(softplus(x)): t + x (1 - t²) sigmoid(x)
  mish: {
    self: {
      saves: ['self'],
      vjp: (g, { self }) => {
        const t = groups.activation.softplus(self).tanh();
        return g.mul(t).add(tanhBackward(g.mul(self), t).mul(self.sigmoid()));
      },
    },
  },
  hardswish: { self: { saves: ['self'], vjp: (g, { self }) => hardswishBackward(g, self) } },
  hardsigmoid: { self: { saves: ['self'], vjp: (g, { self }) => hardsigmoidBackward(g, self) } },
  // d log s(x) = s(-x)
  logSigmoid: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.neg().sigmoid()) } },
  leakyRelu: { self: { saves: ['self'], vjp: (g, { self }, { negativeSlope }) => leakyReluBackward(g, self, negativeSlope) } },
  // none outside of the bounds nor at them
  hardtanh: {
    self: {
      saves: ['self'],
      vjp: (g, { self }, { minVal, maxVal }) => g.maskedFill(self.le(minVal).logicalOr(self.ge(maxVal)), 0),
    },
  },
  elu: { self: { saves: ['result'], vjp: (g, { result }, { alpha }) => eluBackward(g, result, alpha) } },
  softplus: { self: { saves: ['self'], vjp: (g, { self }, { beta, threshold }) => softplusBackward(g, self, beta, threshold) } },
} satisfies Derivatives<typeof groups.activation>;
