/** Reading and writing image files. The formats are those of sharp: JPEG, PNG, WebP, GIF, TIFF, AVIF, SVG. */
import { readFile, writeFile } from 'node:fs/promises';
import { DTypeError, formatShape, fromTypedArray, ShapeError, type Tensor, ValueError } from '@flambeau/core';
import sharp, { type Sharp } from 'sharp';
import { ImageError } from './image-error.js';

/**
 * Which channels are wanted. `rgb` (3), `rgba` (4) and `gray` (1, ITU-R 601 luma) convert; `unchanged` gives what the file has:
 * grey (1), grey and alpha (2), RGB (3; CMYK is converted) or RGB and alpha (4).
 */
export type ImageReadMode = 'unchanged' | 'gray' | 'rgb' | 'rgba';

export interface ReadImageOptions {
  /** Default 'unchanged'. */
  readonly mode?: ImageReadMode;
  /** Turn the image as its EXIF orientation says. Default false. */
  readonly applyExifOrientation?: boolean;
  /** Refuse larger images, which may be attacks. Default 268,402,689 pixels (16383²), the limit of sharp. */
  readonly maxPixels?: number;
}

/** What sharp calls the colour spaces of grey images. */
const GREY: readonly string[] = ['b-w', 'grey16'];
const MODES: readonly ImageReadMode[] = ['unchanged', 'gray', 'rgb', 'rgba'];

/**
 * Decodes an image file, or the bytes of one. Colour profiles are ignored, as in Pillow; 16-bit samples lose their low byte; of an
 * animation the first frame is read.
 *
 * @returns uint8, shape `(C, H, W)`, values in [0, 255].
 * @throws {ImageError} If the file cannot be read, is of no known format, truncated or corrupt.
 * @see PyTorch: `torchvision.io.decode_image`.
 */
export async function readImage(source: string | Uint8Array, options: ReadImageOptions = {}): Promise<Tensor> {
  const { mode = 'unchanged', applyExifOrientation = false, maxPixels } = options;
  if (!MODES.includes(mode)) throw new ValueError(`readImage: mode must be one of ${MODES.join(', ')}, got '${String(mode)}'`);
  const name = typeof source === 'string' ? source : `image of ${source.length} bytes`;
  const bytes = typeof source === 'string' ? await readBytes(source) : source;
  if (bytes.length === 0) throw new ImageError(name, 'the file is empty');
  try {
    const decoder = sharp(bytes, { failOn: 'error', ignoreIcc: true, limitInputPixels: maxPixels });
    if (applyExifOrientation) decoder.autoOrient();
    decoder.toColourspace('srgb');
    if (mode === 'rgba') decoder.ensureAlpha();
    else if (mode !== 'unchanged') decoder.removeAlpha();
    const isGrey = mode !== 'rgb' && mode !== 'rgba' && GREY.includes((await decoder.metadata()).space ?? '');
    const { data, info } = await decoder.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const { channels, height, width } = info; // 3 or 4: sharp gives grey images as RGB
    const bands = isGrey ? [0, 3].filter((c) => c < channels) : [0, 1, 2, 3].slice(0, channels);
    const toLuma = mode === 'gray' && !isGrey;
    const pixels = toLuma ? luma(data, height * width) : planar(data, channels, bands, height * width);
    return fromTypedArray(pixels, [toLuma ? 1 : bands.length, height, width]);
  } catch (cause) {
    throw new ImageError(name, reasonOf(cause, bytes), { cause });
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ImageError(path, `the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, { cause });
  }
}

/** What sharp says, on one line and without its names for the input. */
function reasonOf(cause: unknown, bytes: Uint8Array): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/unsupported image format/i.test(text)) {
    const head = Buffer.from(bytes.subarray(0, 8)).toString('hex').replace(/../g, '$& ').trim();
    return `not an image of a known format, or a broken header (the first bytes are ${head})`;
  }
  const lines = text
    .split('\n')
    .map((line) => line.trim().replace(/:$/, ''))
    .filter(Boolean);
  return `the image is truncated or corrupt: ${[...new Set(lines)].join('; ')}`;
}

/** Some bands of pixels next to each other (H, W, C) as planes (bands, H, W). */
function planar(data: Uint8Array, channels: number, bands: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(size * bands.length);
  let to = 0;
  for (const band of bands) for (let i = 0, from = band; i < size; i++, from += channels) out[to++] = data[from];
  return out;
}

/** ITU-R 601-2 luma of RGB pixels in 16-bit fixed point, exactly as Pillow's convert('L'). */
function luma(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  for (let i = 0, from = 0; i < size; i++, from += 3)
    out[i] = (data[from] * 19595 + data[from + 1] * 38470 + data[from + 2] * 7471 + 0x8000) >> 16;
  return out;
}

/** A PNG file's bytes from a uint8 image `(C, H, W)` of 1 to 4 channels, or `(H, W)`. PyTorch: `torchvision.io.encode_png`. */
export async function encodePng(
  image: Tensor,
  { compressionLevel = 6 }: { readonly compressionLevel?: number } = {},
): Promise<Buffer> {
  const { encoder, channels } = encoderOf('encodePng', image, [1, 2, 3, 4]);
  if (channels < 3) encoder.toColourspace('b-w');
  return encoder.png({ compressionLevel }).toBuffer();
}

/** A JPEG file's bytes from a uint8 image `(C, H, W)` of 1 or 3 channels, or `(H, W)`. PyTorch: `torchvision.io.encode_jpeg`. */
export async function encodeJpeg(image: Tensor, { quality = 75 }: { readonly quality?: number } = {}): Promise<Buffer> {
  if (!Number.isInteger(quality) || quality < 1 || quality > 100)
    throw new ValueError(`encodeJpeg: quality must be an integer from 1 to 100, got ${quality}`);
  const { encoder, channels } = encoderOf('encodeJpeg', image, [1, 3]);
  if (channels === 1) encoder.toColourspace('b-w');
  return encoder.jpeg({ quality }).toBuffer();
}

/**
 * Writes a uint8 image `(C, H, W)` to a file, as PNG or JPEG by its ending (.png, .jpg, .jpeg).
 *
 * @throws {ImageError} If the file cannot be written or has another ending.
 */
export async function writeImage(image: Tensor, path: string, { quality }: { readonly quality?: number } = {}): Promise<void> {
  const ending = /\.(png|jpe?g)$/i.exec(path)?.[1].toLowerCase();
  if (ending === undefined) throw new ImageError(path, 'writeImage writes .png, .jpg and .jpeg files');
  const bytes = ending === 'png' ? await encodePng(image) : await encodeJpeg(image, { quality });
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    throw new ImageError(path, `the file cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, {
      cause,
    });
  }
}

function encoderOf(op: string, image: Tensor, allowed: readonly number[]): { encoder: Sharp; channels: 1 | 2 | 3 | 4 } {
  const shape = image.ndim === 2 ? [1, ...image.shape] : image.shape;
  if (image.dtype !== 'uint8')
    throw new DTypeError(`${op}: expected a uint8 image, got ${image.dtype}; convert it with convertImageDtype(image, 'uint8')`);
  if (shape.length !== 3 || !allowed.includes(shape[0]) || image.numel === 0)
    throw new ShapeError(
      `${op}: expected shape (${allowed.join(' or ')}, H, W) or (H, W), not empty, got ${formatShape(image.shape)}`,
    );
  const [channels, height, width] = shape;
  const planes = image.toTypedArray() as Uint8Array;
  const size = height * width;
  const data = new Uint8Array(planes.length);
  for (let c = 0, from = 0; c < channels; c++) for (let i = 0, to = c; i < size; i++, to += channels) data[to] = planes[from++];
  return {
    encoder: sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } }),
    channels: channels as 1 | 2 | 3 | 4,
  };
}
