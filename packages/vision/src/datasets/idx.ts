/** The idx format of MNIST: a magic number with type and dimensions, the sizes (big-endian), the elements. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fromTypedArray, IndexError, ShapeError, type Tensor } from '@flambeau/core';
import { Dataset, TO_WORKER, type WorkerReference, workerReference } from '@flambeau/data';
import { ImageError } from '../image-error.js';
import type { ImageFunction } from '../transforms/compose.js';
import { VISION } from '../worker-module.js';

/** The type byte of unsigned bytes, the only type that MNIST and its relatives use. */
const UNSIGNED_BYTE = 0x08;

/**
 * Reads an idx file of unsigned bytes, plain or compressed with gzip.
 *
 * @returns uint8, of the shape that the file states.
 * @throws {ImageError} If the file cannot be read, is no idx file, of another type, or shorter or longer than it says.
 */
export function readIdx(path: string): Tensor {
  const bytes = readMaybeCompressed(path);
  if (bytes.length < 4) throw new ImageError(path, `truncated: ${bytes.length} bytes are less than an idx header`);
  const [zero0, zero1, type, ndim] = bytes;
  const magic = bytes.readUInt32BE(0).toString(16).padStart(8, '0');
  if (zero0 !== 0 || zero1 !== 0 || ndim === 0)
    throw new ImageError(path, `not an idx file: its magic number is 0x${magic}, expected 0x000008NN with NN dimensions`);
  if (type !== UNSIGNED_BYTE)
    throw new ImageError(
      path,
      `elements of type 0x${type.toString(16).padStart(2, '0')} are not supported, only unsigned bytes (0x08)`,
    );
  const start = 4 + 4 * ndim;
  if (bytes.length < start)
    throw new ImageError(path, `truncated: ${bytes.length} bytes are less than a header of ${ndim} dimensions (${start})`);
  const shape = Array.from({ length: ndim }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const expected = shape.reduce((a, b) => a * b, 1);
  const found = bytes.length - start;
  if (found < expected)
    throw new ImageError(path, `truncated: shape (${shape.join(', ')}) needs ${expected} bytes, the file has ${found}`);
  if (found > expected) throw new ImageError(path, `${found - expected} bytes too long for its shape (${shape.join(', ')})`);
  return fromTypedArray(new Uint8Array(bytes.subarray(start)), shape);
}

function readMaybeCompressed(path: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new ImageError(path, `the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, { cause });
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw new ImageError(path, `the gzip data is truncated or corrupt (${(cause as Error).message})`, { cause });
  }
}

export interface ImageDatasetOptions {
  /** Applied to each image. */
  readonly transform?: ImageFunction;
}

/**
 * Images and labels from two idx files (or tensors). Sample: `[image, label]`, the image uint8 `(1, H, W)` before the transform,
 * the label a number.
 */
export class IdxDataset extends Dataset<[Tensor, number]> {
  /** uint8 `(N, H, W)`. */
  readonly images: Tensor;
  /** uint8 `(N)`. */
  readonly labels: Tensor;
  readonly transform: ImageFunction | undefined;
  private readonly labelNumbers: Uint8Array;

  constructor(images: string | Tensor, labels: string | Tensor, { transform }: ImageDatasetOptions = {}) {
    super();
    this.images = typeof images === 'string' ? readIdx(images) : images;
    this.labels = typeof labels === 'string' ? readIdx(labels) : labels;
    if (this.images.ndim !== 3 || this.labels.ndim !== 1 || this.images.shape[0] !== this.labels.shape[0])
      throw new ShapeError(
        `IdxDataset: expected images (N, H, W) and labels (N), got (${this.images.shape.join(', ')}) and (${this.labels.shape.join(', ')}); were the files mixed up?`,
      );
    this.labelNumbers = this.labels.toTypedArray() as Uint8Array;
    this.transform = transform;
  }

  get length(): number {
    return this.labelNumbers.length;
  }

  override get(index: number): [Tensor, number] {
    if (!Number.isInteger(index) || index < 0 || index >= this.length)
      throw new IndexError(`index ${index} is out of range for a dataset of ${this.length} samples`);
    const image = this.images.narrow(0, index, 1); // (1, H, W)
    return [this.transform === undefined ? image : this.transform(image), this.labelNumbers[index]];
  }

  /** The tensors travel on shared memory: workers do not read the files again. */
  override [TO_WORKER](): WorkerReference {
    return workerReference(VISION, 'IdxDataset', [this.images, this.labels, { transform: this.transform }]);
  }
}
