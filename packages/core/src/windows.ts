/**
 * Window functions under the names of `torch.signal.windows`: symmetric ones for filters (`sym`, the default), periodic ones for
 * spectra. Computed in double and rounded once.
 *
 * @module
 */
import { fromFloat64, type TensorOptions } from './creation.js';
import { ValueError } from './errors.js';
import { i0 } from './ops/special.js';
import { tensor } from './from-data.js';
import type { Tensor } from './tensor.js';

export interface WindowOptions extends TensorOptions {
  /** Symmetric (true), or one period of a periodic function of `M` samples (false). Default true. */
  readonly sym?: boolean;
}

/** `f` of the position of each of `M` samples; `N` is the distance of the first from the last one (or from the next first one). */
function sampled(op: string, M: number, { sym = true, ...options }: WindowOptions, f: (n: number, N: number) => number): Tensor {
  if (!Number.isSafeInteger(M) || M < 0) throw new ValueError(`${op}: the length must be a non-negative integer, got ${M}`);
  const N = sym ? M - 1 : M;
  return fromFloat64(
    op,
    Float64Array.from({ length: M }, (_, n) => (M === 1 ? 1 : f(n, N))),
    options,
  );
}

/** A sum of cosines `a[0] - a[1] cos x + a[2] cos 2x - …`. PyTorch: `torch.signal.windows.general_cosine`. */
export const generalCosine = (M: number, { a, ...options }: WindowOptions & { readonly a: readonly number[] }): Tensor =>
  sampled('generalCosine', M, options, (n, N) => cosines(a, (2 * Math.PI * n) / N));
const cosines = (a: readonly number[], x: number): number =>
  a.reduce((sum, weight, k) => sum + (k % 2 === 0 ? weight : -weight) * Math.cos(k * x), 0);

/** `alpha - (1 - alpha) cos x`. PyTorch: `torch.signal.windows.general_hamming`. */
export const generalHamming = (
  M: number,
  { alpha = 0.54, ...options }: WindowOptions & { readonly alpha?: number } = {},
): Tensor => sampled('generalHamming', M, options, (n, N) => cosines([alpha, 1 - alpha], (2 * Math.PI * n) / N));
/** Hann's window, `sin²`. PyTorch: `torch.signal.windows.hann`. */
export const hann = (M: number, options: WindowOptions = {}): Tensor =>
  sampled('hann', M, options, (n, N) => Math.sin((Math.PI * n) / N) ** 2);
/** Hamming's window. PyTorch: `torch.signal.windows.hamming`. */
export const hamming = (M: number, options: WindowOptions = {}): Tensor => generalHamming(M, options);
/** Blackman's window. PyTorch: `torch.signal.windows.blackman`. */
export const blackman = (M: number, options: WindowOptions = {}): Tensor =>
  generalCosine(M, { ...options, a: [0.42, 0.5, 0.08] });
/** Nuttall's window with minimal side lobes. PyTorch: `torch.signal.windows.nuttall`. Nuttall 1981. */
export const nuttall = (M: number, options: WindowOptions = {}): Tensor =>
  generalCosine(M, { ...options, a: [0.3635819, 0.4891775, 0.1365995, 0.0106411] });
/** A triangle with zeros at both ends. PyTorch: `torch.signal.windows.bartlett`. */
export const bartlett = (M: number, options: WindowOptions = {}): Tensor =>
  sampled('bartlett', M, options, (n, N) => 1 - Math.abs((2 * n) / N - 1));
/** Half a period of a sine, without zeros at the ends. PyTorch: `torch.signal.windows.cosine`. */
export const cosine = (M: number, options: WindowOptions = {}): Tensor =>
  sampled('cosine', M, options, (n, N) => Math.sin((Math.PI * (n + 0.5)) / (N + 1)));
/** `e^(-|n - center| / tau)`. PyTorch: `torch.signal.windows.exponential`. */
export function exponential(
  M: number,
  { center, tau = 1, ...options }: WindowOptions & { readonly center?: number | null; readonly tau?: number } = {},
): Tensor {
  if (!(tau > 0)) throw new ValueError(`exponential: tau must be positive, got ${tau}`);
  return sampled('exponential', M, options, (n, N) => Math.exp(-Math.abs(n - (center ?? N / 2)) / tau));
}
/** `e^(-((n - N/2) / std)² / 2)`. PyTorch: `torch.signal.windows.gaussian`. */
export function gaussian(M: number, { std = 1, ...options }: WindowOptions & { readonly std?: number } = {}): Tensor {
  if (!(std > 0)) throw new ValueError(`gaussian: the standard deviation must be positive, got ${std}`);
  return sampled('gaussian', M, options, (n, N) => Math.exp(-(((n - N / 2) / std) ** 2) / 2));
}
/** Kaiser's window: larger `beta`, lower side lobes. PyTorch: `torch.signal.windows.kaiser`. Kaiser 1966. */
export function kaiser(M: number, { beta = 12, ...options }: WindowOptions & { readonly beta?: number } = {}): Tensor {
  if (!(beta >= 0)) throw new ValueError(`kaiser: beta must not be negative, got ${beta}`);
  const arguments_ = sampled(
    'kaiser',
    M,
    { ...options, dtype: 'float64', requiresGrad: false },
    (n, N) => beta * Math.sqrt(Math.max(0, 1 - ((2 * n) / N - 1) ** 2)),
  );
  const values = i0(arguments_).toTypedArray() as Float64Array;
  const [largest] = i0(tensor([beta], { dtype: 'float64' })).toTypedArray() as Float64Array;
  return sampled('kaiser', M, options, (n) => values[n] / largest);
}
