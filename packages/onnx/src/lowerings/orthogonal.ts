import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

// ONNX has no decompositions of matrices
export const orthogonal = {
  geqrf: 'none',
  reflectorProduct: 'none',
  qrOp: 'none',
} satisfies Lowerings<typeof groups.orthogonal>;
