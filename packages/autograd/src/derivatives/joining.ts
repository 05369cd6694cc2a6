/** Derivatives of `core/src/ops/joining.ts`. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const joining = {
  catOp: {
    all: (g, _, { dim }, shapes, needs) => {
      let start = 0;
      return shapes.map((shape, i) => {
        start += shape[dim];
        return needs[i] ? g.narrow(dim, start - shape[dim], shape[dim]) : null;
      });
    },
  },
} satisfies Derivatives<typeof groups.joining>;
