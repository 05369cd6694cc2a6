import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

// ONNX operators take no complex numbers
export const fft = {
  fftComplex: 'none',
  fftReal: 'none',
  fftRealBack: 'none',
} satisfies Lowerings<typeof groups.fft>;
