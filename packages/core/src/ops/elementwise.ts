/** Arithmetic and mathematical functions, element by element. Operands broadcast; results are row-major. */
import { ValueError } from '../errors.js';
import { defineOp, type Inputs, inplace, type Op, type TensorMeta } from '../op.js';
import {
  broadcastMeta,
  likeInput,
  NO_ATTRIBUTES,
  promoteOperands,
  promoteOperandsLoosely,
  type Scalar,
  scalarTensor,
} from '../promotion.js';
import { broadcastShapes } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { clone } from './clone.js';
import { copy_ } from './copy.js';
import { requireSameDtype } from './dtype-checks.js';
import { type Binary, binary, floatBinary, type SymmetricBinary, type Unary, unary } from './pointwise.js';

// ---- arithmetic ----

export interface AlphaOptions {
  /** Factor for `other`. Default 1. */
  readonly alpha?: number;
}

function withAlpha(
  name: string,
): Op<[self: Tensor, other: Tensor | Scalar, options?: AlphaOptions], Tensor, 'self' | 'other', Record<never, never>, true> {
  return defineOp({
    name,
    inputs: ['self', 'other'],
    args: (self: Tensor, other: Tensor | Scalar, { alpha = 1 }: AlphaOptions = {}) => [
      promoteOperands(name, self, alpha === 1 ? other : isTensor(other) ? mul(other, alpha) : Number(other) * alpha),
      NO_ATTRIBUTES,
    ],
    infer: (inputs) => broadcastMeta(name, inputs),
    kernel: name,
    pointwise: true,
    differentiable: true,
  });
}

/** `self + alpha * other`. PyTorch: `torch.add`. */
export const add = withAlpha('add');
/** `self - alpha * other`. PyTorch: `torch.sub`. */
export const sub = withAlpha('sub');
/** `self * other`. PyTorch: `torch.mul`. */
export const mul: Binary = binary('mul');

export interface DivOptions {
  /** Round the quotient towards zero or down. Default: neither (integers give the default floating dtype). */
  readonly roundingMode?: 'trunc' | 'floor' | null;
}
const trueDivide: SymmetricBinary = floatBinary('div');
export { trueDivide };
/** `self / other`, optionally rounded. PyTorch: `torch.div`. */
export function div(self: Tensor, other: Tensor | Scalar, { roundingMode = null }: DivOptions = {}): Tensor {
  if (roundingMode === 'floor') return floorDivide(self, other);
  if (roundingMode === null) return trueDivide(self, other);
  if (roundingMode !== 'trunc')
    throw new ValueError(`div: roundingMode must be 'trunc', 'floor' or null, got '${String(roundingMode)}'`);
  const [a, b] = promoteOperandsLoosely('div', self, other);
  // integers may be too large for a floating quotient; without its remainder the dividend divides exactly
  return a.info.kind === 'float' ? trunc(trueDivide(a, b)) : floorDivide(sub(a, fmod(a, b)), b);
}
/** `self` to the power of `exponent`, which may be a number. PyTorch: `torch.pow`. */
export function pow(self: Tensor | Scalar, exponent: Tensor | Scalar): Tensor {
  if (isTensor(self) && typeof exponent === 'number' && self.info.kind === 'float') return powScalar(self, exponent);
  if (isTensor(self) && typeof exponent === 'number' && self.info.kind === 'complex') return powComplex(self, exponent);
  return powTensor(self as Tensor, exponent);
}
/** Integer powers multiply, which is exact where a logarithm is not. */
function powComplex(self: Tensor, exponent: number): Tensor {
  if (exponent === 0.5) return sqrt(self);
  if (!Number.isInteger(exponent) || Math.abs(exponent) > 64) return powTensor(self, exponent);
  if (exponent < 0) return reciprocal(powComplex(self, -exponent));
  if (exponent === 0) return add(mul(self, 0), 1);
  const root = powComplex(self, Math.floor(exponent / 2));
  const squared = exponent < 2 ? null : mul(root, root);
  return squared === null ? clone(self) : exponent % 2 === 0 ? squared : mul(squared, self);
}
export const powTensor: Binary = binary('pow');
export const powScalar = defineOp({
  name: 'pow_scalar',
  inputs: ['self'],
  args: (self: Tensor, exponent: number) => [[self], { exponent }],
  infer: likeInput,
  kernel: 'pow_scalar',
  pointwise: true,
  differentiable: true,
});
/** `floor(self / other)`. PyTorch: `torch.floor_divide`. */
export const floorDivide: Binary<false> = binary('floor_divide', false);
/** The remainder with the sign of `other`. PyTorch: `torch.remainder`. */
export const remainder: Binary = binary('remainder');
/** The remainder with the sign of `self`. PyTorch: `torch.fmod`. */
export const fmod: Binary = binary('fmod');
/** The angle of the point (other, self), in radians. PyTorch: `torch.atan2`. */
export const atan2: Binary = binary('atan2');
/** The larger element; NaN if either is NaN. PyTorch: `torch.maximum`. */
export const maximum: Binary = binary('maximum');
/** The smaller element; NaN if either is NaN. PyTorch: `torch.minimum`. */
export const minimum: Binary = binary('minimum');

// ---- functions of one tensor ----

export const neg: Unary = unary('neg', 'any');
export const abs: Unary = unary('abs', 'any');
export const sign: Unary = unary('sign', 'any');
export const ceil: Unary = unary('ceil', 'any');
export const floor: Unary = unary('floor', 'any');
/** Rounds to the nearest integer, halves to even. PyTorch: `torch.round`. */
export const round: Unary = unary('round', 'any');
export const trunc: Unary = unary('trunc', 'any');
export const square: Unary = unary('square', 'any');
export const exp: Unary = unary('exp', 'float');
export const exp2: Unary = unary('exp2', 'float');
export const expm1: Unary = unary('expm1', 'float');
export const log: Unary = unary('log', 'float');
export const log2: Unary = unary('log2', 'float');
export const log10: Unary = unary('log10', 'float');
export const log1p: Unary = unary('log1p', 'float');
export const sqrt: Unary = unary('sqrt', 'float');
export const rsqrt: Unary = unary('rsqrt', 'float');
export const reciprocal: Unary = unary('reciprocal', 'float');
export const sin: Unary = unary('sin', 'float');
export const cos: Unary = unary('cos', 'float');
export const tan: Unary = unary('tan', 'float');
export const asin: Unary = unary('asin', 'float');
export const acos: Unary = unary('acos', 'float');
export const atan: Unary = unary('atan', 'float');
export const sinh: Unary = unary('sinh', 'float');
export const cosh: Unary = unary('cosh', 'float');
export const tanh: Unary = unary('tanh', 'float');
export const sigmoid: Unary = unary('sigmoid', 'float');
export const erf: Unary = unary('erf', 'float');
export const erfc: Unary = unary('erfc', 'float');
/** `max(self, 0)`. PyTorch: `torch.relu`. */
export const relu: Unary = unary('relu', 'any');

// ---- bounds and interpolation ----

/** Limits elements to [min, max]; either bound may be absent. PyTorch: `torch.clamp`. */
export const clamp = defineOp({
  name: 'clamp',
  inputs: ['self'],
  args: (self: Tensor, min?: number | null, max?: number | null) => {
    checkTensor('clamp', 'self', self);
    if ((min ?? null) === null && (max ?? null) === null)
      throw new ValueError('clamp: at least one of min and max must be given');
    return [[self], { min: min ?? Number.NaN, max: max ?? Number.NaN }]; // a bound of NaN is an absent one
  },
  infer: likeInput,
  kernel: 'clamp',
  pointwise: true,
  differentiable: true,
});

function ternaryMeta(op: string, names: readonly string[], inputs: Inputs): TensorMeta {
  requireSameDtype(op, names, inputs);
  const [a, b, c] = inputs as readonly Tensor[];
  return { shape: broadcastShapes(op, broadcastShapes(op, a.shape, b.shape), c.shape), dtype: a.info };
}

function checkTensors(op: string, tensors: { readonly [name: string]: unknown }): void {
  for (const [name, t] of Object.entries(tensors)) checkTensor(op, name, t);
}

export interface ValueOptions {
  /** Factor. Default 1. */
  readonly value?: number;
}
/** `self + value * tensor1 * tensor2`. PyTorch: `torch.addcmul`. */
export const addcmul = defineOp({
  name: 'addcmul',
  inputs: ['self', 'tensor1', 'tensor2'],
  args: (self: Tensor, tensor1: Tensor, tensor2: Tensor, { value = 1 }: ValueOptions = {}) => {
    checkTensors('addcmul', { self, tensor1, tensor2 });
    return [[self, tensor1, tensor2], { value }];
  },
  infer: (inputs) => ternaryMeta('addcmul', ['self', 'tensor1', 'tensor2'], inputs),
  kernel: 'addcmul',
  pointwise: true,
  differentiable: true,
});
/** `self + value * tensor1 / tensor2`. PyTorch: `torch.addcdiv`. */
export const addcdiv = defineOp({
  name: 'addcdiv',
  inputs: ['self', 'tensor1', 'tensor2'],
  args: (self: Tensor, tensor1: Tensor, tensor2: Tensor, { value = 1 }: ValueOptions = {}) => {
    checkTensors('addcdiv', { self, tensor1, tensor2 });
    return [[self, tensor1, tensor2], { value }];
  },
  infer: (inputs) => ternaryMeta('addcdiv', ['self', 'tensor1', 'tensor2'], inputs),
  kernel: 'addcdiv',
  pointwise: true,
  differentiable: true,
});
/** `self + weight * (end - self)`. PyTorch: `torch.lerp`. */
export const lerp = defineOp({
  name: 'lerp',
  inputs: ['self', 'end', 'weight'],
  args: (self: Tensor, end: Tensor, weight: Tensor | number) => {
    checkTensors('lerp', { self, end });
    return [[self, end, isTensor(weight) ? weight : scalarTensor(weight, self.info)], NO_ATTRIBUTES];
  },
  infer: (inputs) => ternaryMeta('lerp', ['self', 'end', 'weight'], inputs),
  kernel: 'lerp',
  pointwise: true,
  differentiable: true,
});

// ---- bits ----

export const bitwiseNot: Unary<false> = unary('bitwise_not', 'any', false);
export const bitwiseAnd: Binary<false> = binary('bitwise_and', false);
export const bitwiseOr: Binary<false> = binary('bitwise_or', false);
export const bitwiseXor: Binary<false> = binary('bitwise_xor', false);

// ---- in-place forms ----

export const add_ = inplace(add);
export const sub_ = inplace(sub);
export const mul_ = inplace(mul);
const trueDivide_ = inplace(trueDivide as Binary);
/** `div` over its first argument. PyTorch: `Tensor.div_`. */
export const div_ = (self: Tensor, other: Tensor | Scalar, options: DivOptions = {}): Tensor =>
  (options.roundingMode ?? null) === null ? trueDivide_(self, other) : copy_(self, div(self, other, options));
const powTensor_ = inplace(powTensor);
const powScalar_ = inplace(powScalar);
/** `pow` over its first argument. PyTorch: `Tensor.pow_`. */
export const pow_ = (self: Tensor, exponent: Tensor | Scalar): Tensor =>
  typeof exponent === 'number' && self.info.kind === 'float' ? powScalar_(self, exponent) : powTensor_(self, exponent);
export const floorDivide_ = inplace(floorDivide);
export const remainder_ = inplace(remainder);
export const fmod_ = inplace(fmod);
export const atan2_ = inplace(atan2);
export const neg_ = inplace(neg);
export const abs_ = inplace(abs);
export const sign_ = inplace(sign);
export const ceil_ = inplace(ceil);
export const floor_ = inplace(floor);
export const round_ = inplace(round);
export const trunc_ = inplace(trunc);
export const square_ = inplace(square);
export const exp_ = inplace(exp);
export const exp2_ = inplace(exp2);
export const expm1_ = inplace(expm1);
export const log_ = inplace(log);
export const log2_ = inplace(log2);
export const log10_ = inplace(log10);
export const log1p_ = inplace(log1p);
export const sqrt_ = inplace(sqrt);
export const rsqrt_ = inplace(rsqrt);
export const reciprocal_ = inplace(reciprocal);
export const sin_ = inplace(sin);
export const cos_ = inplace(cos);
export const tan_ = inplace(tan);
export const asin_ = inplace(asin);
export const acos_ = inplace(acos);
export const atan_ = inplace(atan);
export const sinh_ = inplace(sinh);
export const cosh_ = inplace(cosh);
export const tanh_ = inplace(tanh);
export const sigmoid_ = inplace(sigmoid);
export const erf_ = inplace(erf);
export const erfc_ = inplace(erfc);
export const relu_ = inplace(relu);
export const clamp_ = inplace(clamp);
export const addcmul_ = inplace(addcmul);
export const addcdiv_ = inplace(addcdiv);
export const lerp_ = inplace(lerp);
export const bitwiseNot_ = inplace(bitwiseNot);
export const bitwiseAnd_ = inplace(bitwiseAnd);
export const bitwiseOr_ = inplace(bitwiseOr);
export const bitwiseXor_ = inplace(bitwiseXor);
