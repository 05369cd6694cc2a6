/** The orders in which the elements of images and volumes lie in memory, whatever the order of the dimensions. */
import { formatShape, ShapeError, ValueError } from './errors.js';
import type { Shape } from './shape.js';

/**
 * `'contiguous_format'` is row-major; `'channels_last'` is `(N, H, W, C)` in memory for `(N, C, H, W)`, `'channels_last_3d'` the same
 * for `(N, C, D, H, W)`; `'preserve_format'` asks for nothing. PyTorch: `torch.memory_format`.
 */
export type MemoryFormat = 'contiguous_format' | 'preserve_format' | 'channels_last' | 'channels_last_3d';

/** Dimensions from the outermost in memory to the innermost. */
const ORDERS: Readonly<Record<string, Shape>> = { channels_last: [0, 2, 3, 1], channels_last_3d: [0, 2, 3, 4, 1] };

/** @internal The dimensions from the outermost in memory to the innermost. Throws if the format is not for such a shape. */
export function memoryOrder(op: string, { shape }: { readonly shape: Shape }, format: MemoryFormat): Shape {
  if (format === 'contiguous_format') return shape.map((_, dim) => dim);
  const order = Object.hasOwn(ORDERS, format) ? ORDERS[format] : undefined;
  if (order === undefined)
    throw new ValueError(
      `${op}: the memory format must be 'contiguous_format', 'channels_last' or 'channels_last_3d', got '${String(format)}'`,
    );
  if (shape.length !== order.length)
    throw new ShapeError(`${op}: the memory format ${format} is for ${order.length} dimensions, got ${formatShape(shape)}`);
  return order;
}

/** @internal Whether the elements lie in that order without gaps; a format for other shapes is never met. */
export function liesInOrder(shape: Shape, strides: Shape, format: MemoryFormat): boolean {
  const order = ORDERS[format];
  if (order === undefined || order.length !== shape.length) return false;
  let step = 1;
  for (const dim of order.toReversed()) {
    if (shape[dim] !== 1 && strides[dim] !== step) return false;
    step *= shape[dim];
  }
  return true;
}
