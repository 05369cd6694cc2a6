/**
 * Derivatives of `core/src/ops/complex.ts`. The gradient with respect to z = x + iy is ∂L/∂x + i ∂L/∂y (the conjugate Wirtinger
 * derivative, as in PyTorch): the direction of steepest ascent.
 */
import { sgn, type Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { liesInPairs, viewAsComplex, viewAsReal } = groups.complex;

const pairsToComplex = (g: Tensor): Tensor => viewAsComplex(liesInPairs(g) ? g : g.clone());

export const complex = {
  viewAsReal: { self: { vjp: (g) => pairsToComplex(g) } },
  viewAsComplex: { self: { vjp: (g) => viewAsReal(g) } },
  // z / |z|, and 0 at 0
  complexAbs: { self: { saves: ['self'], vjp: (g, { self }) => g.mul(sgn(self)) } },
} satisfies Derivatives<typeof groups.complex>;
