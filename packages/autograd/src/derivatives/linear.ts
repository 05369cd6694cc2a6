/** Derivatives of `core/src/ops/linear.ts`: for Y = X Wᵀ + b, dX = dY W and dW = dYᵀ X. */
import type { Tensor } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

/** All rows as one matrix; -1 cannot stand for a size when there are no elements. */
function rows(t: Tensor): Tensor {
  const features = t.shape[t.ndim - 1];
  return t.ndim === 2 ? t : t.reshape([t.shape.slice(0, -1).reduce((n, size) => n * size, 1), features]);
}

export const linear = {
  linear: {
    input: { saves: ['weight'], vjp: (g, { weight }) => g.matmul(weight) },
    weight: { saves: ['input'], vjp: (g, { input }) => rows(g).t().mm(rows(input)) },
    bias: { vjp: (g) => rows(g).sum(0) },
  },
  linearActivation: 'decompose',
} satisfies Derivatives<typeof groups.linear>;
