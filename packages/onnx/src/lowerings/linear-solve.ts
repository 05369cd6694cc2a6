import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

// ONNX has no decompositions of matrices
export const linearSolve = {
  solveTriangular: 'none',
  choleskyWithInfo: 'none',
  luFactorEx: 'none',
  solveWithFactors: 'none',
  invWithFactors: 'none',
  detWithFactors: 'none',
  slogdetWithFactors: 'none',
} satisfies Lowerings<typeof groups.linearSolve>;
