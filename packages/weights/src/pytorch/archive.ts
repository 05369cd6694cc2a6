/**
 * PyTorch's zip format, since 1.6: `<folder>/data.pkl` and one member per storage, `<folder>/data/<key>`.
 *
 * @see PyTorch, torch/serialization.py, `_save` and `_load`
 */
import { ByteReader } from '../pickle/byte-reader.js';
import { type ByteSource, sourceOf } from '../source.js';
import { swapBytes } from '../stored-type.js';
import type { ZipReader } from '../zip/reader.js';
import { TorchUnpickler } from './read-pickle.js';

/** The folder that all members of a PyTorch or TorchScript archive lie in; null if it is another archive. */
export const archiveFolder = (zip: ZipReader): string | null =>
  zip
    .names()
    .find((name) => /^[^/]+\/data\.pkl$/.test(name))
    ?.slice(0, -'data.pkl'.length) ?? null;

/** @param pickle - Name of the pickle; its storages lie in the folder of that name. */
export function readArchive(
  source: ByteSource,
  zip: ZipReader,
  folder: string,
  keepUnknown: (module: string, name: string) => boolean,
  pickle = 'data',
): unknown {
  const bigEndian = zip.has(`${folder}byteorder`) && Buffer.from(zip.read(`${folder}byteorder`)).toString() === 'big';
  const unpickler = new TorchUnpickler(source, {
    keepUnknown,
    readStorage(key, type, byteLength) {
      const name = `${folder}${pickle}/${key}`;
      if (!zip.has(name)) throw source.error(`the data of storage ${key} is missing`);
      if (zip.sizeOf(name) !== byteLength)
        throw source.error(`storage ${key} has ${zip.sizeOf(name)} bytes; the pickle says ${byteLength}`);
      const bytes = zip.read(name);
      if (bigEndian && type.stored === null) throw source.error(`storage ${key} is big-endian and of an unknown element type`);
      if (bigEndian && type.stored !== null) swapBytes(bytes, type.stored);
      return bytes;
    },
  });
  const bytes = zip.read(`${folder}${pickle}.pkl`);
  return unpickler.read(new ByteReader(sourceOf(bytes, source.name)));
}
