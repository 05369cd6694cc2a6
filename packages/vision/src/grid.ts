/** Many images as one. */
import { formatShape, fromTypedArray, isTensor, ShapeError, stack, type Tensor, ValueError } from '@flambeau/core';
import { writeImage } from './image-io.js';
import { newPixels, type Pixels, readPlanes } from './planes.js';

export interface MakeGridOptions {
  /** Images per row. Default 8. */
  readonly nrow?: number;
  /** Pixels between and around the images. Default 2. */
  readonly padding?: number;
  /** Stretch the values of floating images to [0, 1]. Default false. */
  readonly normalize?: boolean;
  /** The values that become 0 and 1 with `normalize`. Default: the least and greatest of all images. */
  readonly valueRange?: readonly [number, number];
  /** Stretch each image by itself. Default false. */
  readonly scaleEach?: boolean;
  /** The colour of the padding. Default 0. */
  readonly padValue?: number;
}

/**
 * Lays images out in rows. Grey images get three channels.
 *
 * @param images - `(B, C, H, W)`, `(C, H, W)`, `(H, W)`, or a list of `(C, H, W)` of one shape.
 * @returns Shape `(3 or C, rows · (H + padding) + padding, columns · (W + padding) + padding)`.
 * @see PyTorch: `torchvision.utils.make_grid`.
 */
export function makeGrid(images: Tensor | readonly Tensor[], options: MakeGridOptions = {}): Tensor {
  const { nrow = 8, padding = 2, normalize = false, valueRange, scaleEach = false, padValue = 0 } = options;
  if (!Number.isInteger(nrow) || nrow < 1) throw new ValueError(`makeGrid: nrow must be a positive integer, got ${nrow}`);
  if (!Number.isInteger(padding) || padding < 0)
    throw new ValueError(`makeGrid: padding must be a non-negative integer, got ${padding}`);
  let batch = isTensor(images) ? images : stack(images);
  if (batch.ndim === 2) batch = batch.unsqueeze(0);
  if (batch.ndim === 3) batch = batch.unsqueeze(0);
  if (batch.ndim !== 4) throw new ShapeError(`makeGrid: expected images of shape (B, C, H, W), got ${formatShape(batch.shape)}`);
  const { data, height, width } = readPlanes('makeGrid', batch);
  const [count, channels] = batch.shape;
  if (normalize) stretch(data, scaleEach ? channels * height * width : data.length, valueRange);

  const outChannels = channels === 1 ? 3 : channels;
  // a single image stands alone, without a frame
  const frame = count === 1 ? 0 : padding;
  const columns = Math.min(nrow, count);
  const rows = Math.ceil(count / columns || 0);
  const outHeight = rows * (height + frame) + frame;
  const outWidth = columns * (width + frame) + frame;
  const out = newPixels(data, outChannels * outHeight * outWidth).fill(padValue);
  for (let n = 0; n < count; n++) {
    const top = Math.floor(n / columns) * (height + frame) + frame;
    const left = (n % columns) * (width + frame) + frame;
    for (let c = 0; c < outChannels; c++)
      for (let y = 0; y < height; y++) {
        const from = ((n * channels + (channels === 1 ? 0 : c)) * height + y) * width;
        out.set(data.subarray(from, from + width), (c * outHeight + top + y) * outWidth + left);
      }
  }
  return fromTypedArray(out, [outChannels, outHeight, outWidth]);
}

/** Stretches every run of `length` values to [0, 1]. */
function stretch(data: Pixels, length: number, range: readonly [number, number] | undefined): void {
  if (data instanceof Uint8Array)
    throw new ValueError('makeGrid: normalize applies to floating images; convert them with convertImageDtype');
  for (let start = 0; start < data.length; start += length) {
    const part = data.subarray(start, start + length);
    let [low, high] = range ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    if (range === undefined)
      for (const value of part) {
        if (value < low) low = value;
        if (value > high) high = value;
      }
    const width = Math.max(high - low, 1e-5);
    for (let i = 0; i < part.length; i++) part[i] = (Math.min(Math.max(part[i], low), high) - low) / width;
  }
}

/**
 * Writes images as one picture, in a grid, as PNG (or JPEG, by the path's ending). Floating values in [0, 1] become 0 to 255.
 *
 * @see PyTorch: `torchvision.utils.save_image`.
 */
export async function saveImage(images: Tensor | readonly Tensor[], path: string, options: MakeGridOptions = {}): Promise<void> {
  const grid = makeGrid(images, options);
  await writeImage(grid.dtype === 'uint8' ? grid : toBytes(grid), path);
}

function toBytes(grid: Tensor): Tensor {
  const values = grid.toTypedArray() as Float32Array;
  // x · 255 + 0.5, cut off, as PyTorch does it; a clamped array rounds and clamps
  return fromTypedArray(
    Uint8ClampedArray.from(values, (x) => Math.trunc(Math.min(Math.max(x * 255 + 0.5, 0), 255))),
    grid.shape,
  );
}
