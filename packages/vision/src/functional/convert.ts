/** Dtypes and ranges. */
import { type DType, DTypeError, formatShape, ShapeError, type Tensor, ValueError } from '@flambeau/core';
import { checkImage, fromPlanes, type Planes, readPlanes } from '../planes.js';

/** The greatest values of the integer dtypes, which stand for white. */
const WHITE: { readonly [dtype: string]: number } = { uint8: 255, int8: 127, int16: 32767, int32: 2 ** 31 - 1 };
const FLOATING: readonly string[] = ['float16', 'bfloat16', 'float32', 'float64'];

/**
 * Converts an image to another dtype together with its range: [0, 1] in floating dtypes, [0, greatest value] in integer ones.
 *
 * @throws {DTypeError} For int64, bool and complex dtypes, and from float16, bfloat16 or float32 to int32, which they cannot hold exactly.
 * @see PyTorch: `torchvision.transforms.functional.convert_image_dtype`.
 */
export function convertImageDtype(image: Tensor, dtype: DType = 'float32'): Tensor {
  checkImage('convertImageDtype', image);
  const from = image.dtype as string;
  if (from === dtype) return image;
  for (const name of [from, dtype])
    if (WHITE[name] === undefined && !FLOATING.includes(name))
      throw new DTypeError(`convertImageDtype: images of dtype ${name} are not supported`);
  if (FLOATING.includes(from)) {
    if (FLOATING.includes(dtype)) return image.to(dtype);
    if (dtype === 'int32' && from !== 'float64')
      throw new DTypeError(`convertImageDtype: ${from} cannot hold the values of int32 exactly`);
    // a little less than a whole step more, so that 1 becomes the greatest value and all values are equally wide
    return image.mul(WHITE[dtype] + 1 - 1e-3).to(dtype);
  }
  if (FLOATING.includes(dtype)) return image.to(dtype).div(WHITE[from]);
  const factor = (WHITE[from] + 1) / (WHITE[dtype] + 1);
  if (factor >= 1) return image.div(factor, { roundingMode: 'trunc' }).to(dtype);
  return image.to(dtype).mul(1 / factor);
}

export interface ToTensorOptions {
  /** How a uint8 tensor of three dimensions is laid out. Default 'CHW', as `readImage` gives it. */
  readonly layout?: 'CHW' | 'HWC';
}

/**
 * An image as networks take it: uint8 `(C, H, W)`, `(H, W)` or, with `layout: 'HWC'`, `(H, W, C)` becomes float32 `(C, H, W)` in
 * [0, 1]. Images of floating dtypes keep their values. The layout is never guessed.
 *
 * @see PyTorch: `torchvision.transforms.functional.to_tensor`, which takes PIL images and arrays `(H, W, C)`.
 */
export function toTensor(image: Tensor, { layout = 'CHW' }: ToTensorOptions = {}): Tensor {
  checkImage('toTensor', image);
  if (image.ndim > 3) throw new ShapeError(`toTensor: expected (H, W) or three dimensions, got ${formatShape(image.shape)}`);
  if (layout !== 'CHW' && layout !== 'HWC')
    throw new ValueError(`toTensor: layout must be 'CHW' or 'HWC', got '${String(layout)}'`);
  const planes = image.ndim === 2 ? image.unsqueeze(0) : layout === 'HWC' ? image.permute([2, 0, 1]).contiguous() : image;
  return planes.dtype === 'uint8' ? planes.to('float32').div(255) : planes;
}

/**
 * `(image - mean) / std` for each channel of a floating image `(*, C, H, W)`.
 *
 * @param mean - One value per channel, or one for all; so is `std`.
 * @see PyTorch: `torchvision.transforms.functional.normalize`.
 */
export function normalize(image: Tensor, mean: readonly number[], std: readonly number[]): Tensor {
  const planes = readPlanes('normalize', image);
  const { data, lead, count, height, width } = planes;
  if (data instanceof Uint8Array)
    throw new DTypeError('normalize: expected a floating image, got uint8; convert it with toTensor or convertImageDtype first');
  const means = perPlane('mean', mean, planes);
  const stds = perPlane('std', std, planes);
  if (stds.some((s) => s === 0)) throw new ValueError(`normalize: std must not hold zeros, got [${std.join(', ')}]`);
  const size = height * width;
  const single = data instanceof Float32Array;
  for (let p = 0; p < count; p++) {
    const [m, s] = single ? [Math.fround(means[p]), Math.fround(stds[p])] : [means[p], stds[p]];
    const end = (p + 1) * size;
    // two roundings in float32, as two operators would round
    if (single) for (let i = p * size; i < end; i++) data[i] = Math.fround(data[i] - m) / s;
    else for (let i = p * size; i < end; i++) data[i] = (data[i] - m) / s;
  }
  return fromPlanes(data, lead, height, width);
}

function perPlane(name: string, values: readonly number[], { lead, count }: Planes): readonly number[] {
  const channels = lead.length === 0 ? 1 : lead[lead.length - 1];
  if (values.length !== 1 && values.length !== channels)
    throw new ShapeError(`normalize: ${name} has ${values.length} values for an image of ${channels} channels`);
  return Array.from({ length: count }, (_, i) => values[values.length === 1 ? 0 : i % channels]);
}
