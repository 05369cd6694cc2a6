/** Reductions over some or all dimensions, and cumulative sums. `dim` is one dimension, a list of them, or null for all. */
import { type DType, type DTypeInfo, dtypeInfo } from '../dtype.js';
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { type Attributes, defineOp, inplace, type Inputs, type Op, type TensorMeta } from '../op.js';
import { BOOL, INT64, likeInput, toFloating } from '../promotion.js';
import { normalizeDim, normalizeDims, reducedShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { isnan } from './comparison.js';
import { castTo } from './copy.js';
import { sqrt } from './elementwise.js';
import { maskedFill } from './masking.js';

export type Dims = number | readonly number[] | null;

export interface KeepdimOptions {
  /** Keep reduced dimensions with size 1. Default false. */
  readonly keepdim?: boolean;
}
export interface ReduceOptions extends KeepdimOptions {
  /** Convert to this dtype first. */
  readonly dtype?: DType;
}
export interface VarianceOptions extends KeepdimOptions {
  /** What is subtracted from the number of elements in the denominator. Default 1 (Bessel's correction). */
  readonly correction?: number;
}

/** @internal What a reduction's kernel gets first; the kernel reads `keepdim` off the result's shape. */
export interface Reduction extends Attributes {
  readonly dim: readonly number[];
  readonly keepdim: boolean;
}

const over = (op: string, self: Tensor, dim: Dims, keepdim: boolean): Reduction => ({
  dim: normalizeDims(op, dim, self.ndim),
  keepdim,
});

const reduced = (self: Tensor, { dim, keepdim }: Reduction, dtype: DTypeInfo = self.info): TensorMeta => ({
  shape: reducedShape(self.shape, dim, keepdim),
  dtype,
});

const likeSelf = ([self]: Inputs, attributes: Reduction): TensorMeta => reduced(self as Tensor, attributes);

function requireFloat(op: string, self: Tensor): void {
  checkTensor(op, 'self', self);
  if (self.info.category < 2)
    throw new DTypeError(
      `${op}: expected a floating-point or complex tensor, got ${self.dtype}; convert it first, e.g. with .float()`,
    );
}

/** In the dtype asked for; else integers and bools become int64, in which their sums do not overflow. */
function toAccumulate(op: string, self: Tensor, dtype: DType | undefined): Tensor {
  checkTensor(op, 'self', self);
  return castTo(self, dtype !== undefined ? dtypeInfo(dtype) : self.info.category < 2 ? INT64 : self.info);
}

/** The sum. Integers and bools give int64. PyTorch: `torch.sum`. */
export const sum = defineOp({
  name: 'sum',
  inputs: ['self'],
  args: (self: Tensor, dim: Dims = null, { keepdim = false, dtype }: ReduceOptions = {}) => {
    const input = toAccumulate('sum', self, dtype);
    return [[input], over('sum', input, dim, keepdim)];
  },
  infer: likeSelf,
  kernel: 'sum',
  differentiable: true,
});

/** The sum of the elements that are not NaN. PyTorch: `torch.nansum`. */
export const nansum = defineOp({
  name: 'nansum',
  inputs: ['self'],
  args: (self: Tensor, dim: Dims = null, { keepdim = false, dtype }: ReduceOptions = {}) => {
    const input = toAccumulate('nansum', self, dtype);
    return [[input], over('nansum', input, dim, keepdim)];
  },
  infer: likeSelf,
  kernel: 'nansum',
  decompose: ([self], { dim, keepdim }): Tensor => sum(maskedFill(self as Tensor, isnan(self as Tensor), 0), dim, { keepdim }),
  differentiable: true,
});

/** The product over one dimension or over all. Integers and bools give int64. PyTorch: `torch.prod`. */
export const prod = defineOp({
  name: 'prod',
  inputs: ['self'],
  args: (self: Tensor, dim: number | null = null, { keepdim = false, dtype }: ReduceOptions = {}) => {
    const input = toAccumulate('prod', self, dtype);
    return [[input], over('prod', input, dim, keepdim)];
  },
  infer: likeSelf,
  kernel: 'prod',
  differentiable: true,
});

/**
 * The mean. PyTorch: `torch.mean`.
 *
 * @throws {DTypeError} If the tensor has integers or bools and no `dtype` is given.
 */
export const mean = defineOp({
  name: 'mean',
  inputs: ['self'],
  args: (self: Tensor, dim: Dims = null, { keepdim = false, dtype }: ReduceOptions = {}) => {
    if (dtype === undefined) requireFloat('mean', self);
    const input = dtype === undefined ? self : castTo(self, dtypeInfo(dtype));
    requireFloat('mean', input);
    return [[input], over('mean', self, dim, keepdim)];
  },
  infer: likeSelf,
  kernel: 'mean',
  differentiable: true,
});

function extreme(name: string): Op<[self: Tensor, dim?: Dims, options?: KeepdimOptions], Tensor, 'self', Reduction, true> {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor, dim: Dims = null, { keepdim = false }: KeepdimOptions = {}) => {
      checkTensor(name, 'self', self);
      return [[self], over(name, self, dim, keepdim)];
    },
    infer: ([self], attributes) => {
      requireElements(name, self as Tensor, attributes.dim);
      return reduced(self as Tensor, attributes);
    },
    kernel: name,
    differentiable: true,
  });
}

/** Throws if there would be no element to choose. */
function requireElements(op: string, { shape }: Tensor, dims: readonly number[]): void {
  for (const d of dims)
    if (shape[d] === 0)
      throw new ShapeError(`${op}: there is no largest or smallest of zero elements (dimension ${d} of ${formatShape(shape)})`);
}

/** The largest element; NaN if there is one. Equal ones share the gradient. PyTorch: `torch.amax`. */
export const amax = extreme('amax');
/** The smallest element; NaN if there is one. Equal ones share the gradient. PyTorch: `torch.amin`. */
export const amin = extreme('amin');

function truth(name: string): Op<[self: Tensor, dim?: Dims, options?: KeepdimOptions], Tensor, 'self', Reduction, false> {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor, dim: Dims = null, { keepdim = false }: KeepdimOptions = {}) => {
      checkTensor(name, 'self', self);
      return [[self], over(name, self, dim, keepdim)];
    },
    infer: ([self], attributes) => reduced(self as Tensor, attributes, BOOL),
    kernel: name,
    differentiable: false,
  });
}

/** True where any element is not zero. PyTorch: `torch.any`. */
export const any = truth('any');
/** True where all elements are not zero. PyTorch: `torch.all`. */
export const all = truth('all');

/** The number of elements that are not zero, as int64. PyTorch: `torch.count_nonzero`. */
export const countNonzero = defineOp({
  name: 'count_nonzero',
  inputs: ['self'],
  args: (self: Tensor, dim: Dims = null) => {
    checkTensor('count_nonzero', 'self', self);
    return [[self], over('count_nonzero', self, dim, false)];
  },
  infer: ([self], attributes) => reduced(self as Tensor, attributes, INT64),
  kernel: 'count_nonzero',
  differentiable: false,
});

// ---- statistics ----

const varianceArgs =
  (name: string) =>
  (self: Tensor, dim: Dims = null, { correction = 1, keepdim = false }: VarianceOptions = {}) => {
    requireFloat(name, self);
    return [[self], { dim: normalizeDims(name, dim, self.ndim), correction, keepdim }] as const;
  };

/** The variance `Σ (x - mean)² / (N - correction)`. PyTorch: `torch.var`. */
const variance = defineOp({
  name: 'var',
  inputs: ['self'],
  args: varianceArgs('var'),
  infer: likeSelf,
  kernel: 'var',
  differentiable: true,
});
export { variance as var };

/** The standard deviation, the root of the variance. PyTorch: `torch.std`. */
export const std = defineOp({
  name: 'std',
  inputs: ['self'],
  args: varianceArgs('std'),
  infer: likeSelf,
  decompose: ([self], { dim, correction, keepdim }): Tensor => sqrt(variance(self as Tensor, dim, { correction, keepdim })),
  differentiable: true,
});

/** The variance and the mean. PyTorch: `torch.var_mean`. */
export function varMean(self: Tensor, dim: Dims = null, options: VarianceOptions = {}): [variance: Tensor, mean: Tensor] {
  return [variance(self, dim, options), mean(self, dim, { keepdim: options.keepdim })];
}

/** The standard deviation and the mean. PyTorch: `torch.std_mean`. */
export function stdMean(self: Tensor, dim: Dims = null, options: VarianceOptions = {}): [std: Tensor, mean: Tensor] {
  return [std(self, dim, options), mean(self, dim, { keepdim: options.keepdim })];
}

/**
 * The vector norm `(Σ |x|^p)^(1/p)`; `p` may be 0 (how many are not zero) or ±Infinity (largest,
 * smallest); `'fro'` is 2. PyTorch: `torch.norm`.
 *
 * @throws {DTypeError} If the tensor is neither floating nor complex.
 */
export const norm = defineOp({
  name: 'norm',
  inputs: ['self'],
  args: (self: Tensor, p: number | 'fro' = 2, dim: Dims = null, { keepdim = false, dtype }: ReduceOptions = {}) => {
    checkTensor('norm', 'self', self);
    const input = dtype === undefined ? self : castTo(self, dtypeInfo(dtype));
    requireFloat('norm', input);
    const order = p === 'fro' ? 2 : p;
    if (typeof order !== 'number' || Number.isNaN(order))
      throw new ValueError(`norm: p must be a number or 'fro', got ${String(p)}`);
    return [[input], { dim: normalizeDims('norm', dim, self.ndim), p: order, keepdim }];
  },
  infer: ([self], attributes) => {
    if (attributes.p < 0) requireElements('norm', self as Tensor, attributes.dim);
    return reduced(self as Tensor, attributes);
  },
  kernel: 'norm',
  differentiable: true,
});

/** `log Σ exp(x)`, without overflow. PyTorch: `torch.logsumexp`. */
export const logsumexp = defineOp({
  name: 'logsumexp',
  inputs: ['self'],
  args: (self: Tensor, dim: Dims, { keepdim = false }: KeepdimOptions = {}) => {
    const input = toFloating('logsumexp', self);
    return [[input], over('logsumexp', input, dim, keepdim)];
  },
  infer: likeSelf,
  kernel: 'logsumexp',
  differentiable: true,
});

// ---- along a dimension ----

export interface DTypeOptions {
  /** Convert to this dtype first. */
  readonly dtype?: DType;
}

/** The sum of the elements up to and including each one. PyTorch: `torch.cumsum`. */
export const cumsum = defineOp({
  name: 'cumsum',
  inputs: ['self'],
  args: (self: Tensor, dim: number, { dtype }: DTypeOptions = {}) => {
    const input = toAccumulate('cumsum', self, dtype);
    return [[input], { dim: normalizeDim('cumsum', dim, input.ndim) }];
  },
  infer: likeInput,
  kernel: 'cumsum',
  differentiable: true,
});
export const cumsum_ = inplace(cumsum);
