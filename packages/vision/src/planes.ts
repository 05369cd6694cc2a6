/**
 * Images as typed arrays. What happens to every pixel is written in plain loops over them: for the small images of a data loader
 * that is faster than a tensor operator per step.
 */
import { DTypeError, formatShape, fromTypedArray, isTensor, ShapeError, type Tensor } from '@flambeau/core';

export type Pixels = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array;

/** An image `(*, H, W)`: `count` planes of `height` rows of `width` pixels, one after the other. */
export interface Planes {
  readonly data: Pixels;
  /** The dimensions before the last two; the last of them is the channels. */
  readonly lead: readonly number[];
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** Throws unless `image` is a tensor of at least two dimensions. */
export function checkImage(op: string, image: Tensor): void {
  if (!isTensor(image)) throw new TypeError(`${op}: expected a tensor, got ${image === null ? 'null' : typeof image}`);
  if (image.ndim < 2) throw new ShapeError(`${op}: expected an image of shape (*, H, W), got ${formatShape(image.shape)}`);
}

/** A copy of an image's pixels. */
export function readPlanes(op: string, image: Tensor): Planes {
  checkImage(op, image);
  const { dtype, shape } = image;
  if (dtype !== 'uint8' && dtype !== 'float32' && dtype !== 'float64')
    throw new DTypeError(`${op}: expected a uint8, float32 or float64 image, got ${dtype}; convert it with convertImageDtype`);
  const lead = shape.slice(0, -2);
  const count = lead.reduce((a, b) => a * b, 1);
  return { data: image.toTypedArray() as Pixels, lead, count, height: shape[shape.length - 2], width: shape[shape.length - 1] };
}

/** Like `readPlanes`, for colours: the image must have `channels` channels in its third last dimension. */
export function readChannels(op: string, image: Tensor, channels: readonly number[]): Planes {
  const planes = readPlanes(op, image);
  const found = planes.lead[planes.lead.length - 1];
  if (!channels.includes(found))
    throw new ShapeError(
      `${op}: expected an image of shape (*, ${channels.join(' or ')}, H, W), got ${formatShape(image.shape)}`,
    );
  return planes;
}

/** The tensor of such planes, without a copy. */
export function fromPlanes(data: Pixels, lead: readonly number[], height: number, width: number): Tensor {
  return fromTypedArray(data, [...lead, height, width]);
}

/** Uninitialised pixels of the same kind. uint8 values that are stored here are rounded (ties to even) and clamped, not wrapped. */
export function newPixels(like: Pixels, length: number): Uint8ClampedArray | Float32Array | Float64Array {
  if (like instanceof Float32Array) return new Float32Array(length);
  return like instanceof Float64Array ? new Float64Array(length) : new Uint8ClampedArray(length);
}

/** The value of white: 255 for uint8, 1 for floating dtypes. */
export const whiteOf = (data: Pixels): number => (data instanceof Float32Array || data instanceof Float64Array ? 1 : 255);

/** One colour value per plane from a number or one value per channel. */
export function fillValues(op: string, fill: number | readonly number[], { lead, count }: Planes): Float64Array {
  const values = typeof fill === 'number' ? [fill] : fill;
  const channels = lead.length === 0 ? 1 : lead[lead.length - 1];
  if (values.length !== 1 && values.length !== channels)
    throw new ShapeError(
      `${op}: fill has ${values.length} values for an image of ${channels} channels; expected 1 or ${channels}`,
    );
  return Float64Array.from({ length: count }, (_, i) => values[values.length === 1 ? 0 : i % channels]);
}
