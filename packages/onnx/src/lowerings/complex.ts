import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

// ONNX operators take no complex numbers
export const complex = {
  viewAsReal: 'none',
  viewAsComplex: 'none',
  complexAbs: 'none',
} satisfies Lowerings<typeof groups.complex>;
