/** Largest and smallest elements and where they stand. `max` and `min` have three forms each. */
import { DTypeError, formatShape, ShapeError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import { INT64 } from '../promotion.js';
import { normalizeDim, reducedShape } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { maximum, minimum } from './elementwise.js';
import { amax, amin, type KeepdimOptions } from './reduction.js';

/** A pair that may be read by position or by name. */
export type ValuesAndIndices = [values: Tensor, indices: Tensor] & { readonly values: Tensor; readonly indices: Tensor };

type AlongDim = { readonly dim: number; readonly keepdim: boolean };
type Selecting = Op<[self: Tensor, dim: number, options?: KeepdimOptions], Tensor[], 'self', AlongDim, true>;
type Locating = Op<[self: Tensor, dim: number, options?: KeepdimOptions], Tensor, 'self', AlongDim, false>;

const shapeWithout = (self: Tensor, { dim, keepdim }: AlongDim) =>
  reducedShape(self.shape, self.ndim === 0 ? [] : [dim], keepdim);

function alongDim(op: string, self: Tensor, dim: number, { keepdim = false }: KeepdimOptions = {}): AlongDim {
  checkTensor(op, 'self', self);
  if (self.info.kind === 'complex')
    throw new DTypeError(`${op}: complex numbers have no order; use .abs() or take the real part first`);
  const at = normalizeDim(op, dim, self.ndim);
  if (self.shape[at] === 0)
    throw new ShapeError(
      `${op}: there is no largest or smallest of zero elements (dimension ${at} of ${formatShape(self.shape)})`,
    );
  return { dim: at, keepdim };
}

function selecting(name: string): Selecting {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor, dim: number, options?: KeepdimOptions) => [[self], alongDim(name, self, dim, options)],
    infer: ([self], attributes) => {
      const shape = shapeWithout(self as Tensor, attributes);
      return [
        { shape, dtype: (self as Tensor).info },
        { shape, dtype: INT64 },
      ];
    },
    kernel: name,
    differentiable: true,
  });
}

function locating(name: string): Locating {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor, dim: number, options?: KeepdimOptions) => [[self], alongDim(name, self, dim, options)],
    infer: ([self], attributes) => ({ shape: shapeWithout(self as Tensor, attributes), dtype: INT64 }),
    kernel: name,
    differentiable: false,
  });
}

/** @internal `max` along a dimension. */
export const maxDim = selecting('max_dim');
/** @internal `min` along a dimension. */
export const minDim = selecting('min_dim');
/** @internal `argmax` along a dimension. */
export const argmaxDim = locating('argmax');
/** @internal `argmin` along a dimension. */
export const argminDim = locating('argmin');

function running(name: string): Op<[self: Tensor, dim: number], Tensor[], 'self', { readonly dim: number }, true> {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor, dim: number) => {
      checkTensor(name, 'self', self);
      if (self.info.kind === 'complex')
        throw new DTypeError(`${name}: complex numbers have no order; use .abs() or take the real part first`);
      return [[self], { dim: normalizeDim(name, dim, self.ndim) }];
    },
    infer: ([self]) => {
      const { shape, info } = self as Tensor;
      return [
        { shape, dtype: info },
        { shape, dtype: INT64 },
      ];
    },
    kernel: name,
    differentiable: true,
  });
}
/** @internal */
export const cummaxDim = running('cummax');
/** @internal */
export const cumminDim = running('cummin');

/** The largest element up to each one along `dim`, and the index of the last such. NaN counts as largest. PyTorch: `torch.cummax`. */
export const cummax = (self: Tensor, dim: number): ValuesAndIndices => valuesAndIndices(cummaxDim(self, dim));
/** The smallest element up to each one along `dim`, and the index of the last such. NaN counts as smallest. PyTorch: `torch.cummin`. */
export const cummin = (self: Tensor, dim: number): ValuesAndIndices => valuesAndIndices(cumminDim(self, dim));

/** @internal Names the two parts of a pair. */
export function valuesAndIndices([values, indices]: readonly Tensor[]): ValuesAndIndices {
  return Object.assign([values, indices] as [Tensor, Tensor], { values, indices });
}

function overAll(op: Locating, self: Tensor, keepdim: boolean): Tensor {
  checkTensor(op.def.name, 'self', self);
  const index = op(self.reshape([-1]), 0);
  return keepdim ? index.reshape(self.shape.map(() => 1)) : index;
}

/**
 * The index of the (first) largest element along `dim`, or in the flattened tensor. NaN counts as largest. int64. PyTorch: `torch.argmax`.
 */
export function argmax(self: Tensor, dim: number | null = null, { keepdim = false }: KeepdimOptions = {}): Tensor {
  return dim === null ? overAll(argmaxDim, self, keepdim) : argmaxDim(self, dim, { keepdim });
}
/** The index of the (first) smallest element along `dim`, or in the flattened tensor. NaN counts as smallest. int64. PyTorch: `torch.argmin`. */
export function argmin(self: Tensor, dim: number | null = null, { keepdim = false }: KeepdimOptions = {}): Tensor {
  return dim === null ? overAll(argminDim, self, keepdim) : argminDim(self, dim, { keepdim });
}

/** The call shapes of `max` and `min` as methods. */
export interface ExtremumMethod {
  /** The extreme element of all. */
  (): Tensor;
  /** The extreme elements along `dim` and their (first) indices. */
  (dim: number, options?: KeepdimOptions): ValuesAndIndices;
  /** Element by element, of two tensors. */
  (other: Tensor): Tensor;
}
/** The call shapes of `max` and `min`. */
export interface ExtremumFunction {
  (self: Tensor): Tensor;
  (self: Tensor, dim: number, options?: KeepdimOptions): ValuesAndIndices;
  (self: Tensor, other: Tensor): Tensor;
}

const extremum = (overall: (self: Tensor) => Tensor, along: Selecting, pairwise: (self: Tensor, other: Tensor) => Tensor) =>
  ((self: Tensor, dim?: number | Tensor, options?: KeepdimOptions) => {
    if (dim === undefined) return overall(self);
    return isTensor(dim) ? pairwise(self, dim) : valuesAndIndices(along(self, dim, options));
  }) as ExtremumFunction;

/** The largest element; along a dimension the largest ones and their indices; with a tensor as `maximum`. PyTorch: `torch.max`. */
export const max: ExtremumFunction = extremum(amax, maxDim, maximum);
/** The smallest element; along a dimension the smallest ones and their indices; with a tensor as `minimum`. PyTorch: `torch.min`. */
export const min: ExtremumFunction = extremum(amin, minDim, minimum);
