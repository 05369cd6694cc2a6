/** Filling a tensor with a value or with random numbers. What the tensor held before gets no gradient. */
import { runKernel } from '../backend/cpu/cpu.js';
import { emptyOf } from '../creation.js';
import type { DType } from '../dtype.js';
import { DTypeError, ValueError } from '../errors.js';
import { defineOp, inplace, type Op } from '../op.js';
import { likeInput, type Scalar, scalarTensor } from '../promotion.js';
import { defaultGenerator } from '../random.js';
import { checkTensor, type Complex, isTensor, type Tensor } from '../tensor.js';
import { copy_ } from './copy.js';
import { add, div, exp, floor, log1p, mul, neg, sub, tan } from './elementwise.js';
import { bernoulliOp, checkRange, type GeneratorOptions, rand, randn } from './random.js';
import { expand } from './view.js';

/** `value` in every element. PyTorch: `torch.fill`. */
export const fill = defineOp({
  name: 'fill',
  inputs: ['self'],
  args: (self: Tensor, value: number | boolean | Complex) => {
    checkTensor('fill', 'self', self);
    const [re, im] = typeof value === 'object' ? [value.re, value.im] : [Number(value), 0];
    if (im !== 0 && self.info.kind !== 'complex')
      throw new DTypeError(`fill: a complex value does not fit into a ${self.dtype} tensor`);
    return [[self], { re, im }];
  },
  infer: likeInput,
  kernel: 'fill',
  updates: true,
  differentiable: true,
});
const fillInplace = inplace(fill);
/** Overwrites every element with `value`, a number or a 0-d tensor (which may need gradients). PyTorch: `Tensor.fill_`. */
export function fill_(self: Tensor, value: Scalar | Complex | Tensor): Tensor {
  if (isTensor(value)) {
    if (value.ndim > 0) throw new ValueError(`fill_: expected a 0-d tensor or a number; use copy_ for a tensor with dimensions`);
    return copy_(self, value);
  }
  return typeof value === 'bigint' ? copy_(self, scalarTensor(value, self.info)) : fillInplace(self, value);
}
/** Overwrites every element with zero. PyTorch: `Tensor.zero_`. */
export const zero_ = (self: Tensor): Tensor => fillInplace(self, 0);

// ---- random numbers ----

/** The distribution's parameters, the seed and the offset. */
type Drawn = { readonly [name: string]: number };
type RandomFill<P extends readonly unknown[]> = Op<[self: Tensor, ...P], Tensor, 'self', Drawn, true>;

/** An op that keeps of its input only shape and dtype. `parameters` checks and gives the kernel's parameters. */
function randomFill<P extends readonly unknown[]>(
  name: string,
  kernel: string,
  parameters: (self: Tensor, ...given: P) => readonly [values: { readonly [name: string]: number }, options: GeneratorOptions],
): RandomFill<P> {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor, ...given: P) => {
      checkTensor(`${name}_`, 'self', self);
      const [values, { generator = defaultGenerator }] = parameters(self, ...given);
      const attributes: Drawn = { ...values, ...generator.draw(self.numel) };
      return [[self], attributes];
    },
    infer: likeInput,
    decompose: ([self], attributes): Tensor => {
      const { shape, info, device } = self as Tensor;
      const t = emptyOf(name, shape, info, device);
      if (device !== 'meta') runKernel(kernel, [t], attributes);
      return t;
    },
    random: true,
    differentiable: true,
  });
}

function requireFloating(op: string, self: Tensor): void {
  if (self.info.kind !== 'float') throw new DTypeError(`${op}: expected a floating tensor, got ${self.dtype}`);
}

/** @internal */
export const uniform: RandomFill<[low?: number, high?: number, options?: GeneratorOptions]> = randomFill(
  'uniform',
  'random_uniform',
  (self, low = 0, high = 1, options = {}) => {
    requireFloating('uniform_', self);
    if (!(low <= high) || !Number.isFinite(high - low))
      throw new ValueError(`uniform_: expected finite low <= high, got ${low} and ${high}`);
    return [{ low, high }, options];
  },
);
/** Overwrites with numbers uniform in [low, high), by default [0, 1). PyTorch: `Tensor.uniform_`. */
export const uniform_ = inplace(uniform);

/** @internal */
export const gaussian: RandomFill<[mean?: number, std?: number, options?: GeneratorOptions]> = randomFill(
  'normal',
  'random_normal',
  (self, mean = 0, std = 1, options = {}) => {
    requireFloating('normal_', self);
    if (!(std >= 0)) throw new ValueError(`normal_: the standard deviation must not be negative, got ${std}`);
    return [{ mean, std }, options];
  },
);
/** Overwrites with normally distributed numbers, by default with mean 0 and standard deviation 1. PyTorch: `Tensor.normal_`. */
export const normal_ = inplace(gaussian);

/** @internal */
export const bernoulliFill: RandomFill<[p: number, options?: GeneratorOptions]> = randomFill(
  'bernoulli_fill',
  'random_bernoulli',
  (_, p, options = {}) => {
    if (!(p >= 0 && p <= 1)) throw new ValueError(`bernoulli_: the probability must be in [0, 1], got ${p}`);
    return [{ p }, options];
  },
);
const bernoulliFillInplace = inplace(bernoulliFill);
/** Overwrites with ones, drawn with probability `p` (a number, or a tensor that broadcasts), and zeros. PyTorch: `Tensor.bernoulli_`. */
export function bernoulli_(self: Tensor, p: number | Tensor = 0.5, options: GeneratorOptions = {}): Tensor {
  if (typeof p === 'number') return bernoulliFillInplace(self, p, options);
  checkTensor('bernoulli_', 'p', p);
  return copy_(self, bernoulliOp(expand(p, self.shape), options));
}

/** @internal */
export const integers: RandomFill<[low?: number, high?: number, options?: GeneratorOptions]> = randomFill(
  'random',
  'random_integers',
  (self, low = 0, high = beyondLargest(self), options = {}) => {
    checkRange('random_', low, high);
    return [{ low, high }, options];
  },
);
/**
 * Overwrites with integers uniform in [low, high). Default: from 0 to what the dtype holds exactly, at most 2^53 - 1.
 * PyTorch: `Tensor.random_`.
 */
export const random_ = inplace(integers);

function beyondLargest({ dtype }: Tensor): number {
  switch (dtype as DType) {
    case 'bool':
      return 2;
    case 'uint8':
    case 'bfloat16':
      return 2 ** 8;
    case 'int8':
      return 2 ** 7;
    case 'int16':
      return 2 ** 15;
    case 'float16':
      return 2 ** 11;
    case 'float32':
      return 2 ** 24;
    case 'int32':
      return 2 ** 31;
    default:
      return Number.MAX_SAFE_INTEGER;
  }
}

/** Overwrites with exponentially distributed numbers of rate `lambd`. PyTorch: `Tensor.exponential_`. */
export function exponential_(self: Tensor, lambd = 1, { generator }: GeneratorOptions = {}): Tensor {
  checkTensor('exponential_', 'self', self);
  requireFloating('exponential_', self);
  if (!(lambd > 0)) throw new ValueError(`exponential_: the rate must be positive, got ${lambd}`);
  // -log(1 - u) / λ inverts the distribution function
  return copy_(self, div(log1p(neg(rand(self.shape, { dtype: self.dtype, device: self.device, generator }))), -lambd));
}

/** Overwrites with numbers whose logarithms are normally distributed. PyTorch: `Tensor.log_normal_`. */
export function logNormal_(self: Tensor, mean = 1, std = 2, { generator }: GeneratorOptions = {}): Tensor {
  checkTensor('logNormal_', 'self', self);
  requireFloating('logNormal_', self);
  if (!(std > 0)) throw new ValueError(`logNormal_: the standard deviation must be positive, got ${std}`);
  return copy_(self, exp(add(mul(randn(self.shape, { dtype: self.dtype, device: self.device, generator }), std), mean)));
}

/** Overwrites with Cauchy-distributed numbers around `median`. PyTorch: `Tensor.cauchy_`. */
export function cauchy_(self: Tensor, median = 0, sigma = 1, { generator }: GeneratorOptions = {}): Tensor {
  checkTensor('cauchy_', 'self', self);
  requireFloating('cauchy_', self);
  if (!(sigma > 0)) throw new ValueError(`cauchy_: sigma must be positive, got ${sigma}`);
  const angle = mul(sub(rand(self.shape, { dtype: 'float64', device: self.device, generator }), 0.5), Math.PI);
  return copy_(self, add(mul(tan(angle), sigma), median));
}

/** Overwrites with how many trials of success probability `p` it takes to succeed once. PyTorch: `Tensor.geometric_`. */
export function geometric_(self: Tensor, p: number, { generator }: GeneratorOptions = {}): Tensor {
  checkTensor('geometric_', 'self', self);
  if (!(p > 0 && p < 1)) throw new ValueError(`geometric_: the probability must be in (0, 1), got ${p}`);
  const failures = floor(div(log1p(neg(rand(self.shape, { dtype: 'float64', device: self.device, generator }))), Math.log1p(-p)));
  return copy_(self, add(failures, 1));
}
