/** Derivatives of `core/src/ops/fft.ts`. Transforms are linear: their adjoints are the transforms of the other direction. */
import { cat, full, ones, type Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { fftComplex, fftReal, fftRealBack } = groups.fft;

/** Half a spectrum of n values with a factor for those that stand for a conjugate, too: all but the first and, for even n, the last. */
function scalePaired(half: Tensor, dim: number, n: number, factor: number): Tensor {
  const options = { dtype: half.dtype === 'complex128' ? 'float64' : 'float32', device: half.device } as const;
  const paired = Math.floor((n - 1) / 2);
  const single = half.shape[dim] - 1 - paired;
  const factors = cat([ones([1], options), full([paired], factor, options), ones([single], options)]);
  return half.mul(factors.view([-1, ...new Array<number>(half.ndim - 1 - dim).fill(1)]));
}

export const fft = {
  fftComplex: { self: { vjp: (g, _, { dim, forward, scale }) => fftComplex(g, dim, !forward, scale) } },
  fftReal: {
    self: {
      vjp: (g, _, { dim, forward, scale }, { self: shape }) =>
        fftRealBack(scalePaired(g, dim, shape[dim], 0.5), dim, !forward, scale, shape[dim]),
    },
  },
  fftRealBack: {
    self: { vjp: (g, _, { dim, forward, scale, n }) => scalePaired(fftReal(g, dim, !forward, scale), dim, n, 2) },
  },
} satisfies Derivatives<typeof groups.fft>;
