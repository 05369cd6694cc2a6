/** Derivatives of `core/src/ops/ordering.ts`: the gradient goes to the chosen elements. */
import type { Tensor } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';
import { toChosen } from './extremum.js';

/** Elements that equal the median share the gradient. */
const shareAmongEqual = (g: Tensor, self: Tensor, result: Tensor): Tensor => {
  const equal = self.eq(result).logicalOr(self.isnan().logicalAnd(result.isnan())).to(g.dtype);
  return equal.mul(g.div(equal.sum()));
};

/** The dimension is still there. */
const kept = <A extends { readonly dim: number }>({ dim }: A) => ({ dim, keepdim: true });

export const ordering = {
  sortDim: {
    self: { saves: ['result1'], vjp: (g, { result1 }, attributes, { self }) => toChosen(g, result1, kept(attributes), self) },
  },
  topkDim: {
    self: { saves: ['result1'], vjp: (g, { result1 }, attributes, { self }) => toChosen(g, result1, kept(attributes), self) },
  },
  kthvalueDim: {
    self: { saves: ['result1'], vjp: (g, { result1 }, attributes, { self }) => toChosen(g, result1, attributes, self) },
  },
  medianDim: {
    self: { saves: ['result1'], vjp: (g, { result1 }, attributes, { self }) => toChosen(g, result1, attributes, self) },
  },
  nanmedianDim: {
    self: { saves: ['result1'], vjp: (g, { result1 }, attributes, { self }) => toChosen(g, result1, attributes, self) },
  },
  modeDim: {
    self: { saves: ['result1'], vjp: (g, { result1 }, attributes, { self }) => toChosen(g, result1, attributes, self) },
  },
  medianAll: { self: { saves: ['self', 'result'], vjp: (g, { self, result }) => shareAmongEqual(g, self, result) } },
  nanmedianAll: { self: { saves: ['self', 'result'], vjp: (g, { self, result }) => shareAmongEqual(g, self, result) } },
} satisfies Derivatives<typeof groups.ordering>;
