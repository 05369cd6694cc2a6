/**
 * Initial values. Every function writes over its tensor, which need not be a parameter, and returns it.
 *
 * @module
 */
import { noGrad } from '@flambeau/autograd';
import { randperm, ShapeError, type Tensor, tensor, ValueError } from '@flambeau/core';
import { normalQuantile, orthonormalRows } from './init-numerics.js';

export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu';

/**
 * The factor by which a nonlinearity shrinks the standard deviation. PyTorch: `torch.nn.init.calculate_gain`.
 *
 * @param param - The negative slope of `leaky_relu`. Default 0.01.
 */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'conv1d':
    case 'conv2d':
    case 'conv3d':
    case 'conv_transpose1d':
    case 'conv_transpose2d':
    case 'conv_transpose3d':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leaky_relu':
      return Math.sqrt(2 / (1 + param ** 2));
    case 'selu':
      return 3 / 4;
    default:
      throw new ValueError(`calculateGain: unknown nonlinearity '${String(nonlinearity)}'`);
  }
}

/** Inputs and outputs of one unit: the weights of a matrix, or of a convolution. */
export function calculateFanInAndFanOut({ shape }: Tensor): { fanIn: number; fanOut: number } {
  if (shape.length < 2)
    throw new ShapeError(`init: fan in and fan out need a tensor of at least 2 dimensions, got (${shape.join(', ')})`);
  const receptive = shape.slice(2).reduce((n, size) => n * size, 1);
  return { fanIn: shape[1] * receptive, fanOut: shape[0] * receptive };
}

/** Uniform in [low, high). PyTorch: `torch.nn.init.uniform_`. */
export function uniform_<T extends Tensor>(t: T, low = 0, high = 1): T {
  noGrad(() => t.uniform_(low, high));
  return t;
}

/** Normal. PyTorch: `torch.nn.init.normal_`. */
export function normal_<T extends Tensor>(t: T, mean = 0, std = 1): T {
  noGrad(() => t.normal_(mean, std));
  return t;
}

/** Normal, drawn again where outside of [low, high]. PyTorch: `torch.nn.init.trunc_normal_`. */
export function truncNormal_<T extends Tensor>(t: T, mean = 0, std = 1, low = -2, high = 2): T {
  const quantile = normalQuantile((low - mean) / std, (high - mean) / std);
  noGrad(() => {
    const uniform = t.detach().double().uniform_(0, 1);
    const values = (uniform.toTypedArray() as Float64Array).map((u) => Math.min(Math.max(mean + std * quantile(u), low), high));
    t.copy_(tensor(values).reshape([...t.shape]));
  });
  return t;
}

/** One value everywhere. PyTorch: `torch.nn.init.constant_`. */
export function constant_<T extends Tensor>(t: T, value: number): T {
  noGrad(() => t.fill_(value));
  return t;
}
export const ones_ = <T extends Tensor>(t: T): T => constant_(t, 1);
export const zeros_ = <T extends Tensor>(t: T): T => constant_(t, 0);

export interface XavierOptions {
  /** Factor, see `calculateGain`. Default 1. */
  readonly gain?: number;
}

/** Uniform with a variance between those that keep signals and gradients. Glorot and Bengio 2010. PyTorch: `xavier_uniform_`. */
export function xavierUniform_<T extends Tensor>(t: T, { gain = 1 }: XavierOptions = {}): T {
  const { fanIn, fanOut } = calculateFanInAndFanOut(t);
  const bound = Math.sqrt(3) * gain * Math.sqrt(2 / (fanIn + fanOut));
  return uniform_(t, -bound, bound);
}

/** Normal with the variance of `xavierUniform_`. PyTorch: `xavier_normal_`. */
export function xavierNormal_<T extends Tensor>(t: T, { gain = 1 }: XavierOptions = {}): T {
  const { fanIn, fanOut } = calculateFanInAndFanOut(t);
  return normal_(t, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

export interface KaimingOptions {
  /** The negative slope of the leaky ReLU that follows. Default 0. */
  readonly a?: number;
  /** Keep the variance forward (`'fanIn'`) or backward. Default `'fanIn'`. */
  readonly mode?: 'fanIn' | 'fanOut';
  /** Default `'leaky_relu'`. */
  readonly nonlinearity?: Nonlinearity;
}

function kaimingStd(t: Tensor, { a = 0, mode = 'fanIn', nonlinearity = 'leaky_relu' }: KaimingOptions): number {
  const fan = calculateFanInAndFanOut(t)[mode];
  return fan === 0 ? 0 : calculateGain(nonlinearity, a) / Math.sqrt(fan);
}

/** Uniform with the variance that keeps signals through ReLUs. He et al. 2015. PyTorch: `kaiming_uniform_`. */
export function kaimingUniform_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd(t, options);
  return uniform_(t, -bound, bound);
}

/** Normal with the variance of `kaimingUniform_`. PyTorch: `kaiming_normal_`. */
export function kaimingNormal_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  return normal_(t, 0, kaimingStd(t, options));
}

/**
 * A (semi-)orthogonal matrix; dimensions after the first count as columns. Saxe et al. 2013. PyTorch: `torch.nn.init.orthogonal_`.
 */
export function orthogonal_<T extends Tensor>(t: T, { gain = 1 }: XavierOptions = {}): T {
  if (t.ndim < 2) throw new ShapeError(`orthogonal_: expected a tensor of at least 2 dimensions, got ${t.ndim}`);
  if (t.numel === 0) return t;
  const rows = t.shape[0];
  const columns = t.numel / rows;
  noGrad(() => {
    const normal = t.detach().double().normal_(0, 1).reshape([rows, columns]);
    const wide = rows <= columns;
    const matrix = (wide ? normal : normal.t()).toTypedArray() as Float64Array;
    orthonormalRows(matrix, Math.min(rows, columns), Math.max(rows, columns));
    const q = tensor(matrix)
      .reshape([Math.min(rows, columns), Math.max(rows, columns)])
      .mul(gain);
    t.copy_((wide ? q : q.t()).reshape([...t.shape]));
  });
  return t;
}

/** The identity matrix. PyTorch: `torch.nn.init.eye_`. */
export function eye_<T extends Tensor>(t: T): T {
  if (t.ndim !== 2) throw new ShapeError(`eye_: expected a matrix, got a tensor of ${t.ndim} dimensions`);
  noGrad(() => {
    t.zero_();
    t.diagonal().fill_(1);
  });
  return t;
}

/**
 * The weight of a convolution that passes its input on: a one in the middle of each kernel from channel i to channel i, zeros
 * elsewhere. PyTorch: `torch.nn.init.dirac_`.
 *
 * @param t - Shape `(out, in / groups, k…)` with 1 to 3 kernel dimensions.
 * @throws {ShapeError} If it is no such weight, or `out` is not a multiple of `groups`.
 */
export function dirac_<T extends Tensor>(t: T, groups = 1): T {
  if (t.ndim < 3 || t.ndim > 5) throw new ShapeError(`dirac_: expected a tensor of 3 to 5 dimensions, got ${t.ndim}`);
  const [out, perGroup, ...kernel] = t.shape;
  if (out % groups !== 0) throw new ShapeError(`dirac_: ${out} output channels do not divide into ${groups} groups`);
  const size = out / groups;
  const channels = Math.min(size, perGroup);
  noGrad(() => {
    t.zero_();
    for (let group = 0; group < groups; group++) {
      let block: Tensor = t.narrow(0, group * size, channels).narrow(1, 0, channels);
      for (const k of kernel) block = block.select(2, Math.floor(k / 2));
      block.diagonal().fill_(1);
    }
  });
  return t;
}

/**
 * A matrix of normal numbers with a fraction `sparsity` of zeros in each column. Martens 2010. PyTorch: `torch.nn.init.sparse_`.
 *
 * @param sparsity - In [0, 1]; the number of zeros is rounded up.
 */
export function sparse_<T extends Tensor>(t: T, sparsity: number, std = 0.01): T {
  if (t.ndim !== 2) throw new ShapeError(`sparse_: expected a matrix, got a tensor of ${t.ndim} dimensions`);
  if (!(sparsity >= 0 && sparsity <= 1)) throw new ValueError(`sparse_: sparsity must lie in [0, 1], got ${sparsity}`);
  const [rows, columns] = t.shape;
  const zeros = Math.ceil(sparsity * rows);
  noGrad(() => {
    t.normal_(0, std);
    if (zeros === 0) return;
    for (let column = 0; column < columns; column++) t.select(1, column).indexPut_([randperm(rows).narrow(0, 0, zeros)], 0);
  });
  return t;
}
