/** Cutting, padding and mirroring. All take and give images `(*, H, W)`. */
import { formatShape, ShapeError, type Tensor, ValueError } from '@flambeau/core';
import { checkImage, fillValues, fromPlanes, newPixels, readPlanes } from '../planes.js';

/** Mirrors left and right. PyTorch: `torchvision.transforms.functional.hflip`. */
export function hflip(image: Tensor): Tensor {
  const { data, lead, height, width } = readPlanes('hflip', image);
  for (let at = 0; at < data.length; at += width) data.subarray(at, at + width).reverse();
  return fromPlanes(data, lead, height, width);
}

/** Mirrors top and bottom. PyTorch: `torchvision.transforms.functional.vflip`. */
export function vflip(image: Tensor): Tensor {
  const { data, lead, count, height, width } = readPlanes('vflip', image);
  const out = newPixels(data, data.length);
  for (let p = 0; p < count; p++)
    for (let y = 0; y < height; y++) {
      const from = (p * height + y) * width;
      out.set(data.subarray(from, from + width), (p * height + height - 1 - y) * width);
    }
  return fromPlanes(out, lead, height, width);
}

export type PaddingMode = 'constant' | 'edge' | 'reflect' | 'symmetric';
/** Pixels on all sides; [left and right, top and bottom]; or [left, top, right, bottom]. */
export type Padding = number | readonly [number, number] | readonly [number, number, number, number];

export interface PadOptions {
  /** The colour of `constant` padding: a number, or one per channel. Default 0. */
  readonly fill?: number | readonly number[];
  /** `edge` repeats the last row, `reflect` mirrors without it, `symmetric` mirrors with it. Default 'constant'. */
  readonly paddingMode?: PaddingMode;
}

/**
 * Adds pixels around an image.
 *
 * @throws {ValueError} If a padding is negative, or `reflect` or `symmetric` padding is wider than the image can give.
 * @see PyTorch: `torchvision.transforms.functional.pad`.
 */
export function pad(image: Tensor, padding: Padding, { fill = 0, paddingMode = 'constant' }: PadOptions = {}): Tensor {
  const [left, top, right, bottom] = expandPadding(padding);
  const planes = readPlanes('pad', image);
  const { data, lead, count, height, width } = planes;
  const values = fillValues('pad', fill, planes);
  const rows = sourceIndices(height, top, bottom, paddingMode);
  const columns = sourceIndices(width, left, right, paddingMode);
  const out = newPixels(data, count * rows.length * columns.length);
  let at = 0;
  for (let p = 0; p < count; p++)
    for (const y of rows) {
      if (y < 0) out.fill(values[p], at, at + columns.length);
      else {
        const row = (p * height + y) * width;
        for (let x = 0; x < columns.length; x++) out[at + x] = columns[x] < 0 ? values[p] : data[row + columns[x]];
      }
      at += columns.length;
    }
  return fromPlanes(out, lead, rows.length, columns.length);
}

export function expandPadding(padding: Padding): readonly [number, number, number, number] {
  const p = typeof padding === 'number' ? [padding] : padding;
  if (![1, 2, 4].includes(p.length) || p.some((n) => !Number.isInteger(n) || n < 0))
    throw new ValueError(`pad: padding must be 1, 2 or 4 non-negative integers, got [${p.join(', ')}]`);
  if (p.length === 4) return p as readonly [number, number, number, number];
  const [x, y = x] = p;
  return [x, y, x, y];
}

/** Which row (or column) of the image stands at each place of the padded one; -1 for none. */
function sourceIndices(size: number, before: number, after: number, mode: PaddingMode): Int32Array {
  const most = mode === 'reflect' ? size - 1 : size;
  if ((mode === 'reflect' || mode === 'symmetric') && Math.max(before, after) > most)
    throw new ValueError(
      `pad: ${mode} padding of ${Math.max(before, after)} pixels is more than the ${most} that ${size} pixels can give`,
    );
  if (mode === 'edge' && size === 0) throw new ValueError('pad: an empty image has no edge');
  return Int32Array.from({ length: before + size + after }, (_, i) => {
    const at = i - before;
    if (at >= 0 && at < size) return at;
    if (mode === 'constant') return -1;
    if (mode === 'edge') return at < 0 ? 0 : size - 1;
    const edge = mode === 'reflect' ? 0 : 1;
    return at < 0 ? -at - edge : 2 * size - 2 - at + edge;
  });
}

/**
 * The rectangle of `height` × `width` pixels whose upper left corner stands at (`top`, `left`): a view of the image where it lies
 * within, else a copy with zeros around. PyTorch: `torchvision.transforms.functional.crop`.
 */
export function crop(image: Tensor, top: number, left: number, height: number, width: number): Tensor {
  checkImage('crop', image);
  if (![top, left, height, width].every(Number.isInteger) || height < 0 || width < 0)
    throw new ValueError(`crop: expected integers, got top ${top}, left ${left}, height ${height}, width ${width}`);
  const [h, w] = image.shape.slice(-2);
  const padding = [Math.max(-left, 0), Math.max(-top, 0), Math.max(left + width - w, 0), Math.max(top + height - h, 0)] as const;
  const inner = padding.some((n) => n > 0) ? pad(image, padding) : image;
  return inner.narrow(-2, Math.max(top, 0), height).narrow(-1, Math.max(left, 0), width);
}

/** A size in pixels: [height, width], or one number for both. */
export type Size = number | readonly [height: number, width: number];

export function expandSize(op: string, size: Size): readonly [number, number] {
  const [height, width = height] = typeof size === 'number' ? [size] : size;
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < 1 || width < 1)
    throw new ValueError(`${op}: size must be positive integers, got ${formatShape(typeof size === 'number' ? [size] : size)}`);
  return [height, width];
}

/** The middle of an image; smaller images are padded with zeros. PyTorch: `torchvision.transforms.functional.center_crop`. */
export function centerCrop(image: Tensor, size: Size): Tensor {
  checkImage('centerCrop', image);
  const [height, width] = expandSize('centerCrop', size);
  const [h, w] = image.shape.slice(-2);
  if (h < height || w < width) {
    const [x, y] = [Math.max(width - w, 0), Math.max(height - h, 0)];
    return centerCrop(pad(image, [x >> 1, y >> 1, (x + 1) >> 1, (y + 1) >> 1]), size);
  }
  return crop(image, roundHalfEven((h - height) / 2), roundHalfEven((w - width) / 2), height, width);
}

/** Python's round, by which PyTorch finds the middle. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Throws unless the image's height and width are at least those of `size`. */
export function checkAtLeast(op: string, image: Tensor, [height, width]: readonly [number, number]): void {
  const [h, w] = image.shape.slice(-2);
  if (h < height || w < width)
    throw new ShapeError(
      `${op}: an image of ${h} x ${w} pixels is smaller than the crop of ${height} x ${width}; pad or resize it first`,
    );
}
