/**
 * safetensors: 8 bytes of little-endian header length, a JSON header, the tensors' bytes. The header says of each tensor its
 * dtype, shape and byte range; ranges cover the data without gap or overlap.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type DType, formatShape, fromTypedArray, isTensor, type Tensor } from '@flambeau/core';
import { dtypeInfo } from '@flambeau/core/internal';
import { writeFileAtomic } from './atomic.js';
import { CheckpointError } from './errors.js';

/** Named tensors, such as a state dict. */
export type TensorMap = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;
export type Metadata = Readonly<Record<string, string>>;

const CODES = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
  complex64: 'C64',
  complex128: 'C128',
} as const satisfies Record<DType, string>;
const DTYPES = new Map<string, DType>(Object.entries(CODES).map(([dtype, code]) => [code, dtype as DType]));

const METADATA = '__metadata__';
/** The largest header that readers accept. */
const MAX_HEADER_BYTES = 100_000_000;

export interface SaveOptions {
  /** Text stored beside the tensors. */
  readonly metadata?: Metadata;
}

const entriesOf = (tensors: TensorMap): [string, Tensor][] =>
  tensors instanceof Map ? [...tensors] : Object.entries(tensors as Record<string, Tensor>);

/**
 * Writes tensors to a safetensors file, atomically. Views are stored as what they show; shared memory is stored once per name.
 *
 * @throws {CheckpointError} If the file cannot be written. An older file of that name stays complete.
 */
export function saveFile(path: string, tensors: TensorMap, { metadata }: SaveOptions = {}): void {
  writeFileAtomic(path, serialize(tensors, metadata));
}

/** The bytes of a safetensors file, tensor by tensor. */
export function* serialize(tensors: TensorMap, metadata?: Metadata): Generator<Uint8Array> {
  const header = new Map<string, unknown>(metadata ? [[METADATA, metadata]] : []);
  // largest alignment first, so that every tensor is aligned in a mapped file
  const entries = entriesOf(tensors).toSorted(([a, x], [b, y]) => y.itemSize - x.itemSize || (a < b ? -1 : 1));
  let at = 0;
  for (const [name, t] of entries) {
    if (!isTensor(t)) throw new CheckpointError(`cannot save '${name}': it is not a tensor`);
    if (name === METADATA)
      throw new CheckpointError(`cannot save a tensor called '${METADATA}': the format uses this name itself`);
    const bytes = t.numel * t.itemSize;
    header.set(name, { dtype: CODES[t.dtype as DType], shape: t.shape, data_offsets: [at, at + bytes] });
    at += bytes;
  }
  const json = JSON.stringify(Object.fromEntries(header));
  const text = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.byteLength));
  yield length;
  yield text;
  for (const [, t] of entries) {
    const data = t.toTypedArray();
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

/** What the header says of a tensor. */
export interface TensorInfo {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Byte range in the data part of the file. */
  readonly offsets: readonly [number, number];
}

/** An open safetensors file: the header is read at once, tensors when they are asked for. Close it after use. */
export class SafetensorsFile {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  private readonly dataStart: number;
  private readonly file: number;

  constructor(readonly path: string) {
    try {
      this.file = openSync(path, 'r');
    } catch (cause) {
      throw new CheckpointError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
    }
    try {
      const { size } = fstatSync(this.file);
      const { header, dataStart } = this.readHeader(size);
      this.dataStart = dataStart;
      ({ metadata: this.metadata, tensors: this.tensors } = parseHeader(header, size - dataStart, path));
    } catch (error) {
      closeSync(this.file);
      throw error;
    }
  }

  private readHeader(size: number): { header: string; dataStart: number } {
    if (size < 8) throw new CheckpointError(`${this.path} is not a safetensors file: it has only ${size} bytes`);
    const length = Number(Buffer.from(this.read(0, 8)).readBigUInt64LE());
    if (length > MAX_HEADER_BYTES || length > size - 8)
      throw new CheckpointError(
        `${this.path} is truncated or not a safetensors file: it claims a header of ${length} bytes and has ${size} bytes`,
      );
    return { header: decodeHeader(this.read(8, length), this.path), dataStart: 8 + length };
  }

  private read(position: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const n = readSync(this.file, bytes, at, Math.min(length - at, 2 ** 30), position + at);
      if (n === 0) throw new CheckpointError(`${this.path} ends in the middle of its data`);
      at += n;
    }
    return bytes;
  }

  /** Reads one tensor. @throws {CheckpointError} If there is none of this name. */
  get(name: string): Tensor {
    const info = this.tensors.get(name);
    if (info === undefined)
      throw new CheckpointError(`${this.path} has no tensor '${name}'; it has ${[...this.tensors.keys()].join(', ')}`);
    const [begin, end] = info.offsets;
    const bytes = this.read(this.dataStart + begin, end - begin);
    return toTensor(bytes, info, name, this.path);
  }

  close(): void {
    closeSync(this.file);
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

function toTensor(bytes: Uint8Array<ArrayBuffer>, { dtype, shape }: TensorInfo, name: string, path: string): Tensor {
  if (dtype === 'bool' && bytes.some((x) => x > 1))
    throw new CheckpointError(`${path}: tensor '${name}' is bool, but has bytes other than 0 and 1`);
  const array = new (dtypeInfo(dtype).array)(bytes.buffer);
  return fromTypedArray(array, shape, { dtype });
}

function decodeHeader(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CheckpointError(`${path} is not a safetensors file: its header is not UTF-8 text`, { cause });
  }
}

function parseHeader(text: string, dataBytes: number, path: string): { metadata: Metadata; tensors: Map<string, TensorInfo> } {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(`${path} is not a safetensors file: its header is not JSON (${(cause as Error).message})`, {
      cause,
    });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new CheckpointError(`${path}: the header is not a JSON object`);
  const { [METADATA]: metadata = {}, ...entries } = header as Record<string, unknown>;
  if (typeof metadata !== 'object' || metadata === null || Object.values(metadata).some((v) => typeof v !== 'string'))
    throw new CheckpointError(`${path}: the metadata is not an object of strings`);
  const tensors = new Map(Object.entries(entries).map(([name, entry]) => [name, parseEntry(name, entry, path)]));
  checkRanges(tensors, dataBytes, path);
  return { metadata: metadata as Metadata, tensors };
}

function parseEntry(name: string, entry: unknown, path: string): TensorInfo {
  const { dtype: code, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  const dtype = DTYPES.get(code as string);
  if (dtype === undefined)
    throw new CheckpointError(
      `${path}: tensor '${name}' has dtype ${JSON.stringify(code)}, which is not supported; known: ${[...DTYPES.keys()].join(', ')}`,
    );
  if (!Array.isArray(shape) || !shape.every(isSize))
    throw new CheckpointError(`${path}: tensor '${name}' has an invalid shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw new CheckpointError(`${path}: tensor '${name}' has invalid offsets ${JSON.stringify(offsets)}`);
  const bytes = shape.reduce((a: number, b: number) => a * b, dtypeInfo(dtype).itemSize);
  if (offsets[1] - offsets[0] !== bytes)
    throw new CheckpointError(
      `${path}: tensor '${name}' of shape ${formatShape(shape)} and dtype ${dtype} needs ${bytes} bytes, its range has ${offsets[1] - offsets[0]}`,
    );
  return { dtype, shape, offsets: [offsets[0], offsets[1]] };
}

function checkRanges(tensors: ReadonlyMap<string, TensorInfo>, dataBytes: number, path: string): void {
  const ranges = [...tensors].toSorted(([, a], [, b]) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1]);
  let end = 0;
  for (const [name, { offsets }] of ranges) {
    if (offsets[0] !== end)
      throw new CheckpointError(
        `${path}: the data of tensor '${name}' begins at ${offsets[0]} instead of ${end}: ranges overlap or leave a gap`,
      );
    end = offsets[1];
  }
  if (end !== dataBytes)
    throw new CheckpointError(
      `${path} is ${end > dataBytes ? 'truncated' : 'longer than its header says'}: the header describes ${end} bytes of data, the file has ${dataBytes}`,
    );
}

/**
 * Reads all tensors of a safetensors file, in the file's order.
 *
 * @throws {CheckpointError} If the file is missing, truncated or malformed.
 */
export function loadFile(path: string): Record<string, Tensor> {
  const file = new SafetensorsFile(path);
  try {
    return Object.fromEntries([...file.tensors.keys()].map((name) => [name, file.get(name)]));
  } finally {
    file.close();
  }
}

/** The tensors in the bytes of a safetensors file. @throws {CheckpointError} */
export function load(bytes: Uint8Array): Record<string, Tensor> {
  const name = 'the given bytes';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.byteLength < 8 ? Number.POSITIVE_INFINITY : Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || length > bytes.byteLength - 8)
    throw new CheckpointError(`${name} are truncated or not safetensors (${bytes.byteLength} bytes)`);
  const data = bytes.subarray(8 + length);
  const { tensors } = parseHeader(decodeHeader(bytes.subarray(8, 8 + length), name), data.byteLength, name);
  // copies: a Buffer's own slice() would not
  return Object.fromEntries(
    [...tensors].map(([key, info]) => [key, toTensor(new Uint8Array(data.subarray(...info.offsets)), info, key, name)]),
  );
}
