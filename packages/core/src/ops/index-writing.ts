/** Writing through indices and masks. The plain forms write to a copy, those with `_` to the tensor itself. */
import { autocasting, inFloat32 } from '../autocast.js';
import { onesLike, zerosLike } from '../creation.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { inplace } from '../op.js';
import { type Scalar, scalarTensor } from '../promotion.js';
import { broadcastShapes, normalizeDim, sameShape } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { castTo, copy_ } from './copy.js';
import { requireSameDtype } from './dtype-checks.js';
import { div } from './elementwise.js';
import { indexPutLeading, indexPutLeading_, indexSelect, scatter, scatter_, scatterAdd, scatterAdd_ } from './indexing.js';
import { checkIndexShape, type Indices, toIndices } from './indices.js';
import { nonzero } from './masking.js';
import { type ScatterReduction, scatterReduceOp } from './scatter-reduction.js';
import { expand, flatten, narrow, reshape, t, unsqueeze } from './view.js';
import { checkMask, where } from './where.js';

// ---- whole slices along a dimension ----

/** Negative indices are counted from the end. */
const fromStart = (index: Tensor, size: number): Tensor => where(index.lt(0), index.add(size), index);

/** The index of slices, repeated over their elements. */
function overSlices(op: string, self: Tensor, dim: number, index: Indices, shape: readonly number[]): Tensor {
  const places = toIndices(op, 'index', index, self);
  if (places.ndim > 1) throw new ShapeError(`${op}: the index must have one dimension, got ${formatShape(places.shape)}`);
  if (self.ndim === 0) return places.reshape(shape);
  return fromStart(places, self.shape[dim])
    .reshape(shape.map((_, d) => (d === dim ? places.numel : 1)))
    .expand(shape);
}

function sliceArguments(
  op: string,
  self: Tensor,
  dim: number,
  index: Indices,
  source: Tensor,
): readonly [number, Tensor, Tensor] {
  checkTensor(op, 'self', self);
  checkTensor(op, 'source', source);
  requireSameDtype(op, ['self', 'source'], [self, source]);
  const along = normalizeDim(op, dim, self.ndim);
  const places = toIndices(op, 'index', index, self);
  const expected = self.shape.map((size, d) => (d === along ? places.numel : size));
  if (self.ndim === 0 ? source.numel !== places.numel : !sameShape(source.shape, expected))
    throw new ShapeError(
      `${op}: with ${places.numel} indices along dimension ${along} of ${formatShape(self.shape)} the source must have shape ${formatShape(expected)}, got ${formatShape(source.shape)}`,
    );
  return [along, overSlices(op, self, along, places, source.shape), source];
}

/** `self` with its slices at the given indices replaced by those of `source`. PyTorch: `torch.index_copy`. */
export function indexCopy(self: Tensor, dim: number, index: Indices, source: Tensor): Tensor {
  if (autocasting() !== null && self.dtype !== source.dtype)
    return inFloat32([self, source], (a, b) => indexCopy(a, dim, index, b));
  return scatter(self, ...sliceArguments('indexCopy', self, dim, index, source));
}
export function indexCopy_(self: Tensor, dim: number, index: Indices, source: Tensor): Tensor {
  return scatter_(self, ...sliceArguments('indexCopy', self, dim, index, source));
}

function fillArguments(self: Tensor, dim: number, index: Indices, value: Scalar | Tensor): readonly [number, Tensor, Tensor] {
  checkTensor('indexFill', 'self', self);
  const along = normalizeDim('indexFill', dim, self.ndim);
  const places = flatten(toIndices('indexFill', 'index', index, self));
  if (isTensor(value) && value.ndim > 0)
    throw new ShapeError(`indexFill: the value must be a number or a 0-d tensor, got shape ${formatShape(value.shape)}`);
  const shape = self.ndim === 0 ? places.shape : self.shape.map((size, d) => (d === along ? places.numel : size));
  const source = isTensor(value) ? castTo(value, self.info) : scalarTensor(value, self.info);
  return [along, overSlices('indexFill', self, along, places, shape), expand(source, shape)];
}

/** `self` with `value` in its slices at the given indices. PyTorch: `torch.index_fill`. */
export function indexFill(self: Tensor, dim: number, index: Indices, value: Scalar | Tensor): Tensor {
  return scatter(self, ...fillArguments(self, dim, index, value));
}
export function indexFill_(self: Tensor, dim: number, index: Indices, value: Scalar | Tensor): Tensor {
  return scatter_(self, ...fillArguments(self, dim, index, value));
}

// ---- reducing what meets at one place ----

export interface ScatterReduceOptions {
  /** Whether the element that stood at a place takes part. Default true. */
  readonly includeSelf?: boolean;
}

const scatterReduceOp_ = inplace(scatterReduceOp);

/** The dimension from 0, and the indices as a tensor, after all checks. */
function checkReduction(
  self: Tensor,
  dim: number,
  index: Indices,
  src: Tensor,
  reduce: ScatterReduction,
): [along: number, places: Tensor] {
  const op = 'scatterReduce';
  checkTensor(op, 'self', self);
  const along = normalizeDim(op, dim, self.ndim);
  const places = toIndices(op, 'index', index, self);
  checkTensor(op, 'src', src);
  requireSameDtype(op, ['self', 'src'], [self, src]);
  if (!['sum', 'prod', 'mean', 'amax', 'amin'].includes(reduce))
    throw new ValueError(`${op}: the reduction must be 'sum', 'prod', 'mean', 'amax' or 'amin', got '${String(reduce)}'`);
  checkIndexShape(op, places, self, 'the input', along);
  if (places.ndim > 1 || src.ndim > 1 || places.numel > src.numel) checkIndexShape(op, places, src, 'src', null);
  return [along, places];
}

/** The sums where `index` points; without `self` for its elements there. */
function sums(self: Tensor, dim: number, index: Tensor, src: Tensor, includeSelf: boolean): Tensor {
  return scatterAdd(includeSelf ? self : scatter(self, dim, index, 0), dim, index, src);
}

function means(self: Tensor, dim: number, index: Tensor, src: Tensor, includeSelf: boolean): Tensor {
  const counted = scatterAdd(includeSelf ? onesLike(self) : zerosLike(self), dim, index, onesLike(src));
  const total = sums(self, dim, index, src, includeSelf);
  return div(total, counted.clamp(1), self.info.kind === 'float' ? {} : { roundingMode: 'floor' });
}

/**
 * `self` with `self[index[i][j]][j]` reduced with all `src[i][j]` that go there, for `dim` 0, and so on. PyTorch: `torch.scatter_reduce`.
 *
 * @throws {IndexError} If an index is out of range.
 */
export function scatterReduce(
  self: Tensor,
  dim: number,
  index: Indices,
  src: Tensor,
  reduce: ScatterReduction,
  { includeSelf = true }: ScatterReduceOptions = {},
): Tensor {
  const [along, places] = checkReduction(self, dim, index, src, reduce);
  if (reduce === 'sum') return sums(self, along, places, src, includeSelf);
  if (reduce === 'mean') return means(self, along, places, src, includeSelf);
  return scatterReduceOp(self, along, places, src, reduce, includeSelf);
}
export function scatterReduce_(
  self: Tensor,
  dim: number,
  index: Indices,
  src: Tensor,
  reduce: ScatterReduction,
  { includeSelf = true }: ScatterReduceOptions = {},
): Tensor {
  const [along, places] = checkReduction(self, dim, index, src, reduce);
  if (reduce === 'mean') return copy_(self, means(self, along, places, src, includeSelf));
  if (reduce !== 'sum') return scatterReduceOp_(self, along, places, src, reduce, includeSelf);
  if (!includeSelf) scatter_(self, along, places, 0);
  return scatterAdd_(self, along, places, src);
}

/** `self` with its slices at the given indices reduced with those of `source`. PyTorch: `torch.index_reduce`. */
export function indexReduce(
  self: Tensor,
  dim: number,
  index: Indices,
  source: Tensor,
  reduce: ScatterReduction,
  options: ScatterReduceOptions = {},
): Tensor {
  return scatterReduce(self, ...sliceArguments('indexReduce', self, dim, index, source), reduce, options);
}
export function indexReduce_(
  self: Tensor,
  dim: number,
  index: Indices,
  source: Tensor,
  reduce: ScatterReduction,
  options: ScatterReduceOptions = {},
): Tensor {
  return scatterReduce_(self, ...sliceArguments('indexReduce', self, dim, index, source), reduce, options);
}

// ---- masks ----

/** Where the mask is true, `(ndim, n)`, and the first n elements of `source`. */
function maskedArguments(self: Tensor, mask: Tensor, source: Tensor): readonly [values: Tensor, places: Tensor] {
  checkTensor('maskedScatter', 'source', source);
  requireSameDtype('maskedScatter', ['self', 'source'], [self, source]);
  const places = t(nonzero(expand(mask, self.shape)));
  const count = places.shape[1];
  if (source.numel < count)
    throw new ShapeError(`maskedScatter: the mask is true ${count} times, but the source has only ${source.numel} elements`);
  return [narrow(flatten(source), 0, 0, count), places];
}

/** `self` with the elements of `source`, in their order, where the bool `mask` is true; both broadcast. PyTorch: `torch.masked_scatter`. */
export function maskedScatter(self: Tensor, mask: Tensor, source: Tensor): Tensor {
  checkTensor('maskedScatter', 'self', self);
  checkMask('maskedScatter', 'mask', mask);
  const target = expand(self, broadcastShapes('maskedScatter', self.shape, mask.shape));
  if (target.ndim === 0) return reshape(maskedScatter(unsqueeze(target, 0), mask, source), []);
  return indexPutLeading(target, ...maskedArguments(target, mask, source), false);
}
export function maskedScatter_(self: Tensor, mask: Tensor, source: Tensor): Tensor {
  checkTensor('maskedScatter', 'self', self);
  checkMask('maskedScatter', 'mask', mask);
  if (self.ndim === 0) return copy_(self, maskedScatter(self, mask, source));
  return indexPutLeading_(self, ...maskedArguments(self, mask, source), false);
}

// ---- the flattened tensor ----

/** The elements at the given places of the flattened tensor, in the shape of `index`; negative ones count from the end. PyTorch: `torch.take`. */
export function take(self: Tensor, index: Indices): Tensor {
  checkTensor('take', 'self', self);
  const places = toIndices('take', 'index', index, self);
  return reshape(indexSelect(flatten(self), 0, fromStart(flatten(places), self.numel)), places.shape);
}

/** `self` with `source` (as many elements as `index`) at the given places of the flattened tensor, or added there. PyTorch: `torch.put`. */
export function put(self: Tensor, index: Indices, source: Tensor, accumulate = false): Tensor {
  checkTensor('put', 'self', self);
  checkTensor('put', 'source', source);
  requireSameDtype('put', ['self', 'source'], [self, source]);
  const places = toIndices('put', 'index', index, self);
  if (places.numel !== source.numel)
    throw new ShapeError(`put: ${places.numel} indices for a source of ${source.numel} elements`);
  return reshape(indexPutLeading(flatten(self), flatten(source), unsqueeze(flatten(places), 0), accumulate), self.shape);
}
export function put_(self: Tensor, index: Indices, source: Tensor, accumulate = false): Tensor {
  return copy_(self, put(self, index, source, accumulate));
}
