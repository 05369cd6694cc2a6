/**
 * The header of a safetensors file: 8 bytes of little-endian length, then JSON that says of each tensor its dtype, shape and byte
 * range. The ranges cover the data behind the header without gap or overlap.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
import { type DType, formatShape, type Tensor } from '@flambeau/core';
import { CheckpointError } from '../errors.js';
import type { ByteSource } from '../source.js';
import { dtypeOf, type StoredType, storedSize, tensorOf } from '../stored-type.js';
import type { Metadata, TensorInfo } from '../tensor-file.js';

export const CODES = {
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
  uint16: 'U16',
  uint32: 'U32',
  uint64: 'U64',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
} as const satisfies Record<StoredType, string>;
const STORED = new Map<string, StoredType>(Object.entries(CODES).map(([type, code]) => [code, type as StoredType]));

export const METADATA = '__metadata__';
/** The largest header that readers accept. */
const MAX_HEADER_BYTES = 100_000_000;

/** What the header says of a tensor. */
export interface SafetensorsInfo extends TensorInfo {
  /** The element type in the file; other than `dtype` where Flambeau has no such dtype. */
  readonly stored: StoredType;
  /** Byte range in the data part of the file. */
  readonly offsets: readonly [number, number];
}

export interface Header {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
  /** Where the data begins in the file. */
  readonly dataStart: number;
}

/** Whether a source begins like a safetensors file. */
export function looksLikeSafetensors(source: ByteSource): boolean {
  if (source.size < 10) return false;
  const start = Buffer.from(source.read(0, 9));
  return start[8] === 0x7b && start.readBigUInt64LE() <= BigInt(source.size - 8);
}

export function readHeader(source: ByteSource): Header {
  const { size } = source;
  if (size < 8) throw new CheckpointError(`${source.name} is truncated or not a safetensors file: it has only ${size} bytes`);
  const length = Number(Buffer.from(source.read(0, 8)).readBigUInt64LE());
  if (length > MAX_HEADER_BYTES || length > size - 8)
    throw new CheckpointError(
      `${source.name} is truncated or not a safetensors file: it claims a header of ${length} bytes and has ${size} bytes`,
    );
  const dataStart = 8 + length;
  return { ...parse(decode(source.read(8, length), source), size - dataStart, source), dataStart };
}

/** Reads one tensor. */
export function readTensor(source: ByteSource, dataStart: number, name: string, info: SafetensorsInfo): Tensor {
  const [begin, end] = info.offsets;
  return tensorOf(source.read(dataStart + begin, end - begin), info.stored, info.shape, source, name);
}

function decode(bytes: Uint8Array, source: ByteSource): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw source.error('not a safetensors file: its header is not UTF-8 text', cause);
  }
}

function parse(text: string, dataBytes: number, source: ByteSource): Omit<Header, 'dataStart'> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw source.error(`not a safetensors file: its header is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw source.error('the header is not a JSON object');
  const { [METADATA]: metadata = {}, ...entries } = header as Record<string, unknown>;
  if (typeof metadata !== 'object' || metadata === null || Object.values(metadata).some((v) => typeof v !== 'string'))
    throw source.error('the metadata is not an object of strings');
  const tensors = new Map(Object.entries(entries).map(([name, entry]) => [name, parseEntry(name, entry, source)]));
  checkRanges(tensors, dataBytes, source);
  return { metadata: metadata as Metadata, tensors };
}

function parseEntry(name: string, entry: unknown, source: ByteSource): SafetensorsInfo {
  const { dtype: code, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  const stored = STORED.get(code as string);
  if (stored === undefined)
    throw source.error(
      `tensor '${name}' has dtype ${JSON.stringify(code)}, which is not supported; known: ${[...STORED.keys()].join(', ')}`,
    );
  if (!Array.isArray(shape) || !shape.every(isSize))
    throw source.error(`tensor '${name}' has an invalid shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw source.error(`tensor '${name}' has invalid offsets ${JSON.stringify(offsets)}`);
  const dtype: DType = dtypeOf(stored);
  const bytes = shape.reduce((a: number, b: number) => a * b, storedSize(stored));
  if (offsets[1] - offsets[0] !== bytes)
    throw source.error(
      `tensor '${name}' of shape ${formatShape(shape)} and dtype ${stored} needs ${bytes} bytes, its range has ${offsets[1] - offsets[0]}`,
    );
  return { dtype, stored, shape, offsets: [offsets[0], offsets[1]] };
}

function checkRanges(tensors: ReadonlyMap<string, SafetensorsInfo>, dataBytes: number, source: ByteSource): void {
  const ranges = [...tensors].toSorted(([, a], [, b]) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1]);
  let end = 0;
  for (const [name, { offsets }] of ranges) {
    if (offsets[0] !== end)
      throw source.error(`the data of tensor '${name}' begins at ${offsets[0]} instead of ${end}: ranges overlap or leave a gap`);
    end = offsets[1];
  }
  if (end !== dataBytes)
    throw source.error(
      `it is ${end > dataBytes ? 'truncated' : 'longer than its header says'}: the header describes ${end} bytes of data, the file has ${dataBytes}`,
    );
}
