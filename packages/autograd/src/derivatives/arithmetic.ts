/** Derivatives of `core/src/ops/arithmetic.ts`. */
import { type Tensor, zerosLike } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

/** Where `fmax` or `fmin` takes `self`: at ties and where `other` is NaN, too. */
const whereTaken = (g: Tensor, better: Tensor, other: Tensor): Tensor => g.mul(better.logicalOr(other.isnan()).to(g.dtype));

export const arithmetic = {
  deg2rad: 'decompose',
  rad2deg: 'decompose',
  frac: 'decompose',
  nanToNum: { self: { saves: ['self'], vjp: (g, { self }) => g.maskedFill(self.isfinite().logicalNot(), 0) } },
  // the sign's change is ±1, and 0 for self = 0
  copysign: {
    self: { saves: ['self', 'result'], vjp: (g, { self, result }) => g.mul(result.mul(self).sign()) },
    other: { vjp: (g) => zerosLike(g) },
  },
  hypot: {
    self: { saves: ['self', 'result'], vjp: (g, { self, result }) => g.mul(self.div(result)) },
    other: { saves: ['other', 'result'], vjp: (g, { other, result }) => g.mul(other.div(result)) },
  },
  // the shares of a softmax
  logaddexp: {
    self: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(self.sub(other).sigmoid()) },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(other.sub(self).sigmoid()) },
  },
  logaddexp2: {
    self: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(self.sub(other).mul(Math.LN2).sigmoid()) },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.mul(other.sub(self).mul(Math.LN2).sigmoid()) },
  },
  fmax: {
    self: { saves: ['self', 'other'], vjp: (g, { self, other }) => whereTaken(g, self.ge(other), other) },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.sub(whereTaken(g, self.ge(other), other)) },
  },
  fmin: {
    self: { saves: ['self', 'other'], vjp: (g, { self, other }) => whereTaken(g, self.le(other), other) },
    other: { saves: ['self', 'other'], vjp: (g, { self, other }) => g.sub(whereTaken(g, self.le(other), other)) },
  },
  ldexp: 'decompose',
  floatPower: 'decompose',
} satisfies Derivatives<typeof groups.arithmetic>;
