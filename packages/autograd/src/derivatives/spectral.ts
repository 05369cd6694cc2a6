/** Derivatives of `core/src/ops/spectral.ts`. They divide by the gaps between eigenvalues, so these must be distinct. */
import { eye, linalg, type Tensor } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

/** x_j - x_i at (i, j), and 1 on the diagonal. */
function gaps(x: Tensor): Tensor {
  const n = x.shape[x.ndim - 1];
  return x
    .unsqueeze(-2)
    .sub(x.unsqueeze(-1))
    .maskedFill(eye(n, n, { dtype: 'bool', device: x.device }), 1);
}

const diagonalMatrix = (x: Tensor): Tensor =>
  x.unsqueeze(-1).mul(eye(x.shape[x.ndim - 1], x.shape[x.ndim - 1], { dtype: x.dtype, device: x.device }));
const skew = (x: Tensor): Tensor => x.sub(x.mT);
const sum = (a: Tensor | null, b: Tensor | null): Tensor | null => (a === null ? b : b === null ? a : a.add(b));

export const spectral = {
  // dA = V (diag(dw) + skew(Vᵀ dV) / 2 gaps) Vᵀ
  eighOp: {
    self: {
      saves: ['result0', 'result1'],
      vjp: ([gw, gV], { result0: w, result1: V }) => {
        const ofVectors = gV && skew(V.mT.matmul(gV)).div(gaps(w).mul(2));
        const middle = sum(gw && diagonalMatrix(gw), ofVectors);
        return middle && V.matmul(middle).matmul(V.mT);
      },
    },
  },
  // Townsend, "Differentiating the singular value decomposition": with E the gaps of S²,
  // dA = U (skew(Uᵀ dU) / E S + S skew(Vᵀ dV) / E + diag(dS)) Vᵀ, and what dU and dV have outside of the spans of U and V
  svdOp: {
    self: {
      saves: ['result0', 'result1', 'result2'],
      vjp: ([gU, gS, gVh], { result0, result1: S, result2 }) => {
        const [m, n, k] = [result0.shape[result0.ndim - 2], result2.shape[result2.ndim - 1], S.shape[S.ndim - 1]];
        const [U, Vh] = [result0.narrow(-1, 0, k), result2.narrow(-2, 0, k)];
        const [gradU, gradVh] = [gU?.narrow(-1, 0, k) ?? null, gVh?.narrow(-2, 0, k) ?? null];
        const [row, column] = [S.unsqueeze(-2), S.unsqueeze(-1)];
        const E = gaps(S.mul(S));
        const ofU = gradU && skew(U.mT.matmul(gradU)).div(E).mul(row);
        const ofV = gradVh && skew(Vh.matmul(gradVh.mT)).div(E).mul(column);
        const middle = sum(sum(ofU, ofV), gS && diagonalMatrix(gS));
        let result = middle && U.matmul(middle).matmul(Vh);
        if (gradU && m > k) {
          const scaled = gradU.div(row);
          result = sum(result, scaled.sub(U.matmul(U.mT.matmul(scaled))).matmul(Vh));
        }
        if (gradVh && n > k) {
          const scaled = gradVh.div(column);
          result = sum(result, U.matmul(scaled.sub(scaled.matmul(Vh.mT).matmul(Vh))));
        }
        return result;
      },
    },
  },
  // Boeddeker et al., "On the computation of complex-valued gradients": dA = V⁻ᴴ (diag(dw) + (Vᴴ dV - Vᴴ V diag(Re Vᴴ dV)) / gaps*) Vᴴ,
  // where the second term keeps the vectors at length 1
  eigOp: {
    self: {
      saves: ['result0', 'result1'],
      vjp: ([gw, gV], { result0: w, result1: V }) => {
        const adjoint = V.mT.conj();
        const onDiagonal = eye(w.shape[w.ndim - 1], w.shape[w.ndim - 1], { dtype: 'bool', device: w.device });
        let middle = gw && diagonalMatrix(gw);
        if (gV) {
          const inBasis = adjoint.matmul(gV);
          const lengths = inBasis.diagonal(0, -2, -1).real().to(V.dtype);
          const beside = inBasis.sub(adjoint.matmul(V.mul(lengths.unsqueeze(-2)))).div(gaps(w.conj()));
          middle = sum(middle, beside.maskedFill(onDiagonal, 0));
        }
        return middle && linalg.solve(adjoint, middle.matmul(adjoint)).real();
      },
    },
  },
} satisfies Derivatives<typeof groups.spectral>;
