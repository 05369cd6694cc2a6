/** One array in NumPy's format. */
import { formatShape, Tensor } from '@flambeau/core';
import { MAX_DIMS } from '@flambeau/core/internal';
import { writeFileAtomic } from '../atomic.js';
import { type ByteSource, withSource } from '../source.js';
import { bytesOf } from '../tensor-bytes.js';
import { storedSize, swapBytes, tensorOf } from '../stored-type.js';
import { npyHeader, readNpyHeader } from './header.js';

/**
 * Reads an `.npy` file. Arrays in Fortran order become tensors with such strides. NumPy: `numpy.load`.
 *
 * @param input - A path, or the bytes of a file.
 * @throws {CheckpointError} If it is malformed, or its elements are no numbers.
 */
export const loadNpy = (input: string | Uint8Array): Tensor => withSource(input, readNpy);

export function readNpy(source: ByteSource): Tensor {
  const { stored, bigEndian, fortranOrder, shape, dataStart } = readNpyHeader(source);
  const byteLength = shape.reduce((a, b) => a * b, storedSize(stored));
  if (byteLength !== source.size - dataStart)
    throw source.error(
      `shape ${formatShape(shape)} of ${stored} needs ${byteLength} bytes, the file has ${source.size - dataStart}`,
    );
  if (shape.length > MAX_DIMS) throw source.error(`an array of ${shape.length} dimensions; at most ${MAX_DIMS} are supported`);
  const bytes = source.read(dataStart, byteLength);
  if (bigEndian) swapBytes(bytes, stored);
  if (!fortranOrder) return tensorOf(bytes, stored, shape, source, 'array');
  const reversed = tensorOf(bytes, stored, shape.toReversed(), source, 'array');
  return new Tensor(reversed.storage, [...shape], reversed.strides.toReversed(), 0, reversed.info);
}

/**
 * Writes a tensor as an `.npy` file, atomically. NumPy: `numpy.save`.
 *
 * @throws {CheckpointError} If it is bfloat16, which NumPy does not have, or the file cannot be written.
 */
export const saveNpy = (path: string, t: Tensor): void => writeFileAtomic(path, npyPieces(t));

export function* npyPieces(t: Tensor): Generator<Uint8Array> {
  yield npyHeader(t.dtype, t.shape);
  yield bytesOf(t);
}
