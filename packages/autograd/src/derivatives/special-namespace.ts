/** Derivatives of `core/src/ops/special-namespace.ts`. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { erfcx, i1e, zeta } = groups.specialNamespace;
const { i0 } = groups.special;
const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

export const specialNamespace = {
  // -s ζ(s + 1, q)
  zeta: {
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(zeta(self.add(1), other).mul(self)).neg() },
  },
  ndtr: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.square().mul(-0.5).exp()).div(SQRT_TWO_PI) } },
  // φ/Φ by means of erfcx, because both vanish far below 0
  logNdtr: {
    self: { saves: ['self'], vjp: (g, { self }) => g.mul(Math.sqrt(2 / Math.PI)).div(erfcx(self.mul(-Math.SQRT1_2))) },
  },
  ndtri: { self: { saves: ['result'], vjp: (g, { result }) => g.mul(result.square().mul(0.5).exp()).mul(SQRT_TWO_PI) } },
  erfcx: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }) =>
        g.mul(
          self
            .mul(result)
            .sub(1 / Math.sqrt(Math.PI))
            .mul(2),
        ),
    },
  },
  entr: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.log().add(1)).neg() } },
  xlog1py: {
    self: {
      saves: ['self', 'other'],
      vjp: (g, { self, other }) => g.mul(other.log1p().maskedFill(self.eq(0).logicalAnd(other.le(-1)), 0)),
    },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(self.div(other.add(1))) },
  },
  i0e: { self: { saves: ['self', 'result'], vjp: (g, { self, result }) => g.mul(i1e(self).sub(self.sign().mul(result))) } },
  // I₀ - I₁/x, and 1/2 at 0
  i1: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }) => g.mul(i0(self).sub(result.div(self)).maskedFill(self.eq(0), 0.5)),
    },
  },
  i1e: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }) => {
        const slope = groups.specialNamespace.i0e(self).sub(result.mul(self.sign().add(self.reciprocal())));
        return g.mul(slope.maskedFill(self.eq(0), 0.5));
      },
    },
  },
} satisfies Derivatives<typeof groups.specialNamespace>;
