import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

// ONNX has no decompositions of matrices
export const spectral = {
  eigOp: 'none',
  eighOp: 'none',
  svdOp: 'none',
} satisfies Lowerings<typeof groups.spectral>;
