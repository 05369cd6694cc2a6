/** Window functions under the names of `torch`: periodic unless asked otherwise, as spectra want them. */
import type { TensorOptions } from './creation.js';
import type { Tensor } from './tensor.js';
import * as windows from './windows.js';

/** Hann's window. PyTorch: `torch.hann_window`. */
export const hannWindow = (windowLength: number, periodic = true, options: TensorOptions = {}): Tensor =>
  windows.hann(windowLength, { ...options, sym: !periodic });
/** `alpha - beta cos x`. PyTorch: `torch.hamming_window`. */
export const hammingWindow = (
  windowLength: number,
  periodic = true,
  alpha = 0.54,
  beta = 0.46,
  options: TensorOptions = {},
): Tensor => windows.generalCosine(windowLength, { ...options, sym: !periodic, a: [alpha, beta] });
/** Blackman's window. PyTorch: `torch.blackman_window`. */
export const blackmanWindow = (windowLength: number, periodic = true, options: TensorOptions = {}): Tensor =>
  windows.blackman(windowLength, { ...options, sym: !periodic });
/** A triangle. PyTorch: `torch.bartlett_window`. */
export const bartlettWindow = (windowLength: number, periodic = true, options: TensorOptions = {}): Tensor =>
  windows.bartlett(windowLength, { ...options, sym: !periodic });
/** Kaiser's window. PyTorch: `torch.kaiser_window`. */
export const kaiserWindow = (windowLength: number, periodic = true, beta = 12, options: TensorOptions = {}): Tensor =>
  windows.kaiser(windowLength, { ...options, sym: !periodic, beta });
