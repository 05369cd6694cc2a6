/** Views of all parts of a tensor, by their number, their sizes or by where to cut. Their gradients meet in one operation. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp } from '../op.js';
import { normalizeDim, type Shape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { select, slice } from './view.js';

/** Where each part begins. */
function startsOf(sizes: Shape): number[] {
  let end = 0;
  return sizes.map((size) => (end += size) - size);
}

/** Views of `size` elements each along a dimension (the last may be smaller), or of the given sizes. PyTorch: `torch.split`. */
export const split = defineOp({
  name: 'split',
  inputs: ['self'],
  args: (self: Tensor, size: number | Shape, dim: number = 0) => {
    checkTensor('split', 'self', self);
    if (self.ndim === 0) throw new ShapeError('split: a 0-d tensor cannot be split');
    const d = normalizeDim('split', dim, self.ndim);
    return [[self], { sizes: typeof size === 'number' ? evenSizes(self.shape[d], size) : checkSizes(self, size, d), dim: d }];
  },
  view: ({ shape, strides, offset }, { sizes, dim }) => {
    const starts = startsOf(sizes);
    return sizes.map((size, i) => ({
      shape: shape.map((n, d) => (d === dim ? size : n)),
      strides,
      offset: offset + starts[i] * strides[dim],
    }));
  },
  decompose: ([self], { sizes, dim }): Tensor[] => {
    const starts = startsOf(sizes);
    return sizes.map((size, i) => slice(self as Tensor, dim, starts[i], starts[i] + size));
  },
  differentiable: true,
});

function checkSizes(self: Tensor, sizes: Shape, dim: number): Shape {
  if (!sizes.every((size) => Number.isInteger(size) && size >= 0))
    throw new ValueError(`split: the sizes must be integers of at least 0, got ${formatShape(sizes)}`);
  const total = self.shape[dim];
  if (sizes.reduce((a, b) => a + b, 0) !== total)
    throw new ShapeError(
      `split: the sizes ${formatShape(sizes)} do not add up to ${total}, the size of dimension ${dim} of ${formatShape(self.shape)}`,
    );
  return sizes;
}

function evenSizes(total: number, size: number): number[] {
  if (!Number.isInteger(size) || size < 0 || (size === 0 && total > 0))
    throw new ValueError(`split: the size must be a positive integer, got ${size}`);
  const count = size === 0 ? 1 : Math.max(Math.ceil(total / size), 1);
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? size : total - size * (count - 1)));
}

/** At most `chunks` views of equal size along a dimension (the last may be smaller). PyTorch: `torch.chunk`. */
export function chunk(self: Tensor, chunks: number, dim = 0): Tensor[] {
  checkTensor('chunk', 'self', self);
  if (!Number.isInteger(chunks) || chunks < 1)
    throw new ValueError(`chunk: the number of chunks must be a positive integer, got ${chunks}`);
  if (self.ndim === 0) throw new ShapeError('chunk: a 0-d tensor cannot be split');
  const size = self.shape[normalizeDim('chunk', dim, self.ndim)];
  return split(self, size === 0 ? new Array<number>(chunks).fill(0) : Math.ceil(size / chunks), dim);
}

/** The slices along a dimension, without it. PyTorch: `torch.unbind`. */
export const unbind = defineOp({
  name: 'unbind',
  inputs: ['self'],
  args: (self: Tensor, dim: number = 0) => {
    checkTensor('unbind', 'self', self);
    if (self.ndim === 0) throw new ShapeError('unbind: a 0-d tensor cannot be taken apart');
    return [[self], { dim: normalizeDim('unbind', dim, self.ndim) }];
  },
  view: (self, { dim }) => {
    const without = (list: Shape) => list.filter((_, d) => d !== dim);
    const [shape, strides] = [without(self.shape), without(self.strides)];
    return Array.from({ length: self.shape[dim] }, (_, i) => ({ shape, strides, offset: self.offset + i * self.strides[dim] }));
  },
  decompose: ([self], { dim }): Tensor[] => {
    const t = self as Tensor;
    return Array.from({ length: t.shape[dim] }, (_, i) => select(t, dim, i));
  },
  differentiable: true,
});

/**
 * Views of `indicesOrSections` parts along a dimension, the first ones one longer if it does not divide the size; or of the parts
 * between the given indices. PyTorch: `torch.tensor_split`.
 */
export function tensorSplit(self: Tensor, indicesOrSections: number | Shape, dim = 0): Tensor[] {
  checkTensor('tensorSplit', 'self', self);
  if (self.ndim === 0) throw new ShapeError('tensorSplit: a 0-d tensor cannot be split');
  const along = normalizeDim('tensorSplit', dim, self.ndim);
  const size = self.shape[along];
  if (typeof indicesOrSections === 'number') return split(self, sectionSizes(size, indicesOrSections), along);
  // parts between indices may overlap, or leave something out
  return [...indicesOrSections, size].map((end, i) => slice(self, along, i === 0 ? 0 : indicesOrSections[i - 1], end));
}

function sectionSizes(size: number, sections: number): number[] {
  if (!Number.isInteger(sections) || sections < 1)
    throw new ValueError(`tensorSplit: the number of sections must be a positive integer, got ${sections}`);
  const [least, longer] = [Math.floor(size / sections), size % sections];
  return Array.from({ length: sections }, (_, i) => (i < longer ? least + 1 : least));
}

function splitAlong(op: string, self: Tensor, indicesOrSections: number | Shape, dim: number): Tensor[] {
  if (typeof indicesOrSections === 'number' && self.shape[dim] % indicesOrSections !== 0)
    throw new ShapeError(
      `${op}: dimension ${dim} of ${formatShape(self.shape)} cannot be split into ${indicesOrSections} equal parts`,
    );
  return tensorSplit(self, indicesOrSections, dim);
}

function requireDims(op: string, self: Tensor, least: number): void {
  checkTensor(op, 'self', self);
  if (self.ndim < least)
    throw new ShapeError(`${op}: expected at least ${least} dimension${least > 1 ? 's' : ''}, got ${formatShape(self.shape)}`);
}

/** `tensorSplit` along the second dimension, of vectors along their only one; parts of equal size. PyTorch: `torch.hsplit`. */
export function hsplit(self: Tensor, indicesOrSections: number | Shape): Tensor[] {
  requireDims('hsplit', self, 1);
  return splitAlong('hsplit', self, indicesOrSections, self.ndim === 1 ? 0 : 1);
}
/** `tensorSplit` along the first dimension; parts of equal size. PyTorch: `torch.vsplit`. */
export function vsplit(self: Tensor, indicesOrSections: number | Shape): Tensor[] {
  requireDims('vsplit', self, 2);
  return splitAlong('vsplit', self, indicesOrSections, 0);
}
/** `tensorSplit` along the third dimension; parts of equal size. PyTorch: `torch.dsplit`. */
export function dsplit(self: Tensor, indicesOrSections: number | Shape): Tensor[] {
  requireDims('dsplit', self, 3);
  return splitAlong('dsplit', self, indicesOrSections, 2);
}
