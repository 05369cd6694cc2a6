/** A pickle with storages beside it: what the zip and the legacy format have in common. */
import { Unpickler } from '../pickle/unpickler.js';
import type { ByteReader } from '../pickle/byte-reader.js';
import type { ByteSource } from '../source.js';
import { torchGlobals } from './globals.js';
import { type StorageSlice, StorageType, StoredStorage } from './storage.js';

export interface PickleOptions {
  /** Which unknown names become inert records. */
  readonly keepUnknown: (module: string, name: string) => boolean;
  /** The bytes of a storage, little-endian; called once for each key. */
  readonly readStorage: (key: string, type: StorageType, byteLength: number) => Uint8Array<ArrayBuffer>;
}

/** Reads pickles of one file. Storages are shared by all of them. */
export class TorchUnpickler {
  readonly storages = new Map<string, StoredStorage>();
  private readonly global: (module: string, name: string) => unknown;

  constructor(
    private readonly source: ByteSource,
    private readonly options: PickleOptions,
  ) {
    this.global = torchGlobals(source, options);
  }

  /** @param reader - Stands behind the pickle afterwards. */
  read(reader: ByteReader): unknown {
    const host = { global: this.global, persistentLoad: (id: unknown) => this.persistentLoad(id) };
    return new Unpickler(reader, host).load();
  }

  /** ('storage', class, key, device, size[, view]), with `view` = (key, offset, size) in old files. */
  private persistentLoad(id: unknown): unknown {
    const { source } = this;
    if (!Array.isArray(id)) throw source.error('the pickle refers to something outside of it that is not known');
    if (id[0] === 'module') return id[1]; // old files: a class and its source text
    const [kind, type, key, , numel, view = null] = id as unknown[];
    if (kind !== 'storage' || !(type instanceof StorageType) || !isCount(numel) || !isKey(key))
      throw source.error('the pickle refers to a storage in a way that is not known');
    const storage = this.storage(key, type, numel);
    if (view === null) return { storage, start: 0, numel } satisfies StorageSlice;
    const [, start, size] = Array.isArray(view) ? view : [];
    if (!isCount(start) || !isCount(size) || start + size > numel)
      throw source.error(`a view does not lie within the ${numel} elements of storage ${key}`);
    return { storage, start, numel: size } satisfies StorageSlice;
  }

  private storage(key: string, type: StorageType, numel: number): StoredStorage {
    const byteLength = numel * type.itemSize;
    let storage = this.storages.get(key);
    if (storage === undefined) {
      storage = new StoredStorage(key, type, this.options.readStorage(key, type, byteLength), this.source);
      this.storages.set(key, storage);
    }
    if (storage.type.stored !== type.stored) throw this.source.error(`storage ${key} is referred to by two element types`);
    if (storage.bytes.byteLength !== byteLength)
      throw this.source.error(`storage ${key} has ${storage.bytes.byteLength} bytes; the pickle says ${byteLength}`);
    return storage;
  }
}

const isCount = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
const isKey = (x: unknown): x is string => typeof x === 'string' && /^[\w.-]{1,64}$/.test(x);
