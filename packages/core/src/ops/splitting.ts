/** Views of parts, by their number or by where to cut. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { normalizeDim } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { slice } from './view.js';

/**
 * Views of `indicesOrSections` parts along a dimension, the first ones one longer if it does not divide the size; or of the parts
 * between the given indices. PyTorch: `torch.tensor_split`.
 */
export function tensorSplit(self: Tensor, indicesOrSections: number | readonly number[], dim = 0): Tensor[] {
  checkTensor('tensorSplit', 'self', self);
  if (self.ndim === 0) throw new ShapeError('tensorSplit: a 0-d tensor cannot be split');
  const along = normalizeDim('tensorSplit', dim, self.ndim);
  const size = self.shape[along];
  const cuts = typeof indicesOrSections === 'number' ? evenCuts(size, indicesOrSections) : indicesOrSections;
  return [...cuts, size].map((end, i) => slice(self, along, i === 0 ? 0 : cuts[i - 1], end));
}

function evenCuts(size: number, sections: number): number[] {
  if (!Number.isInteger(sections) || sections < 1)
    throw new ValueError(`tensorSplit: the number of sections must be a positive integer, got ${sections}`);
  const [least, longer] = [Math.floor(size / sections), size % sections];
  return Array.from({ length: sections - 1 }, (_, i) => (i + 1) * least + Math.min(i + 1, longer));
}

function splitAlong(op: string, self: Tensor, indicesOrSections: number | readonly number[], dim: number): Tensor[] {
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
export function hsplit(self: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
  requireDims('hsplit', self, 1);
  return splitAlong('hsplit', self, indicesOrSections, self.ndim === 1 ? 0 : 1);
}
/** `tensorSplit` along the first dimension; parts of equal size. PyTorch: `torch.vsplit`. */
export function vsplit(self: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
  requireDims('vsplit', self, 2);
  return splitAlong('vsplit', self, indicesOrSections, 0);
}
/** `tensorSplit` along the third dimension; parts of equal size. PyTorch: `torch.dsplit`. */
export function dsplit(self: Tensor, indicesOrSections: number | readonly number[]): Tensor[] {
  requireDims('dsplit', self, 3);
  return splitAlong('dsplit', self, indicesOrSections, 2);
}
