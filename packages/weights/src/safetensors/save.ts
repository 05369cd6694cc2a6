/** Writing safetensors files. */
import { type DType, isTensor, type Tensor } from '@flambeau/core';
import { writeFileAtomic } from '../atomic.js';
import { CheckpointError } from '../errors.js';
import { bytesOf } from '../tensor-bytes.js';
import { entriesOf, type Metadata, type TensorMap } from '../tensor-file.js';
import { CODES, METADATA } from './header.js';

export interface SaveFileOptions {
  /** Text stored beside the tensors. */
  readonly metadata?: Metadata;
}

/**
 * Writes tensors to a safetensors file, atomically. Views are stored as what they show; shared memory is stored once per name
 * (`saveModel` stores it once). Python: `safetensors.torch.save_file`.
 *
 * @throws {CheckpointError} If the file cannot be written. An older file of that name stays complete.
 */
export function saveFile(path: string, tensors: TensorMap, { metadata }: SaveFileOptions = {}): void {
  writeFileAtomic(path, serialize(tensors, metadata));
}

/** The bytes of a safetensors file, tensor by tensor. The pieces may be the tensors' own memory: write or copy them at once. */
export function* serialize(tensors: TensorMap, metadata?: Metadata): Generator<Uint8Array> {
  const header = new Map<string, unknown>(metadata ? [[METADATA, metadata]] : []);
  // largest alignment first, so that every tensor is aligned in a mapped file
  const entries = entriesOf(tensors).toSorted(([a, x], [b, y]) => y.itemSize - x.itemSize || (a < b ? -1 : 1));
  let at = 0;
  for (const [name, t] of entries) {
    checkEntry(name, t);
    const bytes = byteLengthOf(t);
    header.set(name, { dtype: CODES[t.dtype as DType], shape: t.shape, data_offsets: [at, at + bytes] });
    at += bytes;
  }
  const json = JSON.stringify(Object.fromEntries(header));
  const text = Buffer.from(json + ' '.repeat((8 - (Buffer.byteLength(json) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.byteLength));
  yield length;
  yield text;
  for (const [, t] of entries) yield bytesOf(t);
}

/** Bytes of a tensor in a file. */
export const byteLengthOf = (t: Tensor): number => t.numel * t.itemSize;

function checkEntry(name: string, t: unknown): void {
  if (!isTensor(t)) throw new CheckpointError(`cannot save '${name}': it is not a tensor`);
  if (name === METADATA) throw new CheckpointError(`cannot save a tensor called '${METADATA}': the format uses this name itself`);
}
