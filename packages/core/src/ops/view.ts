/** Views: other shapes and strides over the same memory. Nothing is copied, and writing to a view writes to its base. */
import { formatShape, IndexError, ShapeError, StorageError, ValueError } from '../errors.js';
import { defineOp } from '../op.js';
import { checkShape, extentOf, inferShape, normalizeDim, normalizeDims, viewStrides } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { clone } from './clone.js';

type Shape = readonly number[];

const insertAt = (list: Shape, at: number, value: number): number[] => [...list.slice(0, at), value, ...list.slice(at)];
const removeAt = (list: Shape, at: number): number[] => list.filter((_, i) => i !== at);
const replaceAt = (list: Shape, at: number, value: number): number[] => list.map((x, i) => (i === at ? value : x));

function checkSizes(op: string, sizes: unknown): asserts sizes is Shape {
  if (!Array.isArray(sizes)) throw new TypeError(`${op}: expected an array such as [2, 3], got ${typeof sizes}`);
}

// ---- other shapes ----

/** Repeats dimensions of size 1 without copying; -1 keeps a size. PyTorch: `Tensor.expand`. */
export const expand = defineOp({
  name: 'expand',
  inputs: ['self'],
  args: (self: Tensor, shape: Shape) => {
    checkTensor('expand', 'self', self);
    checkSizes('expand', shape);
    return [[self], { size: shape }];
  },
  view: (self, { size }) => {
    const lead = size.length - self.ndim;
    if (lead < 0)
      throw new ShapeError(
        `expand: ${formatShape(self.shape)} cannot be expanded to the fewer dimensions of ${formatShape(size)}`,
      );
    const shape = size.map((n, i) => (n === -1 && i >= lead ? self.shape[i - lead] : n));
    checkShape('expand', shape);
    const strides = shape.map((n, i) => {
      if (i < lead) return 0;
      const from = self.shape[i - lead];
      if (from === n) return self.strides[i - lead];
      if (from !== 1)
        throw new ShapeError(
          `expand: ${formatShape(self.shape)} cannot be expanded to ${formatShape(size)}: size ${from} is neither 1 nor ${n} (dimension ${i})`,
        );
      return 0;
    });
    return { shape, strides, offset: self.offset };
  },
  differentiable: true,
});
/** `expand` under the name of `torch.broadcast_to`. */
export const broadcastTo = (self: Tensor, shape: Shape): Tensor => expand(self, shape);
/** Expanded to the shape of `other`. PyTorch: `Tensor.expand_as`. */
export const expandAs = (self: Tensor, other: Tensor): Tensor => expand(self, other.shape);

/**
 * The same elements in row-major order under another shape; one size may be -1. PyTorch: `Tensor.view`.
 *
 * @throws {ShapeError} If the memory layout does not allow it; `reshape` copies then.
 */
export const view = defineOp({
  name: 'view',
  inputs: ['self'],
  args: (self: Tensor, shape: Shape) => {
    checkTensor('view', 'self', self);
    checkSizes('view', shape);
    return [[self], { size: inferShape('view', shape, self.numel, self.shape) }];
  },
  view: (self, { size }) => {
    const strides = viewStrides(self.shape, self.strides, size);
    if (strides === null)
      throw new ShapeError(
        `view: a tensor of shape ${formatShape(self.shape)} and strides ${formatShape(self.strides)} cannot be seen as ${formatShape(size)} without a copy; use reshape`,
      );
    return { shape: size, strides, offset: self.offset };
  },
  differentiable: true,
});
/** Seen in the shape of `other`. PyTorch: `Tensor.view_as`. */
export const viewAs = (self: Tensor, other: Tensor): Tensor => view(self, other.shape);

/** The same elements under another shape: a view where the layout allows it, else a copy; one size may be -1. PyTorch: `torch.reshape`. */
export function reshape(self: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', 'self', self);
  checkSizes('reshape', shape);
  const size = inferShape('reshape', shape, self.numel, self.shape);
  return view(viewStrides(self.shape, self.strides, size) === null ? clone(self) : self, size);
}
/** In the shape of `other`. PyTorch: `Tensor.reshape_as`. */
export const reshapeAs = (self: Tensor, other: Tensor): Tensor => reshape(self, other.shape);

/** Joins the dimensions from `startDim` to `endDim` (inclusive) to one. A 0-d tensor becomes 1-d. PyTorch: `torch.flatten`. */
export function flatten(self: Tensor, startDim = 0, endDim = -1): Tensor {
  checkTensor('flatten', 'self', self);
  const start = normalizeDim('flatten', startDim, self.ndim);
  const end = normalizeDim('flatten', endDim, self.ndim);
  if (start > end) throw new ShapeError(`flatten: startDim ${startDim} comes after endDim ${endDim}`);
  if (self.ndim === 0) return reshape(self, [1]);
  if (start === end) return self;
  const joined = self.shape.slice(start, end + 1).reduce((a, b) => a * b, 1);
  return reshape(self, [...self.shape.slice(0, start), joined, ...self.shape.slice(end + 1)]);
}

/** Splits one dimension into several; one of the sizes may be -1. PyTorch: `torch.unflatten`. */
export function unflatten(self: Tensor, dim: number, sizes: Shape): Tensor {
  checkTensor('unflatten', 'self', self);
  checkSizes('unflatten', sizes);
  const d = normalizeDim('unflatten', dim, self.ndim);
  const split = inferShape('unflatten', sizes, self.shape[d], [self.shape[d]]);
  return view(self, [...self.shape.slice(0, d), ...split, ...self.shape.slice(d + 1)]);
}

/** Without the dimensions of size 1 among `dims`; an empty list means all. */
export const squeezeOp = defineOp({
  name: 'squeeze',
  inputs: ['self'],
  args: (self: Tensor, dims: Shape) => [[self], { dims }],
  view: (self, { dims }) => {
    const stays = (_: number, i: number) => self.shape[i] !== 1 || !dims.includes(i);
    return { shape: self.shape.filter(stays), strides: self.strides.filter(stays), offset: self.offset };
  },
  differentiable: true,
});
/** Removes dimensions of size 1: all of them, or those given (others stay as they are). PyTorch: `torch.squeeze`. */
export function squeeze(self: Tensor, dim?: number | Shape): Tensor {
  checkTensor('squeeze', 'self', self);
  return squeezeOp(self, typeof dim === 'object' && dim.length === 0 ? [] : normalizeDims('squeeze', dim, self.ndim));
}

/** Inserts a dimension of size 1 at `dim`, which lies in [-ndim - 1, ndim]. PyTorch: `torch.unsqueeze`. */
export const unsqueeze = defineOp({
  name: 'unsqueeze',
  inputs: ['self'],
  args: (self: Tensor, dim: number) => {
    checkTensor('unsqueeze', 'self', self);
    return [[self], { dim: normalizeDim('unsqueeze', dim, self.ndim + 1) }];
  },
  view: (self, { dim }) => ({
    shape: insertAt(self.shape, dim, 1),
    strides: insertAt(self.strides, dim, dim < self.ndim ? self.shape[dim] * self.strides[dim] : 1),
    offset: self.offset,
  }),
  differentiable: true,
});

// ---- other orders of the dimensions ----

/** Swaps two dimensions. PyTorch: `torch.transpose`. */
export const transpose = defineOp({
  name: 'transpose',
  inputs: ['self'],
  args: (self: Tensor, dim0: number, dim1: number) => {
    checkTensor('transpose', 'self', self);
    return [[self], { dim0: normalizeDim('transpose', dim0, self.ndim), dim1: normalizeDim('transpose', dim1, self.ndim) }];
  },
  view: (self, { dim0, dim1 }) => {
    const swap = (list: Shape) => list.map((x, i) => (i === dim0 ? list[dim1] : i === dim1 ? list[dim0] : x));
    return { shape: swap(self.shape), strides: swap(self.strides), offset: self.offset };
  },
  differentiable: true,
});
/** `transpose` under the name of `torch.swapaxes`. */
export const swapaxes = (self: Tensor, axis0: number, axis1: number): Tensor => transpose(self, axis0, axis1);

/** The transpose of a matrix; tensors with fewer dimensions stay as they are. PyTorch: `torch.t`. */
export function t(self: Tensor): Tensor {
  checkTensor('t', 'self', self);
  if (self.ndim > 2)
    throw new ShapeError(`t: expected at most 2 dimensions, got ${formatShape(self.shape)}; use transpose or mT`);
  return self.ndim < 2 ? self : transpose(self, 0, 1);
}

/** Dimension `i` of the result is dimension `dims[i]`. PyTorch: `torch.permute`. */
export const permute = defineOp({
  name: 'permute',
  inputs: ['self'],
  args: (self: Tensor, dims: Shape) => {
    checkTensor('permute', 'self', self);
    checkSizes('permute', dims);
    if (dims.length !== self.ndim)
      throw new ShapeError(
        `permute: ${formatShape(dims)} does not name each of the ${self.ndim} dimensions of ${formatShape(self.shape)}`,
      );
    return [[self], { dims: dims.length === 0 ? [] : normalizeDims('permute', dims, self.ndim) }];
  },
  view: (self, { dims }) => ({
    shape: dims.map((d) => self.shape[d]),
    strides: dims.map((d) => self.strides[d]),
    offset: self.offset,
  }),
  differentiable: true,
});

/** Moves dimensions to new places; the others keep their order. PyTorch: `torch.movedim`. */
export function movedim(self: Tensor, source: number | Shape, destination: number | Shape): Tensor {
  checkTensor('movedim', 'self', self);
  const from = typeof source === 'number' ? [source] : source;
  const to = typeof destination === 'number' ? [destination] : destination;
  if (from.length !== to.length) throw new ShapeError(`movedim: ${from.length} dimensions cannot move to ${to.length} places`);
  if (from.length === 0) return self;
  const sources = normalizeDims('movedim', from, self.ndim);
  const targets = normalizeDims('movedim', to, self.ndim);
  const others = self.shape.map((_, i) => i).filter((i) => !sources.includes(i));
  return permute(
    self,
    self.shape.map((_, i) => (targets.includes(i) ? sources[targets.indexOf(i)] : (others.shift() as number))),
  );
}

// ---- parts ----

/** The slice at one index of a dimension, which disappears. Negative indices count from the end. PyTorch: `torch.select`. */
export const select = defineOp({
  name: 'select',
  inputs: ['self'],
  args: (self: Tensor, dim: number, index: number) => {
    checkTensor('select', 'self', self);
    if (self.ndim === 0)
      throw new IndexError('select: a 0-d tensor has no dimension to select from; use item() to read its value');
    const d = normalizeDim('select', dim, self.ndim);
    const size = self.shape[d];
    if (!Number.isInteger(index) || index < -size || index >= size)
      throw new IndexError(`select: index ${index} is out of range for dimension ${d} with size ${size}`);
    return [[self], { dim: d, index: index < 0 ? index + size : index }];
  },
  view: (self, { dim, index }) => ({
    shape: removeAt(self.shape, dim),
    strides: removeAt(self.strides, dim),
    offset: self.offset + index * self.strides[dim],
  }),
  differentiable: true,
});

/**
 * Every `step`-th element of a dimension from `start` up to but not including `end`. Bounds may be negative (counted from the
 * end), absent, or past the end, as in Python. PyTorch: `tensor[start:end:step]`.
 */
export const slice = defineOp({
  name: 'slice',
  inputs: ['self'],
  args: (self: Tensor, dim: number, start?: number | null, end?: number | null, step: number = 1) => {
    checkTensor('slice', 'self', self);
    if (self.ndim === 0) throw new IndexError('slice: a 0-d tensor cannot be sliced');
    const d = normalizeDim('slice', dim, self.ndim);
    const size = self.shape[d];
    if (!Number.isInteger(step) || step < 1)
      throw new ValueError(`slice: the step must be a positive integer, got ${step}; use flip() to reverse a dimension`);
    const bound = (at: number) => {
      if (!Number.isInteger(at) && Math.abs(at) !== Number.POSITIVE_INFINITY)
        throw new TypeError(`slice: bounds must be integers, got ${at}`);
      return Math.min(Math.max(at < 0 ? at + size : at, 0), size);
    };
    const from = bound(start ?? 0);
    return [[self], { dim: d, start: from, end: Math.max(bound(end ?? size), from), step }];
  },
  view: (self, { dim, start, end, step }) => ({
    shape: replaceAt(self.shape, dim, Math.ceil((end - start) / step)),
    strides: replaceAt(self.strides, dim, self.strides[dim] * step),
    offset: self.offset + start * self.strides[dim],
  }),
  differentiable: true,
});

/** `length` elements of a dimension from `start` on; unlike a slice it must lie within. PyTorch: `torch.narrow`. */
export function narrow(self: Tensor, dim: number, start: number, length: number): Tensor {
  checkTensor('narrow', 'self', self);
  if (self.ndim === 0) throw new IndexError('narrow: a 0-d tensor cannot be narrowed');
  const size = self.shape[normalizeDim('narrow', dim, self.ndim)];
  const from = start < 0 ? start + size : start;
  if (!Number.isInteger(from) || from < 0 || from > size)
    throw new IndexError(`narrow: start ${start} is out of range for a dimension of size ${size}`);
  if (!Number.isInteger(length) || length < 0 || from + length > size)
    throw new IndexError(`narrow: start ${start} and length ${length} exceed the dimension's size ${size}`);
  return slice(self, dim, from, from + length);
}

// ---- other strides ----

/**
 * The elements (0, 0), (1, 1), … of two dimensions, as the last dimension of the result. `offset` above 0 means a diagonal above
 * the main one. PyTorch: `torch.diagonal`.
 */
export const diagonal = defineOp({
  name: 'diagonal',
  inputs: ['self'],
  args: (self: Tensor, offset: number = 0, dim1: number = 0, dim2: number = 1) => {
    checkTensor('diagonal', 'self', self);
    const a = normalizeDim('diagonal', dim1, self.ndim);
    const b = normalizeDim('diagonal', dim2, self.ndim);
    if (a === b) throw new ShapeError(`diagonal: the two dimensions must differ, both are ${a}`);
    return [[self], { offset, dim1: a, dim2: b }];
  },
  view: (self, { offset, dim1, dim2 }) => {
    const { shape, strides } = self;
    const length = Math.max(
      offset >= 0 ? Math.min(shape[dim1], shape[dim2] - offset) : Math.min(shape[dim1] + offset, shape[dim2]),
      0,
    );
    const others = (list: Shape) => list.filter((_, i) => i !== dim1 && i !== dim2);
    const skipped = length === 0 ? 0 : offset >= 0 ? offset * strides[dim2] : -offset * strides[dim1];
    return {
      shape: [...others(shape), length],
      strides: [...others(strides), strides[dim1] + strides[dim2]],
      offset: self.offset + skipped,
    };
  },
  differentiable: true,
});

/**
 * All windows of `size` elements along a dimension, `step` apart; the window is the last dimension of the result.
 * PyTorch: `Tensor.unfold`.
 */
export const unfold = defineOp({
  name: 'unfold',
  inputs: ['self'],
  args: (self: Tensor, dimension: number, size: number, step: number) => {
    checkTensor('unfold', 'self', self);
    const dim = normalizeDim('unfold', dimension, self.ndim);
    const length = self.ndim === 0 ? 1 : self.shape[dim];
    if (!Number.isInteger(size) || size < 0 || size > length)
      throw new ShapeError(`unfold: a window of ${size} does not fit into dimension ${dim} of ${formatShape(self.shape)}`);
    if (!Number.isInteger(step) || step < 1) throw new ValueError(`unfold: the step must be a positive integer, got ${step}`);
    return [[self], { dim, size, step }];
  },
  view: (self, { dim, size, step }) =>
    self.ndim === 0
      ? { shape: [size], strides: [1], offset: self.offset }
      : {
          shape: [...replaceAt(self.shape, dim, Math.floor((self.shape[dim] - size) / step) + 1), size],
          strides: [...replaceAt(self.strides, dim, self.strides[dim] * step), self.strides[dim]],
          offset: self.offset,
        },
  differentiable: true,
});

/**
 * Any layout over the storage, given in elements. Default offset: the tensor's own. PyTorch: `torch.as_strided`.
 *
 * @throws {StorageError} If the layout reaches past the storage.
 */
export const asStrided = defineOp({
  name: 'as_strided',
  inputs: ['self'],
  args: (self: Tensor, size: Shape, stride: Shape, storageOffset?: number) => {
    checkTensor('asStrided', 'self', self);
    checkShape('asStrided', size);
    if (stride.length !== size.length) throw new ShapeError(`asStrided: ${stride.length} strides for ${size.length} dimensions`);
    const offset = storageOffset ?? self.offset;
    if (![...stride, offset].every((n) => Number.isSafeInteger(n) && n >= 0))
      throw new ValueError(`asStrided: strides ${formatShape(stride)} and offset ${offset} must be non-negative integers`);
    const held = Math.floor(self.storage.byteLength / self.itemSize);
    const extent = extentOf(size, stride);
    const needed = extent === 0 ? 0 : offset + extent; // an empty view may lie anywhere
    if (needed > held)
      throw new StorageError(
        `asStrided: size ${formatShape(size)} with strides ${formatShape(stride)} from element ${offset} on needs ${needed} elements of the storage, which has ${held}`,
      );
    // the derivative has to know where the input itself lies
    return [[self], { size, stride, storageOffset: offset, selfStride: self.strides, selfOffset: self.offset }];
  },
  view: (_, { size, stride, storageOffset }) => ({ shape: size, strides: stride, offset: storageOffset }),
  differentiable: true,
});

/** Another tensor on the same elements. PyTorch: `aten::alias`. */
export const alias = defineOp({
  name: 'alias',
  inputs: ['self'],
  args: (self: Tensor) => {
    checkTensor('alias', 'self', self);
    return [[self], {}];
  },
  view: ({ shape, strides, offset }) => ({ shape, strides, offset }),
  differentiable: true,
});
