/** The operators behind sorting and order statistics. Of equal elements the first one counts; NaN is the greatest. */
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import { INT64 } from '../promotion.js';
import { normalizeDim, reducedShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import type { KeepdimOptions } from './reduction.js';

/** Throws unless the elements have an order. */
function requireOrder(op: string, self: Tensor): void {
  checkTensor(op, 'self', self);
  if (self.info.kind === 'complex')
    throw new DTypeError(`${op}: complex numbers have no order; use .abs() or take the real part first`);
}

/** The size of a dimension; 1 for a 0-d tensor. */
const sizeAt = (self: Tensor, dim: number): number => (self.ndim === 0 ? 1 : self.shape[dim]);

/** Values in the input's dtype and their indices, both of the same shape. */
const pair = (self: Tensor, shape: readonly number[]) => [
  { shape, dtype: self.info },
  { shape, dtype: INT64 },
];

const withoutDim = (self: Tensor, dim: number, keepdim: boolean): number[] =>
  reducedShape(self.shape, self.ndim === 0 ? [] : [dim], keepdim);

/** Sorted values along a dimension, and where they stood. Stable. */
export const sortDim = defineOp({
  name: 'sort',
  inputs: ['self'],
  args: (self: Tensor, dim: number, descending: boolean) => {
    requireOrder('sort', self);
    return [[self], { dim: normalizeDim('sort', dim, self.ndim), descending }];
  },
  infer: ([self]) => pair(self as Tensor, (self as Tensor).shape),
  kernel: 'sort',
  differentiable: true,
}) as Op<[self: Tensor, dim: number, descending: boolean], Tensor[], 'self', { dim: number; descending: boolean }, true>;

type TopK = { readonly k: number; readonly dim: number; readonly largest: boolean; readonly sorted: boolean };
/** The k largest or smallest values along a dimension, and where they stood. */
export const topkDim = defineOp({
  name: 'topk',
  inputs: ['self'],
  args: (self: Tensor, k: number, dim: number, largest: boolean, sorted: boolean) => {
    requireOrder('topk', self);
    const at = normalizeDim('topk', dim, self.ndim);
    if (!Number.isInteger(k) || k < 0 || k > sizeAt(self, at))
      throw new ValueError(
        `topk: k = ${k} is not in [0, ${sizeAt(self, at)}], the size of dimension ${at} of ${formatShape(self.shape)}`,
      );
    return [[self], { k, dim: at, largest, sorted }];
  },
  infer: ([self], { k, dim }) =>
    pair(
      self as Tensor,
      (self as Tensor).shape.map((n, d) => (d === dim ? k : n)),
    ),
  kernel: 'topk',
  differentiable: true,
}) as Op<[self: Tensor, k: number, dim: number, largest: boolean, sorted: boolean], Tensor[], 'self', TopK, true>;

/** What `kthvalue`'s kernel chooses. */
const RANK = 0;
const MEDIAN = 1;
const NAN_MEDIAN = 2;

type Kth = { readonly k: number; readonly dim: number; readonly choice: number; readonly keepdim: boolean };
type KthOp<P extends readonly unknown[]> = Op<P, Tensor[], 'self', Kth, true>;

function requireElements(op: string, self: Tensor, dim: number): void {
  if (sizeAt(self, dim) === 0)
    throw new ShapeError(`${op}: there is none of zero elements (dimension ${dim} of ${formatShape(self.shape)})`);
}

/** The k-th smallest value (k from 1) along a dimension, and where it stands. */
export const kthvalueDim: KthOp<[self: Tensor, k: number, dim: number, options?: KeepdimOptions]> = defineOp({
  name: 'kthvalue',
  inputs: ['self'],
  args: (self: Tensor, k: number, dim: number, { keepdim = false }: KeepdimOptions = {}) => {
    requireOrder('kthvalue', self);
    const at = normalizeDim('kthvalue', dim, self.ndim);
    requireElements('kthvalue', self, at);
    if (!Number.isInteger(k) || k < 1 || k > sizeAt(self, at))
      throw new ValueError(
        `kthvalue: k = ${k} is not in [1, ${sizeAt(self, at)}], the size of dimension ${at} of ${formatShape(self.shape)}`,
      );
    return [[self], { k: k - 1, dim: at, choice: RANK, keepdim }];
  },
  infer: ([self], { dim, keepdim }) => pair(self as Tensor, withoutDim(self as Tensor, dim, keepdim)),
  kernel: 'kthvalue',
  differentiable: true,
});

function middle(name: string, choice: number): KthOp<[self: Tensor, dim: number, options?: KeepdimOptions]> {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor, dim: number, { keepdim = false }: KeepdimOptions = {}) => {
      requireOrder(name, self);
      const at = normalizeDim(name, dim, self.ndim);
      requireElements(name, self, at);
      return [[self], { k: 0, dim: at, choice, keepdim }];
    },
    infer: ([self], { dim, keepdim }) => pair(self as Tensor, withoutDim(self as Tensor, dim, keepdim)),
    kernel: 'kthvalue',
    differentiable: true,
  });
}
/** `median` along a dimension. */
export const medianDim = middle('median', MEDIAN);
/** `nanmedian` along a dimension. */
export const nanmedianDim = middle('nanmedian', NAN_MEDIAN);

function middleOfAll(
  name: string,
  along: (self: Tensor, dim: number) => Tensor[],
): Op<[self: Tensor], Tensor, 'self', Record<never, never>, true> {
  return defineOp({
    name,
    inputs: ['self'],
    args: (self: Tensor) => {
      requireOrder(name, self);
      requireElements(name, self.reshape([self.numel]), 0);
      return [[self], {}];
    },
    infer: ([self]) => ({ shape: [], dtype: (self as Tensor).info }),
    decompose: ([self]): Tensor => along((self as Tensor).reshape([-1]), 0)[0],
    differentiable: true,
  });
}
/** The median of all elements; equal ones share the gradient. */
export const medianAll = middleOfAll('median_all', medianDim);
/** The median of all elements but NaN; equal ones share the gradient. */
export const nanmedianAll = middleOfAll('nanmedian_all', nanmedianDim);

type AlongDim = { readonly dim: number; readonly keepdim: boolean };
/** The most frequent value along a dimension (of several the smallest), and where it stands last. */
export const modeDim = defineOp({
  name: 'mode',
  inputs: ['self'],
  args: (self: Tensor, dim: number, { keepdim = false }: KeepdimOptions = {}) => {
    requireOrder('mode', self);
    const at = normalizeDim('mode', dim, self.ndim);
    requireElements('mode', self, at);
    return [[self], { dim: at, keepdim }];
  },
  infer: ([self], { dim, keepdim }) => pair(self as Tensor, withoutDim(self as Tensor, dim, keepdim)),
  kernel: 'mode',
  differentiable: true,
}) as Op<[self: Tensor, dim: number, options?: KeepdimOptions], Tensor[], 'self', AlongDim, true>;

/** The lexicographic order of the rows of a matrix `(n, m)`: int64 `(n)`. */
export const sortRows = defineOp({
  name: 'sort_rows',
  inputs: ['self'],
  args: (self: Tensor) => {
    requireOrder('sort_rows', self);
    return [[self], {}];
  },
  infer: ([self]) => ({ shape: [(self as Tensor).shape[0]], dtype: INT64 }),
  kernel: 'sort_rows',
  differentiable: false,
});
