/**
 * Resizing by separable filters: first every row, then every column. With `antialias` the filter is widened by the factor of
 * reduction (as in Pillow), so that no pixel is skipped.
 */
import { formatShape, ShapeError, type Tensor, ValueError } from '@flambeau/core';
import { checkImage, fromPlanes, newPixels, type Planes, readPlanes } from '../planes.js';
import { expandSize } from './geometry.js';

export type InterpolationMode = 'nearest' | 'nearest-exact' | 'bilinear' | 'bicubic';

export interface ResizeOptions {
  /** Default 'bilinear'. */
  readonly interpolation?: InterpolationMode;
  /** With a number as size: the longer edge may not get longer than this. */
  readonly maxSize?: number;
  /** Average over all pixels where the image is made smaller; for bilinear and bicubic. Default true. */
  readonly antialias?: boolean;
}

/**
 * Scales an image `(*, H, W)`. A number is the size of the shorter edge, the longer follows; `[height, width]` is taken as it is.
 *
 * Computed in floating point; uint8 results are rounded.
 *
 * @see PyTorch: `torchvision.transforms.functional.resize`.
 */
export function resize(image: Tensor, size: number | readonly [number, number], options: ResizeOptions = {}): Tensor {
  const { interpolation = 'bilinear', maxSize, antialias = true } = options;
  checkImage('resize', image);
  const [height, width] = outputSize(image, size, maxSize);
  const planes = readPlanes('resize', image);
  if (planes.height === height && planes.width === width) return fromPlanes(planes.data, planes.lead, height, width);
  if (planes.height === 0 || planes.width === 0)
    throw new ShapeError(`resize: the image has no pixels: ${formatShape(image.shape)}`);
  if (interpolation === 'nearest' || interpolation === 'nearest-exact')
    return pick(planes, height, width, interpolation === 'nearest' ? 0 : 0.5);
  const filter = FILTERS[interpolation];
  if (filter === undefined)
    throw new ValueError(
      `resize: interpolation must be nearest, nearest-exact, bilinear or bicubic, got '${String(interpolation)}'`,
    );
  const rows = filterRows(planes, taps(planes.width, width, filter, antialias));
  const out = filterColumns(rows, planes, width, taps(planes.height, height, filter, antialias));
  return fromPlanes(out, planes.lead, height, width);
}

function outputSize(
  image: Tensor,
  size: number | readonly [number, number],
  maxSize: number | undefined,
): readonly [number, number] {
  if (typeof size !== 'number') {
    if (maxSize !== undefined) throw new ValueError('resize: maxSize goes with a number as size, not with [height, width]');
    return expandSize('resize', size);
  }
  expandSize('resize', size);
  if (maxSize !== undefined && maxSize <= size)
    throw new ValueError(`resize: maxSize ${maxSize} must be greater than size ${size}`);
  const [h, w] = image.shape.slice(-2);
  const [short, long] = h < w ? [h, w] : [w, h];
  let newShort = size;
  let newLong = Math.trunc((size * long) / short);
  if (maxSize !== undefined && newLong > maxSize) [newShort, newLong] = [Math.trunc((maxSize * newShort) / newLong), maxSize];
  return h < w ? [newShort, newLong] : [newLong, newShort];
}

/** Nearest pixels, in PyTorch's single precision. `shift`: 0 as PyTorch's 'nearest', 0.5 for pixel centres ('nearest-exact'). */
function pick({ data, lead, count, height, width }: Planes, newHeight: number, newWidth: number, shift: number): Tensor {
  const source = (from: number, to: number) =>
    Int32Array.from({ length: to }, (_, i) => Math.min(Math.floor(Math.fround((i + shift) * Math.fround(from / to))), from - 1));
  const rows = source(height, newHeight);
  const columns = source(width, newWidth);
  const out = newPixels(data, count * newHeight * newWidth);
  let at = 0;
  for (let p = 0; p < count; p++)
    for (let y = 0; y < newHeight; y++) {
      const row = (p * height + rows[y]) * width;
      for (let x = 0; x < newWidth; x++) out[at++] = data[row + columns[x]];
    }
  return fromPlanes(out, lead, newHeight, newWidth);
}

interface Filter {
  /** The weight of a pixel at distance `x`. */
  weight(x: number, antialias: boolean): number;
  /** Beyond this distance the weight is 0. */
  readonly support: number;
}

const FILTERS: { readonly [mode: string]: Filter } = {
  bilinear: { support: 1, weight: (x) => Math.max(1 - Math.abs(x), 0) },
  bicubic: { support: 2, weight: (x, antialias) => cubic(Math.abs(x), antialias ? -0.5 : -0.75) }, // the `a` that PyTorch takes
};

/** Keys 1981, "Cubic convolution interpolation for digital image processing", eq. 4. */
function cubic(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

/** For every output position the weights of `count` input positions from `start` on, `most` places apart in `weights`. */
interface Taps {
  readonly start: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float64Array;
  readonly most: number;
}

function taps(from: number, to: number, { weight, support }: Filter, antialias: boolean): Taps {
  const scale = from / to;
  const stretch = antialias ? Math.max(scale, 1) : 1;
  const reach = support * stretch;
  const most = 2 * Math.ceil(reach) + 1;
  const start = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float64Array(to * most);
  for (let i = 0; i < to; i++) {
    const center = scale * (i + 0.5);
    const first = antialias ? Math.max(Math.trunc(center - reach + 0.5), 0) : Math.floor(center - 0.5) - support + 1;
    const last = antialias ? Math.min(Math.trunc(center + reach + 0.5), from) : first + 2 * support; // exclusive
    const inside = Math.min(Math.max(first, 0), from - 1);
    start[i] = inside;
    count[i] = Math.max(Math.min(last, from) - inside, 1);
    const w = weights.subarray(i * most, (i + 1) * most);
    let sum = 0;
    for (let j = first; j < last; j++) {
      const value = weight((j + 0.5 - center) / stretch, antialias);
      // without antialias the edge pixel stands for all beyond it
      w[Math.min(Math.max(j, 0), from - 1) - inside] += value;
      sum += value;
    }
    for (let j = 0; j < w.length; j++) w[j] /= sum;
  }
  return { start, count, weights, most };
}

type Floats = Float32Array | Float64Array;

function filterRows({ data, count, height, width }: Planes, { start, count: counts, weights, most }: Taps): Floats {
  // one kind of array in the loops, whatever the image's dtype, is what keeps them fast
  const source = data instanceof Float64Array || data instanceof Float32Array ? data : new Float32Array(data);
  const newWidth = start.length;
  if (newWidth === width) return source;
  const out = new (source.constructor as Float32ArrayConstructor)(count * height * newWidth);
  let at = 0;
  for (let row = 0; row < source.length; row += width)
    for (let x = 0; x < newWidth; x++) {
      const from = row + start[x];
      const w = x * most;
      const n = counts[x];
      let sum = 0;
      for (let j = 0; j < n; j++) sum += weights[w + j] * source[from + j];
      out[at++] = sum;
    }
  return out;
}

function filterColumns(
  rows: Floats,
  { data, count, height }: Planes,
  width: number,
  { start, count: counts, weights, most }: Taps,
): ReturnType<typeof newPixels> {
  const newHeight = start.length;
  const out = newPixels(data, count * newHeight * width);
  const sums = new Float64Array(width);
  let at = 0;
  for (let p = 0; p < count; p++)
    for (let y = 0; y < newHeight; y++) {
      let from = (p * height + start[y]) * width;
      sums.fill(0);
      for (let j = 0; j < counts[y]; j++, from += width) {
        const w = weights[y * most + j];
        for (let x = 0; x < width; x++) sums[x] += w * rows[from + x];
      }
      out.set(sums, at);
      at += width;
    }
  return out;
}
