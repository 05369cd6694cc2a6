/**
 * Discrete Fourier transforms under the names of `torch.fft`.
 *
 * @module
 */
export {
  type FftNorm,
  type FftnOptions,
  type FftOptions,
  fft,
  fft2,
  fftfreq,
  fftn,
  fftshift,
  hfft,
  hfft2,
  hfftn,
  ifft,
  ifft2,
  ifftn,
  ifftshift,
  ihfft,
  ihfft2,
  ihfftn,
  irfft,
  irfft2,
  irfftn,
  rfft,
  rfft2,
  rfftfreq,
  rfftn,
} from './ops/fft.js';
