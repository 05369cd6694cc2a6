/** Derivatives of `core/src/ops/linear.ts`: for Y = X Wᵀ + b, dX = dY W and dW = dYᵀ X. */
import type { Tensor } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

/** All rows as one matrix; -1 cannot stand for a size when there are no elements. */
function rows(t: Tensor): Tensor {
  const features = t.shape[t.ndim - 1];
  return t.ndim === 2 ? t : t.reshape([t.shape.slice(0, -1).reduce((n, size) => n * size, 1), features]);
}

/** dYᵀ X. Of many rows and few features it is made the other way round, where dY is not packed for its columns. */
function weightGradient(g: Tensor, input: Tensor): Tensor {
  const [count, features] = input.shape;
  return count >= 512 && features > 1 && features <= 12 ? input.t().mm(g).t().contiguous() : g.t().mm(input);
}

export const linear = {
  linear: {
    input: { saves: ['weight'], vjp: (g, { weight }) => g.matmul(weight) },
    weight: { saves: ['input'], vjp: (g, { input }) => weightGradient(rows(g), rows(input)) },
    bias: { vjp: (g) => rows(g).sum(0) },
  },
  linearActivation: 'decompose',
} satisfies Derivatives<typeof groups.linear>;
