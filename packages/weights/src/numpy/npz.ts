/** Named arrays in NumPy's format: a zip archive of `.npy` files. */
import type { Tensor } from '@flambeau/core';
import { writeFileAtomic } from '../atomic.js';
import { CheckpointError } from '../errors.js';
import { type ByteSource, sourceOf, withSource } from '../source.js';
import { entriesOf, type TensorMap } from '../tensor-file.js';
import { ZipReader } from '../zip/reader.js';
import { type ZipMember, zipPieces } from '../zip/writer.js';
import { npyPieces, readNpy } from './npy.js';

const SUFFIX = '.npy';

/**
 * Reads an `.npz` file, compressed or not, by the names of its arrays. NumPy: `numpy.load`.
 *
 * @param input - A path, or the bytes of a file.
 * @throws {CheckpointError} If it is malformed, or has arrays whose elements are no numbers.
 */
export const loadNpz = (input: string | Uint8Array): Record<string, Tensor> =>
  withSource(input, (source) => readNpz(source, new ZipReader(source)));

export const isNpz = (zip: ZipReader): boolean => zip.names().every((name) => name.endsWith(SUFFIX));

export function readNpz(source: ByteSource, zip: ZipReader): Record<string, Tensor> {
  if (!isNpz(zip)) throw source.error('it is not an .npz file: it has members that are no .npy files');
  return Object.fromEntries(
    zip.names().map((name) => {
      const member = sourceOf(zip.read(name, { checkCrc: true }), `${source.name}: ${name}`);
      return [name.slice(0, -SUFFIX.length), readNpy(member)];
    }),
  );
}

/**
 * Writes named tensors as an `.npz` file, not compressed, atomically. NumPy: `numpy.savez`.
 *
 * @throws {CheckpointError} If one is bfloat16, which NumPy does not have, or the file cannot be written.
 */
export function saveNpz(path: string, tensors: TensorMap): void {
  writeFileAtomic(path, zipPieces(members(tensors)));
}

function* members(tensors: TensorMap): Generator<ZipMember> {
  for (const [name, t] of entriesOf(tensors)) {
    if (name.startsWith('/') || name.includes('\\') || name.split('/').includes('..'))
      throw new CheckpointError(`cannot save an array called '${name}': it would lie outside of the archive`);
    yield { name: name + SUFFIX, data: Buffer.concat([...npyPieces(t)]) };
  }
}
