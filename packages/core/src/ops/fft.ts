/**
 * Discrete Fourier transforms, under the names of `torch.fft`. Lengths may be any; those without large prime factors are fastest.
 * Every transform has `norm`: where the factor 1/n goes (`'backward'`: to the inverse transforms, `'forward'`: to the others,
 * `'ortho'`: 1/√n to both).
 */
import { widened } from '../autocast.js';
import { arange, type TensorOptions } from '../creation.js';
import { getDefaultDtype, toComplexInfo, toRealInfo } from '../dtype.js';
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Inputs } from '../op.js';
import { likeInput, toFloating } from '../promotion.js';
import { normalizeDim, normalizeDims } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { constantPad } from './padding.js';
import { roll } from './rearranging.js';
import { narrow } from './view.js';

// ---- along one dimension, as the kernels compute them ----

const resized = ([self]: Inputs, dim: number, n: number): number[] =>
  (self as Tensor).shape.map((size, d) => (d === dim ? n : size));

/** @internal `scale Σ x_j exp(∓2πi jk/n)`, - for `forward`. PyTorch: `aten::_fft_c2c`. */
export const fftComplex = defineOp({
  name: '_fft_c2c',
  inputs: ['self'],
  args: (self: Tensor, dim: number, forward: boolean, scale: number) => [[self], { dim, forward, scale }],
  infer: likeInput,
  kernel: 'fft_complex',
  contiguous: true,
  differentiable: true,
});
/** @internal The first n/2 + 1 values of the transform of n real ones. PyTorch: `aten::_fft_r2c`. */
export const fftReal = defineOp({
  name: '_fft_r2c',
  inputs: ['self'],
  args: (self: Tensor, dim: number, forward: boolean, scale: number) => [[self], { dim, forward, scale }],
  infer: (inputs, { dim }) => ({
    shape: resized(inputs, dim, Math.floor((inputs[0] as Tensor).shape[dim] / 2) + 1),
    dtype: toComplexInfo((inputs[0] as Tensor).info),
  }),
  kernel: 'fft_real',
  contiguous: true,
  differentiable: true,
});
/** @internal The n real values of which the first n/2 + 1 of a conjugate-symmetric spectrum are given. PyTorch: `aten::_fft_c2r`. */
export const fftRealBack = defineOp({
  name: '_fft_c2r',
  inputs: ['self'],
  args: (self: Tensor, dim: number, forward: boolean, scale: number, n: number) => [[self], { dim, forward, scale, n }],
  infer: (inputs, { dim, n }) => ({ shape: resized(inputs, dim, n), dtype: toRealInfo((inputs[0] as Tensor).info) }),
  kernel: 'fft_real_back',
  contiguous: true,
  differentiable: true,
});

// ---- parameters ----

/** Where the factor goes: 1/n to the inverse (`'backward'`), 1/√n to both (`'ortho'`), 1/n to the forward transform (`'forward'`). */
export type FftNorm = 'backward' | 'ortho' | 'forward';
export interface FftOptions {
  /** Length of the transform: the dimension is cut or filled up with zeros. Default: its size. */
  readonly n?: number | null;
  /** Default: the last. */
  readonly dim?: number;
  /** Default `'backward'`. */
  readonly norm?: FftNorm | null;
}
export interface FftnOptions {
  /** Lengths of the transforms, -1 for the size that there is. Default: the sizes. */
  readonly s?: readonly number[] | null;
  /** Default: all dimensions, or as many of the last as `s` has lengths. */
  readonly dim?: readonly number[] | null;
  /** Default `'backward'`. */
  readonly norm?: FftNorm | null;
}

function scaleOf(op: string, norm: FftNorm | null, n: number, forward: boolean): number {
  if (norm === 'ortho') return 1 / Math.sqrt(n);
  if (norm !== null && norm !== 'backward' && norm !== 'forward')
    throw new ValueError(`${op}: norm must be 'backward', 'ortho' or 'forward', got '${String(norm)}'`);
  return forward === (norm === 'forward') ? 1 / n : 1;
}

/** In a dtype that the kernels know; integers become the default floating dtype. */
function toTransform(op: string, self: Tensor): Tensor {
  const input = widened(toFloating(op, self));
  if (input.itemSize < 4)
    throw new DTypeError(`${op}: expected float32, float64 or a complex dtype, got ${input.dtype}; convert it with .float()`);
  if (input.ndim === 0) throw new ShapeError(`${op}: a 0-d tensor has no dimension to transform`);
  return input;
}
const toComplex = (op: string, self: Tensor): Tensor => {
  const input = toTransform(op, self);
  return castTo(input, toComplexInfo(input.info));
};
function toReal(op: string, self: Tensor): Tensor {
  const input = toTransform(op, self);
  if (input.info.kind === 'complex')
    throw new DTypeError(`${op}: expected a real tensor, got ${input.dtype}; use the complex form`);
  return input;
}

/** Cut or filled up with zeros at the end. */
function resize(op: string, self: Tensor, dim: number, n: number): Tensor {
  if (!Number.isInteger(n) || n < 1)
    throw new ValueError(
      `${op}: a transform of length ${n} along dimension ${dim} of ${formatShape(self.shape)}; expected at least 1`,
    );
  const size = self.shape[dim];
  if (n === size) return self;
  if (n < size) return narrow(self, dim, 0, n);
  return constantPad(self, [...new Array<number>(2 * (self.ndim - 1 - dim)).fill(0), 0, n - size]);
}

// ---- one dimension ----

function complexTransform(op: string, self: Tensor, dim: number, n: number, norm: FftNorm | null, forward: boolean): Tensor {
  return fftComplex(resize(op, self, dim, n), dim, forward, scaleOf(op, norm, n, forward));
}
function realTransform(op: string, self: Tensor, dim: number, n: number, norm: FftNorm | null, forward: boolean): Tensor {
  return fftReal(resize(op, self, dim, n), dim, forward, scaleOf(op, norm, n, forward));
}
function realBackTransform(op: string, self: Tensor, dim: number, n: number, norm: FftNorm | null, forward: boolean): Tensor {
  const scale = scaleOf(op, norm, n, forward); // refuses a bad norm before anything is computed
  if (!(n >= 1)) resize(op, self, dim, n); // throws
  return fftRealBack(resize(op, self, dim, Math.floor(n / 2) + 1), dim, forward, scale, n);
}

type Convert = (op: string, self: Tensor) => Tensor;
type Transform = typeof complexTransform;

const along =
  (op: string, convert: Convert, transform: Transform, forward: boolean, length = (size: number): number => size) =>
  (self: Tensor, { n = null, dim = -1, norm = null }: FftOptions = {}): Tensor => {
    checkTensor(op, 'input', self);
    const input = convert(op, self);
    const d = normalizeDim(op, dim, input.ndim);
    return transform(op, input, d, n ?? length(input.shape[d]), norm, forward);
  };
/** Of so many values of half a spectrum. */
const backLength = (size: number): number => 2 * (size - 1);

/** The transform of a real or complex dimension. PyTorch: `torch.fft.fft`. */
export const fft: OneDim = along('fft', toComplex, complexTransform, true);
/** The inverse of `fft`. PyTorch: `torch.fft.ifft`. */
export const ifft: OneDim = along('ifft', toComplex, complexTransform, false);
/** The first n/2 + 1 values of a real dimension's transform; the others are their conjugates. PyTorch: `torch.fft.rfft`. */
export const rfft: OneDim = along('rfft', toReal, realTransform, true);
/** The inverse of `rfft`; `n` is the length of the result, by default an even one. PyTorch: `torch.fft.irfft`. */
export const irfft: OneDim = along('irfft', toComplex, realBackTransform, false, backLength);
/** The real transform of a conjugate-symmetric signal, of which the first half is given. PyTorch: `torch.fft.hfft`. */
export const hfft: OneDim = along('hfft', toComplex, realBackTransform, true, backLength);
/** The inverse of `hfft`. PyTorch: `torch.fft.ihfft`. */
export const ihfft: OneDim = along('ihfft', toReal, realTransform, false);
export type OneDim = (self: Tensor, options?: FftOptions) => Tensor;

// ---- several dimensions ----

function sizesAndDims(op: string, self: Tensor, { s, dim }: FftnOptions): [dims: readonly number[], sizes: readonly number[]] {
  const last = (count: number): number[] => Array.from({ length: count }, (_, i) => i - count);
  const wanted = dim ?? (s ? last(s.length) : last(self.ndim));
  if (wanted.length === 0) throw new ShapeError(`${op}: there is no dimension to transform`);
  if (s && s.length !== wanted.length)
    throw new ValueError(`${op}: ${s.length} lengths in s for ${wanted.length} dimensions in dim; give one for each`);
  const dims = normalizeDims(op, wanted, self.ndim);
  return [dims, s ?? wanted.map(() => -1)];
}

/** Complex transforms of all dimensions but, for half a spectrum, the last of them. */
function complexDims(
  op: string,
  self: Tensor,
  dims: readonly number[],
  sizes: readonly number[],
  norm: FftNorm | null,
  forward: boolean,
): Tensor {
  return dims.reduce((x, d, i) => complexTransform(op, x, d, sizes[i] === -1 ? x.shape[d] : sizes[i], norm, forward), self);
}

const ofAll =
  (op: string, forward: boolean, defaults: FftnOptions = {}): SeveralDims =>
  (self, options = {}) => {
    checkTensor(op, 'input', self);
    const [dims, sizes] = sizesAndDims(op, self, { ...defaults, ...options });
    return complexDims(op, toComplex(op, self), dims, sizes, options.norm ?? null, forward);
  };
const realOfAll =
  (op: string, forward: boolean, defaults: FftnOptions = {}): SeveralDims =>
  (self, options = {}) => {
    checkTensor(op, 'input', self);
    const [dims, sizes] = sizesAndDims(op, self, { ...defaults, ...options });
    const [d, n] = [dims[dims.length - 1], sizes[sizes.length - 1]];
    const half = realTransform(op, toReal(op, self), d, n === -1 ? self.shape[d] : n, options.norm ?? null, forward);
    return complexDims(op, half, dims.slice(0, -1), sizes, options.norm ?? null, forward);
  };
const realBackOfAll =
  (op: string, forward: boolean, defaults: FftnOptions = {}): SeveralDims =>
  (self, options = {}) => {
    checkTensor(op, 'input', self);
    const [dims, sizes] = sizesAndDims(op, self, { ...defaults, ...options });
    const [d, n] = [dims[dims.length - 1], sizes[sizes.length - 1]];
    const spectrum = complexDims(op, toComplex(op, self), dims.slice(0, -1), sizes, options.norm ?? null, forward);
    return realBackTransform(op, spectrum, d, n === -1 ? backLength(self.shape[d]) : n, options.norm ?? null, forward);
  };

export type SeveralDims = (self: Tensor, options?: FftnOptions) => Tensor;
const LAST_TWO: FftnOptions = { dim: [-2, -1] };

/** The transform of several dimensions. PyTorch: `torch.fft.fftn`. */
export const fftn: SeveralDims = ofAll('fftn', true);
/** The inverse of `fftn`. PyTorch: `torch.fft.ifftn`. */
export const ifftn: SeveralDims = ofAll('ifftn', false);
/** `fftn` of real values, with half of the last dimension. PyTorch: `torch.fft.rfftn`. */
export const rfftn: SeveralDims = realOfAll('rfftn', true);
/** The inverse of `rfftn`. PyTorch: `torch.fft.irfftn`. */
export const irfftn: SeveralDims = realBackOfAll('irfftn', false);
/** `fftn` of the last two dimensions. PyTorch: `torch.fft.fft2`. */
export const fft2: SeveralDims = ofAll('fft2', true, LAST_TWO);
/** `ifftn` of the last two dimensions. PyTorch: `torch.fft.ifft2`. */
export const ifft2: SeveralDims = ofAll('ifft2', false, LAST_TWO);
/** `rfftn` of the last two dimensions. PyTorch: `torch.fft.rfft2`. */
export const rfft2: SeveralDims = realOfAll('rfft2', true, LAST_TWO);
/** `irfftn` of the last two dimensions. PyTorch: `torch.fft.irfft2`. */
export const irfft2: SeveralDims = realBackOfAll('irfft2', false, LAST_TWO);
/** The real transform of a signal that is conjugate-symmetric in its last dimension, half of which is given. PyTorch: `torch.fft.hfftn`. */
export const hfftn: SeveralDims = realBackOfAll('hfftn', true);
/** The inverse of `hfftn`. PyTorch: `torch.fft.ihfftn`. */
export const ihfftn: SeveralDims = realOfAll('ihfftn', false);
/** `hfftn` of the last two dimensions. PyTorch: `torch.fft.hfft2`. */
export const hfft2: SeveralDims = realBackOfAll('hfft2', true, LAST_TWO);
/** `ihfftn` of the last two dimensions. PyTorch: `torch.fft.ihfft2`. */
export const ihfft2: SeveralDims = realOfAll('ihfft2', false, LAST_TWO);

// ---- frequencies ----

const floating = (options: TensorOptions): TensorOptions => ({ ...options, dtype: options.dtype ?? getDefaultDtype() });

/** The frequencies of `fft`'s values, in cycles per unit of the sample spacing `d`: negative ones last. PyTorch: `torch.fft.fftfreq`. */
export function fftfreq(n: number, d = 1, options: TensorOptions = {}): Tensor {
  const order = roll(arange(-Math.floor(n / 2), Math.ceil(n / 2), 1, floating(options)), -Math.floor(n / 2), 0);
  return order.mul(1 / (n * d));
}
/** The frequencies of `rfft`'s values. PyTorch: `torch.fft.rfftfreq`. */
export const rfftfreq = (n: number, d = 1, options: TensorOptions = {}): Tensor =>
  arange(0, Math.floor(n / 2) + 1, 1, floating(options)).mul(1 / (n * d));

/** Moves frequency 0 to the middle of the dimensions (default: of all). PyTorch: `torch.fft.fftshift`. */
export const fftshift = (self: Tensor, dim: number | readonly number[] | null = null): Tensor =>
  shifted('fftshift', self, dim, (n) => Math.floor(n / 2));
/** The inverse of `fftshift`. PyTorch: `torch.fft.ifftshift`. */
export const ifftshift = (self: Tensor, dim: number | readonly number[] | null = null): Tensor =>
  shifted('ifftshift', self, dim, (n) => Math.ceil(n / 2));

function shifted(op: string, self: Tensor, dim: number | readonly number[] | null, by: (n: number) => number): Tensor {
  checkTensor(op, 'input', self);
  const dims = normalizeDims(op, dim, self.ndim);
  return roll(
    self,
    dims.map((d) => by(self.shape[d])),
    dims,
  );
}
