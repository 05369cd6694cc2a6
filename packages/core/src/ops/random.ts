/**
 * Tensors of random numbers. Each op draws a seed and an offset when it is called and carries them as attributes, so that it can
 * be replayed. The numbers differ from PyTorch's for the same seed.
 */
import { backendFor } from '../backend/backends.js';
import { runKernel } from '../backend/cpu/cpu.js';
import { emptyOf, finish, type TensorOptions } from '../creation.js';
import { getDefaultDevice } from '../default-device.js';
import { type DType, dtypeInfo, getDefaultDtype, infoByCode } from '../dtype.js';
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { type Attributes, defineOp, type Op } from '../op.js';
import { defaultGenerator, type Generator } from '../random.js';
import { broadcastShapes, checkShape, numelOf } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { abs, clamp, div, log1p, mul, neg } from './elementwise.js';
import { argmin } from './extremum.js';
import { amax, amin, countNonzero, cumsum } from './reduction.js';
import { searchsorted } from './searching.js';
import { topk } from './sorting.js';
import { narrow } from './view.js';

type Shape = readonly number[];

export interface GeneratorOptions {
  /** The stream to draw from. Default: `defaultGenerator`. */
  readonly generator?: Generator;
}
// biome-ignore lint/suspicious/noExplicitAny: see TensorOptions
export interface RandomOptions<D extends DType = any> extends TensorOptions<D>, GeneratorOptions {}

// ---- ops: (attributes of the result), (parameters of the distribution), seed, offset ----

/** What every op here has besides the parameters of its distribution. */
interface Sampling extends Attributes {
  readonly size: Shape;
  readonly dtype: number;
  readonly seed: number;
  readonly offset: number;
  /** On the meta device nothing is drawn. */
  readonly isMeta: boolean;
}
type Parameters = { readonly [name: string]: number };
type SamplingOp = Op<[op: string, size: Shape, parameters: Parameters, options: RandomOptions], Tensor, never, Sampling, false>;

function sampling(name: string, kernel: string): SamplingOp {
  return defineOp({
    name,
    inputs: [],
    args: (
      op: string,
      size: Shape,
      parameters: Parameters,
      { dtype, device = getDefaultDevice(), generator = defaultGenerator }: RandomOptions,
    ) => {
      checkShape(op, size);
      const isMeta = backendFor(op, device).name === 'meta';
      const drawn = isMeta ? { seed: 0, offset: 0 } : generator.draw(numelOf(size));
      return [[], { size, dtype: dtypeInfo(dtype ?? getDefaultDtype()).code, ...parameters, ...drawn, isMeta }];
    },
    infer: (_, { size, dtype }) => ({ shape: size, dtype: infoByCode(dtype) }),
    decompose: (_, { size, dtype, isMeta, ...numbers }): Tensor => {
      const t = emptyOf(name, size, infoByCode(dtype), isMeta ? 'meta' : 'cpu');
      if (!isMeta) runKernel(kernel, [t], numbers);
      return t;
    },
    random: true,
    differentiable: false,
  });
}

/** @internal */
export const uniformOp: SamplingOp = sampling('rand', 'random_uniform');
/** @internal */
export const normalOp: SamplingOp = sampling('randn', 'random_normal');
/** @internal */
export const integersOp: SamplingOp = sampling('randint', 'random_integers');
/** @internal */
export const permutationOp: SamplingOp = sampling('randperm', 'random_permutation');

function requireFloating(op: string, dtype: DType | undefined): void {
  if (dtype !== undefined && dtypeInfo(dtype).kind !== 'float')
    throw new DTypeError(`${op}: the dtype must be a floating one, got ${dtype}`);
}

// ---- what users call ----

/** Uniform in [0, 1). PyTorch: `torch.rand`. */
export function rand(size: Shape, options: RandomOptions = {}): Tensor {
  requireFloating('rand', options.dtype);
  return finish('rand', uniformOp('rand', size, { low: 0, high: 1 }, options), options);
}
/** Normal with mean 0 and standard deviation 1. PyTorch: `torch.randn`. */
export function randn(size: Shape, options: RandomOptions = {}): Tensor {
  requireFloating('randn', options.dtype);
  return finish('randn', normalOp('randn', size, { mean: 0, std: 1 }, options), options);
}
/** Integers, uniform in [low, high). Default dtype: int64. PyTorch: `torch.randint`. */
export function randint(low: number, high: number, size: Shape, options: RandomOptions = {}): Tensor {
  checkRange('randint', low, high);
  return finish('randint', integersOp('randint', size, { low, high }, { ...options, dtype: options.dtype ?? 'int64' }), options);
}
/** @internal Throws unless [low, high) holds an integer. */
export function checkRange(op: string, low: number, high: number): void {
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || low >= high)
    throw new ValueError(`${op}: expected integers low < high, got low ${low} and high ${high}`);
}
/** A random order of 0, 1, …, n - 1. Default dtype: int64. PyTorch: `torch.randperm`. */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  const order = permutationOp('randperm', [n], {}, { ...options, dtype: 'int64' });
  return finish('randperm', options.dtype === undefined ? order : order.to(options.dtype), options);
}

function shapedLike(op: string, input: Tensor, options: RandomOptions): [Shape, RandomOptions] {
  checkTensor(op, 'input', input);
  return [input.shape, { dtype: input.dtype, device: input.device, ...options }];
}
/** Uniform in [0, 1), in the input's shape and dtype. PyTorch: `torch.rand_like`. */
export const randLike = (input: Tensor, options: RandomOptions = {}): Tensor => rand(...shapedLike('randLike', input, options));
/** Normal with mean 0 and standard deviation 1, in the input's shape and dtype. PyTorch: `torch.randn_like`. */
export const randnLike = (input: Tensor, options: RandomOptions = {}): Tensor =>
  randn(...shapedLike('randnLike', input, options));
/** Integers, uniform in [low, high), in the input's shape and dtype. PyTorch: `torch.randint_like`. */
export const randintLike = (input: Tensor, low: number, high: number, options: RandomOptions = {}): Tensor =>
  randint(low, high, ...shapedLike('randintLike', input, options));

/**
 * Normal with the given means and standard deviations: two numbers and a size, or tensors that broadcast. Gradients flow to the
 * tensors. PyTorch: `torch.normal`.
 */
export function normal(mean: Tensor | number, std: Tensor | number, size?: Shape | null, options: RandomOptions = {}): Tensor {
  if (typeof std === 'number' && !(std >= 0))
    throw new ValueError(`normal: the standard deviation must not be negative, got ${std}`);
  if (!isTensor(mean) && !isTensor(std)) {
    if (!size) throw new TypeError('normal: numbers as mean and std need a size');
    requireFloating('normal', options.dtype);
    return finish('normal', normalOp('normal', size, { mean, std }, options), options);
  }
  if (size) throw new ShapeError('normal: the size follows from the tensors; leave it away');
  const [meanShape, stdShape] = [mean, std].map((x) => (isTensor(x) ? x.shape : []));
  const { dtype, device } = isTensor(mean) ? mean : (std as Tensor);
  const noise = randn(broadcastShapes('normal', meanShape, stdShape), { dtype, device, generator: options.generator });
  return noise.mul(std).add(mean);
}

/** One with probability `self`, else zero, element by element. PyTorch: `torch.bernoulli`. */
export const bernoulliOp = defineOp({
  name: 'bernoulli',
  inputs: ['self'],
  args: (self: Tensor, { generator = defaultGenerator }: GeneratorOptions = {}) => {
    checkTensor('bernoulli', 'input', self);
    if (self.info.kind !== 'float') throw new DTypeError(`bernoulli: probabilities must be floating, got ${self.dtype}`);
    return [[self], generator.draw(self.numel)];
  },
  infer: ([self]) => ({ shape: (self as Tensor).shape, dtype: (self as Tensor).info }),
  kernel: 'random_bernoulli_tensor',
  random: true,
  differentiable: false,
});
export { bernoulliOp as bernoulli };

/** @internal The numbers of Poisson distributions with the rates `self` that belong to uniform numbers. */
export const poissonQuantile = defineOp({
  name: 'poisson_quantile',
  inputs: ['self', 'uniform'],
  args: (self: Tensor, uniform: Tensor) => [[self, uniform], {}],
  infer: ([self]) => ({ shape: (self as Tensor).shape, dtype: (self as Tensor).info }),
  kernel: 'poisson_quantile',
  differentiable: false,
});
/** Poisson-distributed numbers with the rates `input`, in its shape and dtype. PyTorch: `torch.poisson`. */
export function poisson(input: Tensor, { generator }: GeneratorOptions = {}): Tensor {
  checkTensor('poisson', 'input', input);
  if (input.info.kind !== 'float') throw new DTypeError(`poisson: rates must be floating, got ${input.dtype}`);
  const rates = input.detached().to('float64');
  if (!rates.ge(0).all().item()) throw new ValueError('poisson: the rates must not be negative or NaN');
  return poissonQuantile(rates, rand(input.shape, { dtype: 'float64', device: input.device, generator })).to(input.dtype);
}

export interface MultinomialOptions extends GeneratorOptions {
  /** Whether an index may be drawn more than once. Default false. */
  readonly replacement?: boolean;
}

/**
 * Indices drawn with the given weights, which need not add up to 1. PyTorch: `torch.multinomial`.
 *
 * @param input - Shape `(K)` or `(N, K)`, floating, on a device that can be read synchronously.
 * @returns Shape `(numSamples)` or `(N, numSamples)`, int64.
 * @throws {ValueError} If a weight is negative or not finite, or there are fewer positive weights than samples to draw.
 */
export function multinomial(
  input: Tensor,
  numSamples: number,
  { replacement = false, generator }: MultinomialOptions = {},
): Tensor {
  checkTensor('multinomial', 'input', input);
  if (input.info.kind !== 'float') throw new DTypeError(`multinomial: weights must be floating, got ${input.dtype}`);
  if (input.ndim < 1 || input.ndim > 2)
    throw new ShapeError(`multinomial: expected shape (K,) or (N, K), got ${formatShape(input.shape)}`);
  if (!Number.isSafeInteger(numSamples) || numSamples < 1)
    throw new ValueError(`multinomial: the number of samples must be a positive integer, got ${numSamples}`);
  const exact = input.detached().to('float64');
  const weights = input.ndim === 1 ? exact.reshape([1, input.numel]) : exact;
  checkWeights(weights, replacement ? 1 : numSamples);
  const drawn = replacement
    ? drawWithReplacement(weights, numSamples, generator)
    : drawWithoutReplacement(weights, numSamples, generator);
  return input.ndim === 1 ? drawn.reshape([numSamples]) : drawn;
}

function checkWeights(weights: Tensor, needed: number): void {
  if (weights.shape[0] === 0) return;
  const positive = weights.shape[1] === 0 ? 0 : Number(amin(countNonzero(weights, 1)).item());
  if (weights.numel > 0) {
    const [least, most] = [amin(weights).item() as number, amax(weights).item() as number];
    if (!(least >= 0) || most === Number.POSITIVE_INFINITY)
      throw new ValueError(`multinomial: weights must be finite and not negative, got ${least >= 0 ? most : least}`);
  }
  if (positive < needed)
    throw new ValueError(
      `multinomial: ${needed} samples need as many positive weights, there are ${positive}; pass replacement: true`,
    );
}

/** Inverts the cumulative distribution by bisection. */
function drawWithReplacement(weights: Tensor, count: number, generator?: Generator): Tensor {
  const cumulative = cumsum(div(weights, amax(weights, 1, { keepdim: true })), 1); // whose sum neither overflows nor vanishes
  const total = narrow(cumulative, 1, weights.shape[1] - 1, 1);
  const uniform = rand([weights.shape[0], count], { dtype: 'float64', device: weights.device, generator });
  // below the total even when the product is rounded: an index of weight zero is never drawn
  return searchsorted(cumulative, mul(clamp(uniform, null, 1 - 2 ** -52), total), { right: true });
}

/** The smallest of exponential waiting times with rates `weights` (Efraimidis and Spirakis 2006). */
function drawWithoutReplacement(weights: Tensor, count: number, generator?: Generator): Tensor {
  const uniform = rand(weights.shape, { dtype: 'float64', device: weights.device, generator });
  // the wait for a weight of zero is infinite, that for others never zero
  const waits = div(neg(log1p(neg(clamp(uniform, 2 ** -54)))), abs(weights)); // a zero may have a sign
  return count === 1 ? argmin(waits, 1, { keepdim: true }) : topk(waits, count, 1, { largest: false }).indices;
}
