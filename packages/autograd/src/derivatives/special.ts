/** Derivatives of `core/src/ops/special.ts`; formulas of Abramowitz and Stegun 1964. */
import type { Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { digamma, lgamma, polygammaOp } = groups.special;
const { i1 } = groups.specialNamespace;

/** The density `x^(a-1) e^-x / Γ(a)` of the gamma distribution. */
const gammaDensity = (a: Tensor, x: Tensor): Tensor => a.sub(1).mul(x.log()).sub(x).sub(lgamma(a)).exp();

export const special = {
  acosh: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.square().sub(1).rsqrt()) } },
  asinh: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(self.square().add(1).rsqrt()) } },
  atanh: { self: { saves: ['self'], vjp: (g, { self }) => g.div(self.square().neg().add(1)) } },
  lgamma: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(digamma(self)) } },
  digamma: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(polygammaOp(self, 1)) } },
  polygammaOp: { self: { saves: ['self'], vjp: (g, { self }, { n }) => g.mul(polygammaOp(self, n + 1)) } },
  igamma: { other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(gammaDensity(self, other)) } },
  igammac: { other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(gammaDensity(self, other)).neg() } },
  // √π/2 e^(y²)
  erfinv: {
    self: { saves: ['result'], vjp: (g, { result }) => g.mul(result.square().exp()).mul(Math.sqrt(Math.PI) / 2) },
  },
  i0: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(i1(self)) } },
  // (cos πx - sinc x) / x, and 0 at 0
  sinc: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }) => {
        const slope = self.mul(Math.PI).cos().sub(result).div(self);
        return g.mul(slope.maskedFill(self.eq(0), 0));
      },
    },
  },
  // 1 / (x (1 - x)) within the bounds; without bounds NaN outside of [0, 1]
  logit: {
    self: {
      saves: ['self'],
      vjp: (g, { self }, { eps }) => {
        const slope = g.div(self.mul(self.neg().add(1)));
        const [low, high, beyond] = Number.isNaN(eps) ? [0, 1, Number.NaN] : [eps, 1 - eps, 0];
        return slope.maskedFill(self.lt(low).logicalOr(self.gt(high)), beyond);
      },
    },
  },
  xlogy: {
    self: {
      saves: ['self', 'other'],
      vjp: (g, { self, other }) => g.mul(other.log().maskedFill(self.eq(0).logicalAnd(other.le(0)), 0)),
    },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(self.div(other)) },
  },
} satisfies Derivatives<typeof groups.special>;
