import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

// ONNX has no decompositions of matrices
export const pseudoInverse = {
  pinv: 'none',
} satisfies Lowerings<typeof groups.pseudoInverse>;
