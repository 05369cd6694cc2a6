/** Derivatives of `core/src/ops/orthogonal.ts`. */
import { AutogradError, cat, type Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { solveTriangular } = groups.linearSolve;

/** For A = Q R with as many rows of A as of R or more: dA = (dQ + Q sym(R dRᵀ - dQᵀ Q)) R⁻ᵀ, sym mirroring the lower triangle. */
function ofTall(Q: Tensor, R: Tensor, gradQ: Tensor, gradR: Tensor): Tensor {
  const lower = R.matmul(gradR.mT).sub(gradQ.mT.matmul(Q)).tril();
  const symmetric = lower.add(lower.tril(-1).mT);
  return solveTriangular(R.mT, gradQ.add(Q.matmul(symmetric)), { upper: false, left: false });
}

export const orthogonal = {
  qrOp: {
    self: {
      saves: ['self', 'result0', 'result1'],
      vjp: ([gQ, gR], { self, result0: Q, result1: R }, { mode }) => {
        const [m, n] = self.shape.slice(-2);
        if (mode === 2) throw new AutogradError("linalg.qr: mode 'r' has no derivative; use 'reduced'");
        if (mode === 1 && m > n)
          throw new AutogradError("linalg.qr: mode 'complete' has no derivative for more rows than columns; use 'reduced'");
        if (gQ === null && gR === null) return null;
        const gradQ = gQ ?? Q.mul(0);
        const gradR = gR ?? R.mul(0);
        if (m >= n) return ofTall(Q, R, gradQ, gradR);
        // A = [X Y] and R = [U V]: V = Qᵀ Y
        const gradV = gradR.narrow(-1, m, n - m);
        const Y = self.narrow(-1, m, n - m);
        const gradX = ofTall(Q, R.narrow(-1, 0, m), gradQ.add(Y.matmul(gradV.mT)), gradR.narrow(-1, 0, m));
        return cat([gradX, Q.matmul(gradV)], -1);
      },
    },
  },
} satisfies Derivatives<typeof groups.orthogonal>;
