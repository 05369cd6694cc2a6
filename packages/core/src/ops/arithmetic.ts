/** Rarer arithmetic of one or two tensors, element by element. */
import { dtypeInfo } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { defineOp, inplace, type Op } from '../op.js';
import {
  BOOL,
  broadcastMeta,
  likeInput,
  likeInputBool,
  NO_ATTRIBUTES,
  promoteOperands,
  type Scalar,
  scalarTensor,
  toFloating,
} from '../promotion.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { castTo, copy_ } from './copy.js';
import { requireFloating } from './dtype-checks.js';
import { eq } from './comparison.js';
import { maskedFill } from './masking.js';
import { abs, div, mul, pow, powTensor, sign, sub, trunc } from './elementwise.js';
import { type Binary, binary, floatBinary, type SymmetricBinary, type Unary } from './pointwise.js';

// ---- one tensor ----

/** An op that is a composition of others but has an in-place form, too. */
function composed(name: string, check: (self: Tensor) => Tensor, decompose: (self: Tensor) => Tensor): Unary {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor) => [[check(self)], NO_ATTRIBUTES],
    infer: likeInput,
    decompose: ([self]): Tensor => decompose(self as Tensor),
    differentiable: true,
  });
}
const floating = (name: string) => (self: Tensor) => toFloating(name, self);

/** Degrees to radians. PyTorch: `torch.deg2rad`. */
export const deg2rad: Unary = composed('deg2rad', floating('deg2rad'), (self) => mul(self, Math.PI / 180));
/** Radians to degrees. PyTorch: `torch.rad2deg`. */
export const rad2deg: Unary = composed('rad2deg', floating('rad2deg'), (self) => mul(self, 180 / Math.PI));
/** What follows the point, with the sign of `self`. Floating tensors only. PyTorch: `torch.frac`. */
export const frac: Unary = composed(
  'frac',
  (self) => {
    requireFloating('frac', 'self', self);
    return self;
  },
  (self) => sub(self, trunc(self)),
);

/** The tensor itself; bool has no signs and is refused. PyTorch: `torch.positive`. */
export function positive(self: Tensor): Tensor {
  checkTensor('positive', 'self', self);
  if (self.info === BOOL) throw new DTypeError('positive: bool tensors have no sign; convert first, e.g. with .int()');
  return self;
}
/** The sign; of a complex number the one of length 1 in its direction, and 0 of 0. PyTorch: `torch.sgn`. */
export function sgn(self: Tensor): Tensor {
  if (self.info?.kind !== 'complex') return sign(self);
  const size = abs(self);
  return div(self, maskedFill(size, eq(size, 0), 1));
}
/** `sgn` in place. PyTorch: `Tensor.sgn_`. */
export const sgn_ = (self: Tensor): Tensor => (self.info.kind === 'complex' ? copy_(self, sgn(self)) : signOver(self));
const signOver = inplace(sign);

/** Whether the sign bit is set, which it is for -0, too. PyTorch: `torch.signbit`. */
export const signbit = defineOp({
  name: 'signbit',
  inputs: ['self'],
  args: (self: Tensor) => {
    checkTensor('signbit', 'self', self);
    return [[self], NO_ATTRIBUTES];
  },
  infer: likeInputBool,
  kernel: 'signbit',
  differentiable: false,
});

export interface NanToNumOptions {
  /** In place of NaN. Default 0. */
  readonly nan?: number;
  /** In place of infinity. Default: the dtype's largest number. */
  readonly posinf?: number | null;
  /** In place of -infinity. Default: the dtype's smallest number. */
  readonly neginf?: number | null;
}
const LARGEST: { readonly [dtype: string]: number } = {
  float32: 3.4028234663852886e38,
  float64: Number.MAX_VALUE,
  float16: 65504,
  bfloat16: 3.3895313892515355e38,
};
/** NaN and infinities replaced by numbers. Integers have neither and stay as they are. PyTorch: `torch.nan_to_num`. */
export const nanToNum = defineOp({
  name: 'nan_to_num',
  inputs: ['self'],
  args: (self: Tensor, { nan = 0, posinf, neginf }: NanToNumOptions = {}) => {
    checkTensor('nan_to_num', 'self', self);
    const largest = LARGEST[self.dtype] ?? 0;
    return [[self], { nan, posinf: posinf ?? largest, neginf: neginf ?? -largest }];
  },
  infer: likeInput,
  kernel: 'nan_to_num',
  pointwise: true,
  differentiable: true,
});

// ---- two tensors ----

/** `self` with the sign of `other`. PyTorch: `torch.copysign`. */
export const copysign: SymmetricBinary = floatBinary('copysign');
/** `√(self² + other²)` without overflow. PyTorch: `torch.hypot`. */
export const hypot: Binary = binary('hypot');
/** `log(e^self + e^other)` without overflow. PyTorch: `torch.logaddexp`. */
export const logaddexp: Binary = binary('logaddexp');
/** `log2(2^self + 2^other)` without overflow. PyTorch: `torch.logaddexp2`. */
export const logaddexp2: Binary = binary('logaddexp2');
/** The larger element; a number where the other one is NaN. PyTorch: `torch.fmax`. */
export const fmax: Binary = binary('fmax');
/** The smaller element; a number where the other one is NaN. PyTorch: `torch.fmin`. */
export const fmin: Binary = binary('fmin');
/** The greatest common divisor of integers. PyTorch: `torch.gcd`. */
export const gcd: Binary<false> = binary('gcd', false);
/** The least common multiple of integers. PyTorch: `torch.lcm`. */
export const lcm: Binary<false> = binary('lcm', false);
/** Integers with their bits moved up; 0 beyond the dtype's width. PyTorch: `torch.bitwise_left_shift`. */
export const bitwiseLeftShift: Binary<false> = binary('bitwise_left_shift', false);
/** Integers with their bits moved down, the sign kept. PyTorch: `torch.bitwise_right_shift`. */
export const bitwiseRightShift: Binary<false> = binary('bitwise_right_shift', false);
/** 0 where `self` is negative, 1 where it is positive, `other` where it is 0. PyTorch: `torch.heaviside`. */
export const heaviside: Binary<false> = binary('heaviside', false);

/** `self · 2^other`. PyTorch: `torch.ldexp`. */
export const ldexp = defineOp({
  name: 'ldexp',
  inputs: ['self', 'other'],
  args: (self: Tensor, other: Tensor | Scalar) => {
    const a = toFloating('ldexp', self);
    const exponent = isTensor(other) ? toFloating('ldexp', other) : scalarTensor(other, a.info);
    return [promoteOperands('ldexp', a, exponent), NO_ATTRIBUTES];
  },
  infer: (inputs) => broadcastMeta('ldexp', inputs),
  decompose: ([self, other]): Tensor => mul(self as Tensor, pow(2, other as Tensor)),
  differentiable: true,
});

const FLOAT64 = dtypeInfo('float64');
const toFloat64 = (x: Tensor | Scalar): Tensor => (isTensor(x) ? castTo(x, FLOAT64) : scalarTensor(x, FLOAT64));
/** `pow` computed in float64, whatever the operands. PyTorch: `torch.float_power`. */
export const floatPower = defineOp({
  name: 'float_power',
  inputs: ['self', 'exponent'],
  args: (self: Tensor | Scalar, exponent: Tensor | Scalar) => {
    if (!isTensor(self)) checkTensor('float_power', 'self or exponent', exponent);
    return [[toFloat64(self), toFloat64(exponent)], NO_ATTRIBUTES];
  },
  infer: (inputs) => broadcastMeta('float_power', inputs),
  decompose: ([self, exponent]): Tensor => powTensor(self as Tensor, exponent as Tensor),
  differentiable: true,
});

// ---- in-place forms ----

export const deg2rad_ = inplace(deg2rad);
export const rad2deg_ = inplace(rad2deg);
export const frac_ = inplace(frac);
export const nanToNum_ = inplace(nanToNum);
export const copysign_ = inplace(copysign as Binary);
export const hypot_ = inplace(hypot);
export const gcd_ = inplace(gcd);
export const lcm_ = inplace(lcm);
export const bitwiseLeftShift_ = inplace(bitwiseLeftShift);
export const bitwiseRightShift_ = inplace(bitwiseRightShift);
export const heaviside_ = inplace(heaviside);
export const ldexp_ = inplace(ldexp);
/** `floatPower` over a float64 tensor. PyTorch: `Tensor.float_power_`. */
export const floatPower_ = inplace(floatPower as Op<[self: Tensor, exponent: Tensor | Scalar], Tensor>);
