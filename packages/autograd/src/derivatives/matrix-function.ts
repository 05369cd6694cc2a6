/** Derivatives of `core/src/ops/matrix-function.ts`. */
import { cat } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { matrixExp } = groups.matrixFunction;

export const matrixFunction = {
  // the upper right block of exp([[Aᵀ, dE], [0, Aᵀ]]) (Najfeld and Havel 1995)
  matrixExp: {
    self: {
      saves: ['self'],
      vjp: (g, { self }) => {
        const n = self.shape[self.ndim - 1];
        const At = self.mT;
        const blocks = cat([cat([At, g], -1), cat([g.mul(0), At], -1)], -2);
        return matrixExp(blocks).narrow(-2, 0, n).narrow(-1, n, n);
      },
    },
  },
} satisfies Derivatives<typeof groups.matrixFunction>;
