/** PyTorch's storages: flat memory, by its key in the file, that tensors are views of. */
import { type DType, formatShape, Tensor } from '@flambeau/core';
import { MAX_DIMS } from '@flambeau/core/internal';
import type { ByteSource } from '../source.js';
import { type StoredType, storedSize, tensorOf } from '../stored-type.js';
import { applyBits, type LazyBits } from './lazy-bits.js';

/** The names of PyTorch's storage classes. */
export const STORAGE_CLASSES = {
  float32: 'FloatStorage',
  float64: 'DoubleStorage',
  float16: 'HalfStorage',
  bfloat16: 'BFloat16Storage',
  int64: 'LongStorage',
  int32: 'IntStorage',
  int16: 'ShortStorage',
  int8: 'CharStorage',
  uint8: 'ByteStorage',
  bool: 'BoolStorage',
  complex64: 'ComplexFloatStorage',
  complex128: 'ComplexDoubleStorage',
} as const satisfies Record<DType, string>;

/** What a storage class in a pickle stands for; null for untyped storages, whose size is in bytes. */
export class StorageType {
  constructor(readonly stored: StoredType | null) {}
  get itemSize(): number {
    return this.stored === null ? 1 : storedSize(this.stored);
  }
}

/** Storages of one file, under their keys. Tensors on one storage share its memory. */
export class StoredStorage {
  private readonly typed = new Map<string, Tensor>();

  constructor(
    readonly key: string,
    readonly type: StorageType,
    readonly bytes: Uint8Array<ArrayBuffer>,
    private readonly source: ByteSource,
  ) {}

  /** The whole storage as elements of one type, one-dimensional. */
  as(stored: StoredType, bits: LazyBits | null): Tensor {
    const key = bits === null ? stored : `${stored} ${bits.conj} ${bits.neg}`;
    const known = this.typed.get(key);
    if (known !== undefined) return known;
    const flat = bits === null ? this.elements(stored) : applyBits(this.as(stored, null), bits);
    if (flat === null) throw this.source.error(`a tensor is the conjugate or the negative of ${stored}, which is not supported`);
    this.typed.set(key, flat);
    return flat;
  }

  private elements(stored: StoredType): Tensor {
    const numel = this.bytes.byteLength / storedSize(stored);
    if (!Number.isInteger(numel))
      throw this.source.error(`storage ${this.key} has ${this.bytes.byteLength} bytes, no whole number of ${stored}`);
    return tensorOf(this.bytes, stored, [numel], this.source, `storage ${this.key}`);
  }
}

/** A part of a storage, as pickles refer to it: mostly all of it. */
export interface StorageSlice {
  readonly storage: StoredStorage;
  /** In elements. */
  readonly start: number;
  readonly numel: number;
}

export const isStorageSlice = (x: unknown): x is StorageSlice =>
  typeof x === 'object' && x !== null && (x as Partial<StorageSlice>).storage instanceof StoredStorage;

/** The tensor on a storage, after checking that it lies within. */
export function tensorOn(
  slice: StorageSlice,
  stored: StoredType,
  offset: unknown,
  shape: unknown,
  strides: unknown,
  bits: LazyBits | null,
  source: ByteSource,
): Tensor {
  if (!isSizes(shape) || !isSizes(strides) || shape.length !== strides.length || !isSize(offset))
    throw source.error(`a tensor has an invalid layout: size ${show(shape)}, stride ${show(strides)}, offset ${show(offset)}`);
  if (shape.length > MAX_DIMS) throw source.error(`a tensor has ${shape.length} dimensions; at most ${MAX_DIMS} are supported`);
  const numel = shape.reduce((a, b) => a * b, 1);
  const last = numel === 0 ? -1 : shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], 0);
  const available = Math.floor((slice.numel * slice.storage.type.itemSize) / storedSize(stored));
  if (!Number.isSafeInteger(numel) || !(offset + last < available))
    throw source.error(
      `a tensor of shape ${formatShape(shape)}, strides ${formatShape(strides)} and offset ${offset} does not lie within the ${available} elements of storage ${slice.storage.key}`,
    );
  const flat = slice.storage.as(stored, bits);
  return new Tensor(flat.storage, [...shape], [...strides], numel === 0 ? 0 : slice.start + offset, flat.info);
}

const isSize = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
const isSizes = (x: unknown): x is number[] => Array.isArray(x) && x.every(isSize);
const show = (x: unknown): string =>
  Array.isArray(x) && x.every((n) => typeof n === 'number')
    ? formatShape(x.slice(0, 20))
    : typeof x === 'number'
      ? `${x}`
      : typeof x;
