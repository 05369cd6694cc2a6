/** Colours. Images are `(*, 3, H, W)`; uint8 in [0, 255] or floating in [0, 1]. uint8 results are truncated, as in torchvision. */
import { type Tensor, ValueError } from '@flambeau/core';
import { fromPlanes, type Pixels, type Planes, readChannels, readPlanes, whiteOf } from '../planes.js';

/** Images in a batch, and pixels per plane. */
function layoutOf({ lead, height, width }: Planes): { images: number; size: number } {
  return { images: lead.slice(0, -1).reduce((a, b) => a * b, 1), size: height * width };
}

/** Luma of every pixel, `(*, 1, H, W)`; whole numbers for uint8. */
function lumaOf({ data, lead, height, width }: Planes): Float64Array {
  const channels = lead[lead.length - 1];
  const size = height * width;
  const images = data.length / (channels * size || 1);
  const out = new Float64Array(images * size);
  const whole = data instanceof Uint8Array;
  for (let n = 0, to = 0; n < images; n++)
    for (let i = 0, r = n * channels * size; i < size; i++, r++) {
      const value = channels === 1 ? data[r] : 0.2989 * data[r] + 0.587 * data[r + size] + 0.114 * data[r + 2 * size];
      out[to++] = whole ? Math.trunc(value) : value;
    }
  return out;
}

/**
 * Grey values of an image, `(*, numOutputChannels, H, W)`: `0.2989 r + 0.587 g + 0.114 b`.
 *
 * @see PyTorch: `torchvision.transforms.functional.rgb_to_grayscale`.
 */
export function rgbToGrayscale(image: Tensor, numOutputChannels: 1 | 3 = 1): Tensor {
  if (numOutputChannels !== 1 && numOutputChannels !== 3)
    throw new ValueError(`rgbToGrayscale: numOutputChannels must be 1 or 3, got ${String(numOutputChannels)}`);
  const planes = readChannels('rgbToGrayscale', image, [1, 3]);
  const { images, size } = layoutOf(planes);
  const luma = lumaOf(planes);
  const out = new (planes.data.constructor as Uint8ArrayConstructor)(images * numOutputChannels * size);
  for (let n = 0; n < images; n++)
    for (let c = 0; c < numOutputChannels; c++)
      out.set(luma.subarray(n * size, (n + 1) * size), (n * numOutputChannels + c) * size);
  return fromPlanes(out, [...planes.lead.slice(0, -1), numOutputChannels], planes.height, planes.width);
}

function checkFactor(op: string, factor: number): void {
  if (!(factor >= 0) || factor === Number.POSITIVE_INFINITY)
    throw new ValueError(`${op}: the factor must be a number of at least 0, got ${factor}`);
}

/** `factor · pixel + (1 - factor) · other`, within the range of the dtype. */
function blend(data: Pixels, factor: number, other: (i: number) => number): void {
  const white = whiteOf(data);
  for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(factor * data[i] + (1 - factor) * other(i), 0), white);
}

/** Makes an image darker (below 1) or brighter (above 1). PyTorch: `torchvision.transforms.functional.adjust_brightness`. */
export function adjustBrightness(image: Tensor, factor: number): Tensor {
  checkFactor('adjustBrightness', factor);
  const { data, lead, height, width } = readPlanes('adjustBrightness', image);
  blend(data, factor, () => 0);
  return fromPlanes(data, lead, height, width);
}

/** Moves pixels away from (above 1) or to (below 1) the image's mean grey. PyTorch: `torchvision.transforms.functional.adjust_contrast`. */
export function adjustContrast(image: Tensor, factor: number): Tensor {
  checkFactor('adjustContrast', factor);
  const planes = readChannels('adjustContrast', image, [1, 3]);
  const { images, size } = layoutOf(planes);
  const luma = lumaOf(planes);
  const perImage = planes.data.length / (images || 1);
  for (let n = 0; n < images; n++) {
    let mean = 0;
    for (let i = n * size; i < (n + 1) * size; i++) mean += luma[i] / size;
    blend(planes.data.subarray(n * perImage, (n + 1) * perImage), factor, () => mean);
  }
  return fromPlanes(planes.data, planes.lead, planes.height, planes.width);
}

/** Takes colour away (below 1; 0 is grey) or adds to it. PyTorch: `torchvision.transforms.functional.adjust_saturation`. */
export function adjustSaturation(image: Tensor, factor: number): Tensor {
  checkFactor('adjustSaturation', factor);
  const planes = readChannels('adjustSaturation', image, [1, 3]);
  const { data, lead, height, width } = planes;
  const { size } = layoutOf(planes);
  if (lead[lead.length - 1] === 3) {
    const luma = lumaOf(planes);
    blend(data, factor, (i) => luma[Math.floor(i / (3 * size)) * size + (i % size)]);
  }
  return fromPlanes(data, lead, height, width);
}

/**
 * Turns the circle of hues by `factor` turns.
 *
 * @param factor - In [-0.5, 0.5].
 * @see PyTorch: `torchvision.transforms.functional.adjust_hue`.
 */
export function adjustHue(image: Tensor, factor: number): Tensor {
  if (!(Math.abs(factor) <= 0.5)) throw new ValueError(`adjustHue: the factor must be in [-0.5, 0.5], got ${factor}`);
  const planes = readChannels('adjustHue', image, [1, 3]);
  const { data, lead, height, width } = planes;
  const { images, size } = layoutOf(planes);
  if (lead[lead.length - 1] === 3)
    for (let n = 0; n < images; n++) for (let i = 0; i < size; i++) turnHue(data, 3 * n * size + i, size, factor);
  return fromPlanes(data, lead, height, width);
}

/** One pixel, whose channels are `size` apart: to HSV, turned, and back. */
function turnHue(data: Pixels, at: number, size: number, factor: number): void {
  const white = whiteOf(data);
  const [r, g, b] = [data[at] / white, data[at + size] / white, data[at + 2 * size] / white];
  const value = Math.max(r, g, b);
  const chroma = value - Math.min(r, g, b);
  if (chroma === 0) return;
  const sector = value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  const hue = (((sector / 6 + factor) % 1) + 1) % 1;
  const channel = (offset: number) => {
    const k = (offset + hue * 6) % 6;
    return value - chroma * Math.max(0, Math.min(k, 4 - k, 1));
  };
  // to uint8 as convertImageDtype does it
  const scale = white === 255 ? 255.999 : 1;
  for (let c = 0; c < 3; c++) data[at + c * size] = Math.min(channel([5, 3, 1][c]) * scale, white);
}
