/**
 * Gathering and scattering. Index tensors hold integers; `number[]` is taken as int64. An index out of range is an
 * IndexError, and nothing has been written then.
 */
import { DTypeError, formatShape, IndexError, ShapeError } from '../errors.js';
import { defineOp, type Inputs, inplace, type Op, type TensorMeta } from '../op.js';
import { broadcastShapes, normalizeDim, sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { checkIndexShape, type Indices, toIndices } from './indices.js';
import { expand, flatten } from './view.js';

const likeSelf = ([self]: Inputs): TensorMeta => ({ shape: (self as Tensor).shape, dtype: (self as Tensor).info });

// ---- one dimension of whole slices ----

/** The slices of a dimension at the given indices, in their order. PyTorch: `torch.index_select`. */
export const indexSelect = defineOp({
  name: 'index_select',
  inputs: ['self', 'index'],
  args: (self: Tensor, dim: number, index: Indices) => {
    checkTensor('indexSelect', 'self', self);
    return [[self, toIndices('indexSelect', 'index', index, self)], { dim: normalizeDim('indexSelect', dim, self.ndim) }];
  },
  infer: ([self, index], { dim }) => {
    const { shape, info } = self as Tensor;
    const { ndim, numel } = index as Tensor;
    if (ndim > 1)
      throw new ShapeError(`indexSelect: the index must have one dimension, got ${formatShape((index as Tensor).shape)}`);
    return { shape: shape.map((size, d) => (d === dim ? numel : size)), dtype: info };
  },
  kernel: 'index_select',
  differentiable: true,
});

export interface IndexAddOptions {
  /** Factor for `source`. Default 1. */
  readonly alpha?: number;
}
/** `self` with `alpha` times the slices of `source` added to its slices at the given indices. PyTorch: `torch.index_add`. */
export const indexAdd = defineOp({
  name: 'index_add',
  inputs: ['self', 'index', 'source'],
  args: (self: Tensor, dim: number, index: Indices, source: Tensor, { alpha = 1 }: IndexAddOptions = {}) => {
    checkTensor('indexAdd', 'self', self);
    checkTensor('indexAdd', 'source', source);
    requireSameDtype('indexAdd', self, source, 'source');
    return [
      [self, toIndices('indexAdd', 'index', index, self), source],
      { dim: normalizeDim('indexAdd', dim, self.ndim), alpha },
    ];
  },
  infer: (inputs, { dim }) => {
    const [self, index, source] = inputs as readonly Tensor[];
    const expected = self.shape.map((size, d) => (d === dim ? index.numel : size));
    if (index.ndim > 1 || !sameShape(source.shape, expected))
      throw new ShapeError(
        `indexAdd: with ${index.numel} indices along dimension ${dim} of ${formatShape(self.shape)} the source must have shape ${formatShape(expected)}, got ${formatShape(source.shape)}`,
      );
    return likeSelf(inputs);
  },
  kernel: 'index_add_',
  updates: true,
  differentiable: true,
});
export const indexAdd_ = inplace(indexAdd);

function requireSameDtype(op: string, self: Tensor, other: Tensor, parameter: string): void {
  if (self.info !== other.info)
    throw new DTypeError(
      `${op}: ${parameter} must have the tensor's dtype ${self.dtype}, got ${other.dtype}; convert it with .to('${self.dtype}')`,
    );
}

// ---- one index per element ----

/** `result[i][j] = self[index[i][j]][j]` for `dim` 0, and so on. The result has the shape of `index`. PyTorch: `torch.gather`. */
export const gather = defineOp({
  name: 'gather',
  inputs: ['self', 'index'],
  args: (self: Tensor, dim: number, index: Indices) => {
    checkTensor('gather', 'self', self);
    return [[self, toIndices('gather', 'index', index, self)], { dim: normalizeDim('gather', dim, self.ndim) }];
  },
  infer: ([self, index], { dim }) => {
    checkIndexShape('gather', index as Tensor, self as Tensor, 'the input', dim);
    return { shape: (index as Tensor).shape, dtype: (self as Tensor).info };
  },
  kernel: 'gather',
  differentiable: true,
});

/** Gathers along `dim` with indices that broadcast against `self`; without `dim` from the flattened tensor. PyTorch: `torch.take_along_dim`. */
export function takeAlongDim(self: Tensor, indices: Indices, dim?: number | null): Tensor {
  checkTensor('takeAlongDim', 'self', self);
  const index = toIndices('takeAlongDim', 'indices', indices, self);
  if (dim === undefined || dim === null) return gather(flatten(self), 0, flatten(index));
  const d = normalizeDim('takeAlongDim', dim, self.ndim);
  if (index.ndim !== self.ndim)
    throw new ShapeError(
      `takeAlongDim: indices of shape ${formatShape(index.shape)} must have the ${self.ndim} dimensions of the input`,
    );
  const except = (shape: readonly number[], size: number) => shape.map((n, i) => (i === d ? size : n));
  const common = broadcastShapes('takeAlongDim', except(self.shape, 1), except(index.shape, 1));
  return gather(expand(self, except(common, self.shape[d])), d, expand(index, except(common, index.shape[d])));
}

type Scatter = Op<
  [self: Tensor, dim: number, index: Indices, src: Tensor],
  Tensor,
  'self' | 'index' | 'src',
  { readonly dim: number },
  true
>;

function scatterOp(op: string, name: string): Scatter {
  return defineOp({
    name,
    inputs: ['self', 'index', 'src'],
    args: (self: Tensor, dim: number, index: Indices, src: Tensor) => {
      checkTensor(op, 'self', self);
      checkTensor(op, 'src', src);
      requireSameDtype(op, self, src, 'src');
      return [[self, toIndices(op, 'index', index, self), src], { dim: normalizeDim(op, dim, self.ndim) }];
    },
    infer: (inputs, { dim }) => {
      const [self, index, src] = inputs as readonly Tensor[];
      checkIndexShape(op, index, self, 'the input', dim);
      if (index.ndim > 1 || src.ndim > 1 || index.numel > src.numel) checkIndexShape(op, index, src, 'src', null);
      return likeSelf(inputs);
    },
    kernel: `${name}_`,
    updates: true,
    differentiable: true,
  });
}
/** @internal */
export const scatterTensor: Scatter = scatterOp('scatter', 'scatter');
/** @internal */
export const scatterFill = defineOp({
  name: 'scatter_fill',
  inputs: ['self', 'index'],
  args: (self: Tensor, dim: number, index: Indices, value: number) => {
    checkTensor('scatter', 'self', self);
    return [[self, toIndices('scatter', 'index', index, self)], { dim: normalizeDim('scatter', dim, self.ndim), value }];
  },
  infer: (inputs, { dim }) => {
    checkIndexShape('scatter', inputs[1] as Tensor, inputs[0] as Tensor, 'the input', dim);
    return likeSelf(inputs);
  },
  kernel: 'scatter_fill_',
  updates: true,
  differentiable: true,
});
const scatterTensorInplace = inplace(scatterTensor);
const scatterFillInplace = inplace(scatterFill);

/** `self` with `self[index[i][j]][j] = src[i][j]` for `dim` 0, and so on; `src` may be a number. PyTorch: `torch.scatter`. */
export const scatter = (self: Tensor, dim: number, index: Indices, src: Tensor | number): Tensor =>
  typeof src === 'number' ? scatterFill(self, dim, index, src) : scatterTensor(self, dim, index, src);
export const scatter_ = (self: Tensor, dim: number, index: Indices, src: Tensor | number): Tensor =>
  typeof src === 'number' ? scatterFillInplace(self, dim, index, src) : scatterTensorInplace(self, dim, index, src);
/** `self` with `self[index[i][j]][j] += src[i][j]` for `dim` 0, and so on. PyTorch: `torch.scatter_add`. */
export const scatterAdd: Scatter = scatterOp('scatterAdd', 'scatter_add');
export const scatterAdd_ = inplace(scatterAdd);

// ---- several dimensions at once: what `index` and `indexPut_` end in ----

function indexedShape(op: string, self: Tensor, indices: Tensor): number[] {
  const [count, ...each] = indices.shape;
  if (count > self.ndim) throw new IndexError(`${op}: ${count} indices for a tensor with ${self.ndim} dimensions`);
  return [...each, ...self.shape.slice(count)];
}

/** @internal `self[indices[0], indices[1], …]`. `indices` has shape `(k, *I)` and indexes the first k dimensions. */
export const indexLeading = defineOp({
  name: 'index',
  inputs: ['self', 'indices'],
  args: (self: Tensor, indices: Tensor) => [[self, indices], {}],
  infer: ([self, indices]) => ({ shape: indexedShape('index', self as Tensor, indices as Tensor), dtype: (self as Tensor).info }),
  kernel: 'index',
  stacked: true,
  differentiable: true,
});

/** @internal `self` with `values` at `indices`, which are as for `indexLeading`; or with `values` added there. */
export const indexPutLeading = defineOp({
  name: 'index_put',
  inputs: ['self', 'values', 'indices'],
  args: (self: Tensor, values: Tensor, indices: Tensor, accumulate: boolean) => {
    const shape = indexedShape('indexPut_', self, indices);
    if (!sameShape(broadcastShapes('indexPut_', values.shape, shape), shape))
      throw new ShapeError(`indexPut_: values of shape ${formatShape(values.shape)} do not broadcast to ${formatShape(shape)}`);
    return [[self, expand(castTo(values, self.info), shape), indices], { accumulate }];
  },
  infer: likeSelf,
  kernel: 'index_put_',
  stacked: true,
  updates: true,
  differentiable: true,
});
/** @internal */
export const indexPutLeading_ = inplace(indexPutLeading);
