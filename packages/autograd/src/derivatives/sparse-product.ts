/** Derivatives of `core/src/ops/sparse-product.ts`. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { sampledProduct, sparseProduct: product } = groups.sparseProduct;

export const sparseProduct = {
  sparseProduct: {
    values: {
      saves: ['compressed', 'plain', 'dense'],
      vjp: (g, { compressed, plain, dense }, { transposed }) =>
        transposed ? sampledProduct(dense, g, compressed, plain) : sampledProduct(g, dense, compressed, plain),
    },
    dense: {
      saves: ['values', 'compressed', 'plain'],
      vjp: (g, { values, compressed, plain }, { transposed }, { dense }) =>
        product(values, compressed, plain, g, dense[0], !transposed),
    },
  },
  sampledProduct: {
    a: {
      saves: ['b', 'compressed', 'plain'],
      vjp: (g, { b, compressed, plain }, _, { a }) => product(g, compressed, plain, b, a[0], false),
    },
    b: {
      saves: ['a', 'compressed', 'plain'],
      vjp: (g, { a, compressed, plain }, _, { b }) => product(g, compressed, plain, a, b[0], true),
    },
  },
} satisfies Derivatives<typeof groups.sparseProduct>;
