/** Derivatives of `core/src/ops/pseudo-inverse.ts`. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const pseudoInverse = {
  // Golub and Pereyra 1973, with P = A⁺ and G the gradient's transpose
  pinv: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self: A, result: P }) => {
        const G = g.mT;
        if (A.shape[A.ndim - 2] <= A.shape[A.ndim - 1]) {
          const K = G.matmul(P);
          const KP = K.matmul(P.mT);
          const outside = P.mT.matmul(P).matmul(G.sub(K.matmul(A)));
          return KP.sub(A.matmul(P).matmul(KP)).add(outside).sub(P.matmul(K).mT);
        }
        const K = P.matmul(G);
        const PK = P.mT.matmul(K);
        const outside = G.sub(A.matmul(K)).matmul(P).matmul(P.mT);
        return PK.sub(PK.matmul(P).matmul(A)).add(outside).sub(K.matmul(P).mT);
      },
    },
  },
} satisfies Derivatives<typeof groups.pseudoInverse>;
