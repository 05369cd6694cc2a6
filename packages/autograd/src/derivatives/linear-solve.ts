/** Derivatives of `core/src/ops/linear-solve.ts`. */
import { cat, eye, linalg, type Tensor } from '@flambeau/core';
import { exchangeRows, groups, Layer } from '@flambeau/core/internal';
import { isGradEnabled } from '../mode.js';
import type { Derivatives } from '../rule.js';

const { invWithFactors, slogdetWithFactors, solveTriangular, solveWithFactors } = groups.linearSolve;

/** The triangle that the operand of a triangular system is read from. */
const triangle = (t: Tensor, upper: boolean, unit: boolean): Tensor => (upper ? t.triu(unit ? 1 : 0) : t.tril(unit ? -1 : 0));

/** The products of X that stand opposite to a solution's gradient: for A X = B, dA = -dB Xᵀ; for X A = B, dA = -Xᵀ dB. */
const ofMatrix = (gradB: Tensor, X: Tensor, left: boolean): Tensor => (left ? gradB.matmul(X.mT) : X.mT.matmul(gradB)).neg();

/** The LU decomposition of A that the forward pass has made. */
interface Factored {
  readonly A: Tensor;
  readonly LU: Tensor;
  readonly pivots: Tensor;
}

/** Whether A's factors may stand for A: these rules give them no derivative, so not where the rule itself is differentiated. */
const areConstant = ({ A }: Factored): boolean => !isGradEnabled() && (A.layers & Layer.Transform) === 0;

/** X with Aᵀ X = B (with X Aᵀ = B if not `left`), without a check: infinite where A is singular. */
const solveTransposed = (of: Factored, B: Tensor, left: boolean): Tensor =>
  areConstant(of) ? linalg.luSolve(of.LU, of.pivots, B, { left, adjoint: true }) : solveWithFactors(of.A.mT, B, left, false)[0];

/** A⁻ᵀ without a check. */
function inverseTransposed(of: Factored): Tensor {
  if (!areConstant(of)) return invWithFactors(of.A.mT, false)[0];
  const n = of.A.shape[of.A.ndim - 1];
  return solveTransposed(of, eye(n, n, { dtype: of.A.dtype, device: of.A.device }), true);
}

const ofEachMatrix = (t: Tensor): Tensor => t.unsqueeze(-1).unsqueeze(-1);

/** The products of all others along the last dimension. */
function productOfOthers(s: Tensor): Tensor {
  const n = s.shape[s.ndim - 1];
  const square = s.unsqueeze(-2).expand([...s.shape, n]);
  return square.maskedFill(eye(n, n, { dtype: 'bool', device: s.device }), 1).prod(-1);
}

export const linearSolve = {
  solveTriangular: {
    a: {
      saves: ['a', 'result'],
      vjp: (g, { a, result }, { upper, left, unitriangular }) => {
        const gradB = solveTriangular(a.mT, g, { upper: !upper, left, unitriangular });
        return triangle(ofMatrix(gradB, result, left), upper, unitriangular);
      },
    },
    b: {
      saves: ['a'],
      vjp: (g, { a }, { upper, left, unitriangular }) => solveTriangular(a.mT, g, { upper: !upper, left, unitriangular }),
    },
  },
  // dA = L⁻ᵀ S L⁻¹ with S the lower triangle of Lᵀ dL made symmetric
  choleskyWithInfo: {
    self: {
      saves: ['result0'],
      vjp: ([g], { result0 }, { upper }) => {
        if (g === null) return null;
        const [L, grad] = upper ? [result0.mT, g.mT] : [result0, g];
        const product = L.mT.matmul(grad);
        const lower = product.tril(-1);
        const symmetric = lower.add(lower.mT).add(product.tril().triu()).div(2);
        const right = solveTriangular(L, symmetric, { upper: false, left: false });
        return solveTriangular(L.mT, right, { upper: true });
      },
    },
  },
  // for P A = L U: dA = Pᵀ L⁻ᵀ (tril(Lᵀ dL - dU₂ U₂ᵀ, -1) + triu(dU Uᵀ - L₂ᵀ dL₂)) U⁻ᵀ, where L₂ are the rows below and U₂ the columns
  // beyond the square
  luFactorEx: {
    self: {
      saves: ['result0', 'result1'],
      vjp: ([g], { result0: factors, result1: pivots }) => {
        if (g === null) return null;
        const [m, n] = factors.shape.slice(-2);
        const k = Math.min(m, n);
        const corner = factors.narrow(-2, 0, k).narrow(-1, 0, k);
        const grad = g.narrow(-2, 0, k).narrow(-1, 0, k);
        const lower = { upper: false, unitriangular: true };
        const strict = corner.tril(-1);
        let ofL = strict.mT.matmul(grad.tril(-1)).add(grad.tril(-1)); // Lᵀ dL, with L's unit diagonal
        let ofU = grad.triu().matmul(corner.triu().mT);
        if (m > k) ofU = ofU.sub(factors.narrow(-2, k, m - k).mT.matmul(g.narrow(-2, k, m - k)));
        if (n > k) ofL = ofL.sub(g.narrow(-1, k, n - k).matmul(factors.narrow(-1, k, n - k).mT));
        const middle = solveTriangular(corner.mT, ofL.tril(-1).add(ofU.triu()), { upper: false, left: false });
        let result = solveTriangular(corner.mT, middle, { ...lower, upper: true });
        if (m > k) {
          const below = solveTriangular(corner.mT, g.narrow(-2, k, m - k), { upper: false, left: false });
          result = cat([result, below], -2);
        }
        if (n > k) {
          const beyond = solveTriangular(corner.mT, g.narrow(-1, k, n - k), { ...lower, upper: true });
          result = cat([result, beyond], -1);
        }
        return exchangeRows(result, pivots, true);
      },
    },
  },
  solveWithFactors: {
    a: {
      saves: ['a', 'result0', 'result1', 'result2'],
      vjp: ([g], { a, result0, result1, result2 }, { left }) =>
        g && ofMatrix(solveTransposed({ A: a, LU: result1, pivots: result2 }, g, left), result0, left),
    },
    b: {
      saves: ['a', 'result1', 'result2'],
      vjp: ([g], { a, result1, result2 }, { left }) => g && solveTransposed({ A: a, LU: result1, pivots: result2 }, g, left),
    },
  },
  invWithFactors: {
    self: {
      saves: ['result0'],
      vjp: ([g], { result0 }) => g && result0.mT.matmul(g).matmul(result0.mT).neg(),
    },
  },
  // the adjugate, from the inverse; for singular matrices from the singular value decomposition
  detWithFactors: {
    self: {
      saves: ['self', 'result0', 'result1', 'result2'],
      vjp: ([g], { self, result0, result1, result2 }) => {
        if (g === null) return null;
        const inverse = (): Tensor => inverseTransposed({ A: self, LU: result1, pivots: result2 });
        if (!result0.eq(0).any().item()) return inverse().mul(ofEachMatrix(g.mul(result0)));
        if (!result1.diagonal(0, -2, -1).eq(0).any().item()) {
          // a determinant too small for its dtype: its root is not, nor need be its product with the inverse
          const [sign, logarithm] = slogdetWithFactors(self);
          const root = ofEachMatrix(logarithm.div(2).exp());
          return inverse()
            .mul(root)
            .mul(root)
            .mul(ofEachMatrix(g.mul(sign)));
        }
        const [U, S, Vh] = linalg.svd(self);
        const sign = linalg.det(U).mul(linalg.det(Vh)).mul(g);
        return U.mul(productOfOthers(S).mul(sign.unsqueeze(-1)).unsqueeze(-2)).matmul(Vh);
      },
    },
  },
  slogdetWithFactors: {
    self: {
      saves: ['self', 'result2', 'result3'],
      vjp: ([, g], { self, result2, result3 }) =>
        g && inverseTransposed({ A: self, LU: result2, pivots: result3 }).mul(ofEachMatrix(g)),
    },
  },
} satisfies Derivatives<typeof groups.linearSolve>;
