/** Writing what `torch.load(path, weights_only=True)` reads. @see PyTorch, torch/serialization.py, `_save` and `_legacy_save` */
import { createHash } from 'node:crypto';
import type { DType, Tensor } from '@flambeau/core';
import { writeFileAtomic } from '../atomic.js';
import { EmptyOrderedDict, PersistentId, pickle, type Reduction } from '../pickle/pickler.js';
import { PickledClass, Tuple } from '../pickle/values.js';
import { checksum } from '../zip/checksum.js';
import { ALIGNMENT, type ZipMember, zipPieces } from '../zip/writer.js';
import { MAGIC, PROTOCOL_VERSION } from './legacy.js';
import { STORAGE_CLASSES } from './storage.js';

export interface SavePyTorchOptions {
  /** The format of before PyTorch 1.6 instead of a zip archive. Default false. */
  readonly legacy?: boolean;
}

/**
 * Saves tensors in dicts, lists and other plain values as a PyTorch checkpoint, atomically. Tensors that share memory share it in
 * the file; the storage of a view is written whole, as PyTorch does (`clone()` a small view of a large tensor).
 * PyTorch: `torch.save`.
 *
 * An object is a dict. Its keys are strings; those that look like integers (0, 1, …) are integers, unless a tensor is their value.
 * A Map says exactly what it means. `Tuple.of(…)` is a tuple, other arrays are lists, whole numbers are ints.
 *
 * @throws {CheckpointError} If a part of the value is nothing that Python has, or the file cannot be written.
 * @example
 * savePyTorch('model.pt', model.stateDict());
 */
export function savePyTorch(path: string, value: unknown, { legacy = false }: SavePyTorchOptions = {}): void {
  writeFileAtomic(path, legacy ? legacyPieces(value) : archivePieces(value));
}

interface WrittenStorage {
  readonly key: string;
  readonly dtype: DType;
  readonly numel: number;
  readonly data: Uint8Array;
}

/** The storages of the tensors in one file. */
class Storages {
  readonly list: WrittenStorage[] = [];
  private readonly known = new Map<unknown, Map<DType, WrittenStorage>>();

  /** @param view - What ends the id of a storage: nothing, or None in legacy files. */
  constructor(private readonly view: readonly null[]) {}

  readonly reduce = (t: Tensor): Reduction => {
    const { key, dtype, numel } = this.of(t);
    const id = Tuple.from<unknown>([
      'storage',
      new PickledClass('torch', STORAGE_CLASSES[dtype]),
      key,
      'cpu',
      numel,
      ...this.view,
    ]);
    const hooks = new EmptyOrderedDict();
    return {
      callee: new PickledClass('torch._utils', '_rebuild_tensor_v2'),
      args: Tuple.from<unknown>([new PersistentId(id), t.offset, Tuple.from(t.shape), Tuple.from(t.strides), false, hooks]),
    };
  };

  private of(t: Tensor): WrittenStorage {
    t.storage.checkedAddress();
    const { buffer, byteOffset, byteLength } = t.storage;
    const dtype = t.dtype as DType;
    const byDtype = this.known.get(t.storage) ?? new Map<DType, WrittenStorage>();
    this.known.set(t.storage, byDtype);
    let storage = byDtype.get(dtype);
    if (storage === undefined) {
      const numel = Math.floor(byteLength / t.itemSize);
      const data = new Uint8Array(buffer, byteOffset, numel * t.itemSize);
      storage = { key: String(this.list.length), dtype, numel, data };
      this.list.push(storage);
      byDtype.set(dtype, storage);
    }
    return storage;
  }
}

function* archivePieces(value: unknown): Generator<Uint8Array> {
  const storages = new Storages([]);
  const data = pickle(value, storages.reduce);
  const text = (content: string): Uint8Array => Buffer.from(content);
  const written = storages.list.map(({ key, data }): ZipMember => ({ name: `data/${key}`, data, crc: checksum(data) }));
  const members: ZipMember[] = [
    { name: 'data.pkl', data },
    { name: '.format_version', data: text('1') },
    { name: '.storage_alignment', data: text(String(ALIGNMENT)) },
    { name: 'byteorder', data: text('little') },
    ...written,
    { name: 'version', data: text('3\n') },
    { name: '.data/serialization_id', data: text(serializationId(data, written)) },
  ];
  yield* zipPieces(members.map((member) => ({ ...member, name: `archive/${member.name}` })));
}

/** 40 digits that depend on the content, as PyTorch's do. */
function serializationId(data: Uint8Array, storages: readonly ZipMember[]): string {
  const hash = createHash('sha256').update(data);
  for (const { crc } of storages) hash.update(`${crc},`);
  const digits = BigInt(`0x${hash.digest('hex')}`).toString();
  return digits.padStart(40, '0').slice(-40);
}

function* legacyPieces(value: unknown): Generator<Uint8Array> {
  const storages = new Storages([null]);
  const data = pickle(value, storages.reduce);
  yield pickle(MAGIC);
  yield pickle(PROTOCOL_VERSION);
  yield pickle({ protocol_version: PROTOCOL_VERSION, little_endian: true, type_sizes: { short: 2, int: 4, long: 4 } });
  yield data;
  yield pickle(storages.list.map(({ key }) => key));
  for (const storage of storages.list) {
    const count = Buffer.alloc(8);
    count.writeBigInt64LE(BigInt(storage.numel));
    yield count;
    yield storage.data;
  }
}
