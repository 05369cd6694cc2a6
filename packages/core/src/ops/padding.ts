/** Borders around a tensor. */
import { autocasting, inFloat32 } from '../autocast.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type TensorMeta } from '../op.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { full } from '../creation.js';
import { tensor } from '../from-data.js';
import { cat } from './joining.js';

/** Sizes before and after each dimension, from `padding`'s order: the last dimension's pair first. */
function perDim(op: string, { shape }: Tensor, padding: readonly number[]): { before: number; after: number }[] {
  if (padding.length % 2 !== 0 || padding.length > 2 * shape.length || !padding.every(Number.isInteger))
    throw new ValueError(
      `${op}: padding [${padding.join(', ')}] must be pairs of integers, the last dimension's first, for at most the ${shape.length} dimensions of ${formatShape(shape)}`,
    );
  return shape.map((_, dim) => {
    const at = 2 * (shape.length - 1 - dim);
    return { before: padding[at] ?? 0, after: padding[at + 1] ?? 0 };
  });
}

function paddedShape(op: string, self: Tensor, padding: readonly number[]): number[] {
  return perDim(op, self, padding).map(({ before, after }, dim) => {
    const size = self.shape[dim];
    if (size + Math.min(before, 0) + Math.min(after, 0) < 0)
      throw new ShapeError(`${op}: padding [${padding.join(', ')}] takes more than there is from ${formatShape(self.shape)}`);
    return size + before + after;
  });
}

/** @internal `pad` with one value; negative sizes crop. PyTorch: `torch.constant_pad_nd`. */
export const constantPad = defineOp({
  name: 'constant_pad_nd',
  inputs: ['self'],
  args: (self: Tensor, padding: readonly number[], value: number = 0) => {
    checkTensor('pad', 'self', self);
    return [[self], { padding, value }];
  },
  infer: ([self], { padding }): TensorMeta => ({
    shape: paddedShape('pad', self as Tensor, padding),
    dtype: (self as Tensor).info,
  }),
  decompose: ([input], { padding, value }): Tensor => {
    const self = input as Tensor;
    const result = full(paddedShape('pad', self, padding), value, { dtype: self.dtype, device: self.device });
    let [inside, kept] = [result, self];
    perDim('pad', self, padding).forEach(({ before, after }, dim) => {
      const size = self.shape[dim] + Math.min(before, 0) + Math.min(after, 0);
      inside = inside.narrow(dim, Math.max(before, 0), size);
      kept = kept.narrow(dim, Math.max(-before, 0), size);
    });
    inside.copy_(kept);
    return result;
  },
  differentiable: true,
});

export interface PadOptions {
  /** `'constant'` writes `value`; the others repeat the tensor's own elements. Default `'constant'`. */
  readonly mode?: 'constant' | 'reflect' | 'replicate' | 'circular';
  /** What is written in mode `'constant'`. Default 0. */
  readonly value?: number;
}

/**
 * Adds a border. PyTorch: `torch.nn.functional.pad`.
 *
 * @param padding - Sizes before and after, the last dimension's pair first; negative ones crop in mode `'constant'`.
 */
export function pad(self: Tensor, padding: readonly number[], { mode = 'constant', value = 0 }: PadOptions = {}): Tensor {
  if (mode === 'constant') return constantPad(self, padding, value);
  checkTensor('pad', 'self', self);
  // what PyTorch's autocast does, too, but for boxes that reflect
  if (autocasting() !== null && (mode === 'replicate' || (mode === 'reflect' && padding.length < 6)))
    return inFloat32([self], (wide) => pad(wide, padding, { mode }));
  const place = PLACES[mode];
  if (place === undefined)
    throw new ValueError(`pad: mode must be 'constant', 'reflect', 'replicate' or 'circular', got '${String(mode)}'`);
  let result = self;
  perDim('pad', self, padding).forEach(({ before, after }, dim) => {
    if (before === 0 && after === 0) return;
    const size = self.shape[dim];
    const most = mode === 'reflect' ? size - 1 : mode === 'circular' ? size : size === 0 ? 0 : Number.POSITIVE_INFINITY;
    if (before < 0 || after < 0 || before > most || after > most)
      throw new ValueError(
        `pad: mode '${mode}' needs sizes from 0 to ${most} for dimension ${dim} of ${formatShape(self.shape)}, got ${before} and ${after}`,
      );
    const inside = result;
    const border = (start: number, length: number): Tensor[] => {
      const from = Array.from({ length }, (_, i) => place(start + i, size));
      return length === 0 ? [] : [inside.indexSelect(dim, tensor(from, { dtype: 'int64', device: self.device }))];
    };
    result = cat([...border(-before, before), inside, ...border(size, after)], dim);
  });
  return result;
}

/** The element that stands at place `i` of a dimension of size `n`, where `i` may lie outside of it. */
const PLACES: { readonly [mode: string]: (i: number, n: number) => number } = {
  reflect: (i, n) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i),
  replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
  circular: (i, n) => (i + n) % n,
};
