/** Spectra of short windows of a signal, and back. */
import { autocasting, inFloat32 } from '../autocast.js';
import { toRealInfo } from '../dtype.js';
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { ones } from '../creation.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { viewAsReal } from './complex.js';
import { fft, ifft, irfft, rfft } from './fft.js';
import { constantPad, pad, type PadOptions } from './padding.js';
import { unfoldBackward } from './view-backward.js';

interface WindowOptions {
  /** Samples from one window to the next. Default: a quarter of `nFft`. */
  readonly hopLength?: number | null;
  /** Length of the window, which stands in the middle of `nFft` samples. Default `nFft`. */
  readonly winLength?: number | null;
  /** Shape (winLength). Default: ones. */
  readonly window?: Tensor | null;
  /** Whether window t is centered at sample `t · hopLength`, for which the ends are padded. Default true. */
  readonly center?: boolean;
  /** Whether spectra are scaled by `1/√nFft`. Default false. */
  readonly normalized?: boolean;
  /** Half of each spectrum. Default: true for real signals. */
  readonly onesided?: boolean | null;
}
export interface StftOptions extends WindowOptions {
  /** What stands before and behind a centered signal. Default `'reflect'`. */
  readonly padMode?: NonNullable<PadOptions['mode']>;
  /** Complex numbers; otherwise pairs in a last dimension. Default true. */
  readonly returnComplex?: boolean;
}
export interface IstftOptions extends WindowOptions {
  /** Samples of the result. Default: what the windows cover. */
  readonly length?: number | null;
  /** Whether the signal is complex. Default false. */
  readonly returnComplex?: boolean;
}

interface Windows {
  readonly hop: number;
  /** Of nFft samples. */
  readonly window: Tensor;
}
function windowsOf(op: string, nFft: number, { hopLength, winLength, window }: WindowOptions, like: Tensor): Windows {
  const hop = hopLength ?? Math.floor(nFft / 4);
  const length = winLength ?? nFft;
  if (!Number.isInteger(hop) || hop < 1) throw new ValueError(`${op}: hopLength must be a positive integer, got ${hop}`);
  if (!Number.isInteger(length) || length < 1 || length > nFft)
    throw new ValueError(`${op}: winLength must lie from 1 to nFft = ${nFft}, got ${length}`);
  if (window && (window.ndim !== 1 || window.shape[0] !== length))
    throw new ShapeError(`${op}: expected a window of shape (${length},), got ${formatShape(window.shape)}`);
  const given = window ?? ones([length], { dtype: toRealInfo(like.info).name, device: like.device });
  const left = Math.floor((nFft - length) / 2);
  return { hop, window: length === nFft ? given : constantPad(given, [left, nFft - length - left]) };
}

/**
 * Spectra of overlapping windows of a signal. PyTorch: `torch.stft`.
 *
 * @param self - Shape (samples) or (batch, samples), float32, float64 or complex.
 * @param nFft - Samples per spectrum.
 * @returns Shape (*, frequencies, windows), with `nFft / 2 + 1` frequencies if onesided.
 */
export function stft(self: Tensor, nFft: number, options: StftOptions = {}): Tensor {
  checkTensor('stft', 'input', self);
  if (autocasting() !== null)
    return inFloat32([self, options.window ?? null], (input, window) => stft(input, nFft, { ...options, window }));
  const { center = true, padMode = 'reflect', normalized = false, returnComplex = true } = options;
  if (self.info.category < 2 || self.itemSize < 4)
    throw new DTypeError(`stft: expected a float32, float64 or complex signal, got ${self.dtype}; convert it with .float()`);
  if (self.ndim !== 1 && self.ndim !== 2)
    throw new ShapeError(`stft: expected a signal of shape (samples) or (batch, samples), got ${formatShape(self.shape)}`);
  const isComplex = self.info.kind === 'complex' || options.window?.info.kind === 'complex';
  const onesided = options.onesided ?? !isComplex;
  if (onesided && isComplex)
    throw new ValueError('stft: the spectrum of a complex signal has no second half to leave out; onesided must be false');
  const { hop, window } = windowsOf('stft', nFft, options, self);
  const around = Math.floor(nFft / 2);
  const signal = center ? pad(self, [around, around], { mode: padMode }) : self;
  const samples = signal.shape[signal.ndim - 1];
  if (!Number.isInteger(nFft) || nFft < 1 || nFft > samples)
    throw new ValueError(`stft: nFft must lie from 1 to the ${samples} samples of the signal, got ${nFft}`);
  const windows = signal.unfold(-1, nFft, hop).mul(window);
  const norm = normalized ? 'ortho' : 'backward';
  const spectra = (onesided ? rfft(windows, { norm }) : fft(windows, { norm })).transpose(-2, -1);
  return returnComplex ? spectra : viewAsReal(spectra);
}

/**
 * The signal whose windows have these spectra, as nearly as possible (least squares). PyTorch: `torch.istft`.
 *
 * @param self - Complex, shape (frequencies, windows) or (batch, frequencies, windows).
 * @returns Shape (samples) or (batch, samples).
 * @throws {ValueError} If the windows leave samples uncovered.
 */
export function istft(self: Tensor, nFft: number, options: IstftOptions = {}): Tensor {
  checkTensor('istft', 'input', self);
  const { center = true, normalized = false, onesided: half, length = null, returnComplex = false } = options;
  const onesided = half ?? !returnComplex;
  const frequencies = onesided ? Math.floor(nFft / 2) + 1 : nFft;
  if (self.info.kind !== 'complex') throw new DTypeError(`istft: expected complex spectra, got ${self.dtype}; see viewAsComplex`);
  if ((self.ndim !== 2 && self.ndim !== 3) || self.shape[self.ndim - 2] !== frequencies)
    throw new ShapeError(
      `istft: expected shape (${frequencies}, windows) or (batch, ${frequencies}, windows), got ${formatShape(self.shape)}`,
    );
  if (onesided && returnComplex)
    throw new ValueError('istft: a complex signal has no onesided spectrum; set one of them to false');
  const { hop, window } = windowsOf('istft', nFft, options, self);
  const norm = normalized ? 'ortho' : 'backward';
  const spectra = self.transpose(-2, -1);
  // a real signal's second half of the spectrum says nothing new and is not looked at
  const windows = (returnComplex ? ifft(spectra, { norm }) : irfft(spectra, { n: nFft, norm })).mul(window);
  const count = windows.shape[windows.ndim - 2];
  const samples = nFft + hop * (count - 1);
  const overlapAdd = (t: Tensor): Tensor =>
    unfoldBackward(t, { inputShape: [...t.shape.slice(0, -2), samples], dim: t.ndim - 2, size: nFft, step: hop });
  const start = center ? Math.floor(nFft / 2) : 0;
  const end = length !== null ? Math.min(start + length, samples) : center ? samples - Math.floor(nFft / 2) : samples;
  const envelope = overlapAdd(window.square().expand([count, nFft])).narrow(-1, start, end - start);
  if (envelope.numel > 0 && !(envelope.abs().min().item() > 1e-11))
    throw new ValueError(
      'istft: the windows leave samples uncovered, which cannot be known; use a longer window or a shorter hop',
    );
  const signal = overlapAdd(windows)
    .narrow(-1, start, end - start)
    .div(envelope);
  const missing = length === null ? 0 : start + length - end;
  return missing > 0 ? constantPad(signal, [0, missing]) : signal;
}
