/** Activation functions of neural networks. `relu`, `sigmoid` and `tanh` are in `elementwise.ts`. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import { likeInput, NO_ATTRIBUTES } from '../promotion.js';
import { normalizeDim } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { requireFloating } from './dtype-checks.js';
import { abs, add, clamp, div, mul, sigmoid, sub, tanh } from './elementwise.js';

type Activation = Op<[self: Tensor], Tensor, 'self', Record<never, never>, true>;

function activation(name: string): Activation {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor) => {
      requireFloating(name, 'self', self);
      return [[self], NO_ATTRIBUTES];
    },
    infer: likeInput,
    kernel: name,
    pointwise: true,
    differentiable: true,
  });
}

/** @internal `gelu` with the exact distribution function. */
export const geluExact: Activation = activation('gelu');
/** @internal `gelu` with a tanh in place of the distribution function. */
export const geluTanh: Activation = activation('gelu_tanh');

export interface GeluOptions {
  /** `'tanh'`: `x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))`. Default `'none'`. */
  readonly approximate?: 'none' | 'tanh';
}
/** `x Φ(x)`, with the normal distribution's Φ. PyTorch: `torch.nn.functional.gelu`. Hendrycks and Gimpel 2016. */
export function gelu(self: Tensor, { approximate = 'none' }: GeluOptions = {}): Tensor {
  if (approximate !== 'none' && approximate !== 'tanh')
    throw new ValueError(`gelu: approximate must be 'none' or 'tanh', got '${String(approximate)}'`);
  return approximate === 'tanh' ? geluTanh(self) : geluExact(self);
}

/** `x sigmoid(x)`. PyTorch: `torch.nn.functional.silu`. */
export const silu: Activation = activation('silu');
/** `x tanh(softplus(x))`. PyTorch: `torch.nn.functional.mish`. Misra 2019. */
export const mish: Activation = activation('mish');
/** `x min(max(x + 3, 0), 6) / 6`. PyTorch: `torch.nn.functional.hardswish`. Howard et al. 2019. */
export const hardswish: Activation = activation('hardswish');
/** `min(max(x + 3, 0), 6) / 6`. PyTorch: `torch.nn.functional.hardsigmoid`. */
export const hardsigmoid: Activation = activation('hardsigmoid');
/** `log sigmoid(x)`, without overflow. PyTorch: `torch.nn.functional.logsigmoid`. */
export const logSigmoid: Activation = activation('log_sigmoid');

/** `x`, times `negativeSlope` where negative. PyTorch: `torch.nn.functional.leaky_relu`. */
export const leakyRelu = defineOp({
  name: 'leaky_relu',
  inputs: ['self'],
  args: (self: Tensor, negativeSlope: number = 0.01) => {
    requireFloating('leaky_relu', 'self', self);
    return [[self], { negativeSlope }];
  },
  infer: likeInput,
  kernel: 'leaky_relu',
  pointwise: true,
  differentiable: true,
});

/** `x`, but `alpha (exp(x) - 1)` where negative. PyTorch: `torch.nn.functional.elu`. Clevert et al. 2015. */
export const elu = defineOp({
  name: 'elu',
  inputs: ['self'],
  args: (self: Tensor, alpha: number = 1) => {
    requireFloating('elu', 'self', self);
    return [[self], { alpha }];
  },
  infer: likeInput,
  kernel: 'elu',
  pointwise: true,
  differentiable: true,
});

/** Scale and alpha for which activations keep mean 0 and variance 1. Klambauer et al. 2017, "Self-Normalizing Neural Networks". */
const SELU_SCALE = 1.0507009873554804934193349852946;
const SELU_ALPHA = 1.6732632423543772848170429916717;
/** `scale · elu(x, alpha)` with the constants of self-normalising networks. PyTorch: `torch.nn.functional.selu`. */
export function selu(self: Tensor): Tensor {
  requireFloating('selu', 'self', self);
  return mul(elu(self, SELU_ALPHA), SELU_SCALE);
}
/** `max(0, x) + min(0, alpha (exp(x / alpha) - 1))`. PyTorch: `torch.nn.functional.celu`. */
export function celu(self: Tensor, alpha: number = 1): Tensor {
  requireFloating('celu', 'self', self);
  return mul(elu(div(self, alpha)), alpha);
}

export interface SoftplusOptions {
  /** Steepness. Default 1. */
  readonly beta?: number;
  /** Where `beta · x` is larger, the function is `x` itself. Default 20. */
  readonly threshold?: number;
}
/** `log(1 + exp(beta x)) / beta`. PyTorch: `torch.nn.functional.softplus`. */
export const softplus = defineOp({
  name: 'softplus',
  inputs: ['self'],
  args: (self: Tensor, { beta = 1, threshold = 20 }: SoftplusOptions = {}) => {
    requireFloating('softplus', 'self', self);
    return [[self], { beta, threshold }];
  },
  infer: likeInput,
  kernel: 'softplus',
  pointwise: true,
  differentiable: true,
});

/**
 * Limits elements to [minVal, maxVal]. Unlike `clamp` it has no gradient at the bounds themselves. PyTorch:
 * `torch.nn.functional.hardtanh`.
 */
export const hardtanh = defineOp({
  name: 'hardtanh',
  inputs: ['self'],
  args: (self: Tensor, minVal: number = -1, maxVal: number = 1) => {
    checkTensor('hardtanh', 'self', self);
    return [[self], { minVal, maxVal }];
  },
  infer: likeInput,
  kernel: 'clamp',
  pointwise: true,
  differentiable: true,
});
/** Limits elements to [0, 6]. PyTorch: `torch.nn.functional.relu6`. */
export function relu6(self: Tensor): Tensor {
  checkTensor('relu6', 'self', self);
  return hardtanh(self, 0, 6);
}
/** `x / (1 + |x|)`. PyTorch: `torch.nn.functional.softsign`. */
export function softsign(self: Tensor): Tensor {
  checkTensor('softsign', 'self', self);
  return div(self, add(abs(self), 1));
}
/** `x - tanh(x)`. PyTorch: `torch.nn.functional.tanhshrink`. */
export function tanhshrink(self: Tensor): Tensor {
  checkTensor('tanhshrink', 'self', self);
  return sub(self, tanh(self));
}
/** 0 where `|x| ≤ lambd`. PyTorch: `torch.nn.functional.hardshrink`. */
export function hardshrink(self: Tensor, lambd: number = 0.5): Tensor {
  checkTensor('hardshrink', 'self', self);
  return self.maskedFill(self.abs().le(lambd), 0);
}
/** `x` moved towards 0 by `lambd`, at most to 0. PyTorch: `torch.nn.functional.softshrink`. */
export function softshrink(self: Tensor, lambd: number = 0.5): Tensor {
  checkTensor('softshrink', 'self', self);
  return sub(self, clamp(self, -lambd, lambd));
}
/** `value` where `x ≤ threshold`. PyTorch: `torch.nn.functional.threshold`. */
export const threshold = (self: Tensor, threshold: number, value: number): Tensor => self.maskedFill(self.le(threshold), value);

/**
 * `x`, times a learned slope where negative. PyTorch: `torch.nn.functional.prelu`. He et al. 2015.
 *
 * @param weight - One slope, or one for each channel (dimension 1 of `self`).
 */
export function prelu(self: Tensor, weight: Tensor): Tensor {
  checkTensor('prelu', 'self', self);
  checkTensor('prelu', 'weight', weight);
  const channels = self.ndim > 1 ? self.shape[1] : 1;
  if (weight.ndim > 1 || (weight.numel !== 1 && weight.numel !== channels))
    throw new ShapeError(
      `prelu: expected 1 or ${channels} slopes for input ${formatShape(self.shape)}, got ${formatShape(weight.shape)}`,
    );
  const slopes = weight.numel === 1 ? weight.reshape([]) : weight.reshape([channels, ...self.shape.slice(2).map(() => 1)]);
  return add(clamp(self, 0), mul(clamp(self, null, 0), slopes));
}

/** The first half along `dim`, times the sigmoid of the second half. PyTorch: `torch.nn.functional.glu`. Dauphin et al. 2016. */
export function glu(self: Tensor, dim: number = -1): Tensor {
  requireFloating('glu', 'self', self);
  const at = normalizeDim('glu', dim, self.ndim);
  const size = self.shape[at];
  if (self.ndim === 0 || size % 2 !== 0)
    throw new ShapeError(`glu: dimension ${at} of ${formatShape(self.shape)} cannot be halved; its size must be even`);
  return mul(self.narrow(at, 0, size / 2), sigmoid(self.narrow(at, size / 2, size / 2)));
}
