/** Derivatives of `core/src/ops/matrix-product.ts`: for C = A B, dA = dC Bᵀ and dB = Aᵀ dC. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { matrixProduct: product } = groups.matrixProduct;

export const matrixProduct = {
  // the engine sums over the stack for an operand that all products share
  matrixProduct: {
    self: { saves: ['other'], vjp: (g, { other }) => product(g, other.transpose(-2, -1)) },
    other: { saves: ['self'], vjp: (g, { self }) => product(self.transpose(-2, -1), g) },
    bias: { vjp: (g) => g },
  },
} satisfies Derivatives<typeof groups.matrixProduct>;
