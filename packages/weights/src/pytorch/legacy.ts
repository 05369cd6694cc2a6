/**
 * PyTorch's format before 1.6 (and with `_use_new_zipfile_serialization=False`): four pickles (a magic number, a version, facts of
 * the machine, the object), a pickled list of storage keys, and for each key its number of elements and its bytes.
 *
 * @see PyTorch, torch/serialization.py, `_legacy_save`
 */
import { ByteReader } from '../pickle/byte-reader.js';
import type { ByteSource } from '../source.js';
import { swapBytes } from '../stored-type.js';
import { TorchUnpickler } from './read-pickle.js';
import type { StoredStorage } from './storage.js';

export const MAGIC = 0x1950a86a20f9469cfc6cn;
export const PROTOCOL_VERSION = 1001;

/** The pickle of the magic number, as PyTorch writes it. */
const START = Buffer.from('80028a0a6cfc9c46f9206aa85019', 'hex');

export const looksLikeLegacy = (source: ByteSource): boolean =>
  source.size > START.length && START.equals(source.read(0, START.length));

export function readLegacy(source: ByteSource, keepUnknown: (module: string, name: string) => boolean): unknown {
  const reader = new ByteReader(source);
  let claimed = 0;
  // The data comes behind the pickle: a first reading gives the storages memory, a second one the tensors their values.
  const first = new TorchUnpickler(source, {
    keepUnknown,
    readStorage(key, _, byteLength) {
      claimed += byteLength;
      if (claimed > source.size)
        throw source.error(`storage ${key} of ${byteLength} bytes does not fit into a file of ${source.size} bytes`);
      return new Uint8Array(byteLength);
    },
  });
  const [magic, version, system] = [first.read(reader), first.read(reader), first.read(reader)];
  if (magic !== MAGIC || version !== PROTOCOL_VERSION)
    throw source.error(`it is a legacy PyTorch file of another version; version ${PROTOCOL_VERSION} is known`);
  const start = reader.position;
  first.read(reader);
  const keys = first.read(reader);
  if (!isKeys(keys) || new Set(keys).size !== keys.length) throw source.error('the list of storages is damaged');
  if (keys.length < first.storages.size) throw source.error('the data of some storages is missing');
  const bigEndian = system instanceof Map && system.get('little_endian') === false;
  readStorages(source, reader.position, keys, first.storages, bigEndian);
  const readStorage = (key: string): Uint8Array<ArrayBuffer> => (first.storages.get(key) as StoredStorage).bytes;
  return new TorchUnpickler(source, { keepUnknown, readStorage }).read(new ByteReader(source, start));
}

const isKeys = (x: unknown): x is string[] => Array.isArray(x) && x.every((key) => typeof key === 'string');

/** Fills the storages from the file, where they lie one after the other: the number of elements, then these. */
function readStorages(
  source: ByteSource,
  position: number,
  keys: readonly string[],
  storages: ReadonlyMap<string, StoredStorage>,
  bigEndian: boolean,
): void {
  let at = position;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined) throw source.error(`it has data of a storage ${key} that no tensor is on`);
    const { bytes, type } = storage;
    const count = Buffer.from(source.read(at, 8)).readBigInt64LE();
    if (count !== BigInt(bytes.byteLength / type.itemSize))
      throw source.error(`storage ${key} has ${count} elements; the pickle says ${bytes.byteLength / type.itemSize}`);
    bytes.set(source.read(at + 8, bytes.byteLength));
    at += 8 + bytes.byteLength;
    if (bigEndian && type.stored === null) throw source.error(`storage ${key} is big-endian and of an unknown element type`);
    if (bigEndian && type.stored !== null) swapBytes(bytes, type.stored);
  }
}
