/** Named tensors in one block of bytes, laid out like safetensors: header length, JSON header, data. */
import type { DType } from './dtype.js';

export interface ArchivedTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Archive {
  readonly metadata: { readonly [key: string]: unknown };
  readonly tensors: ReadonlyMap<string, ArchivedTensor>;
}

interface Header {
  readonly metadata: { readonly [key: string]: unknown };
  readonly tensors: { readonly [name: string]: readonly [dtype: DType, shape: readonly number[], begin: number, end: number] };
}

export function writeArchive({ metadata, tensors }: Archive): Uint8Array {
  let at = 0;
  const entries = [...tensors].map(([name, { dtype, shape, bytes }]) => {
    const begin = at;
    at += bytes.length;
    return [name, [dtype, shape, begin, at]] as const;
  });
  const header = new TextEncoder().encode(JSON.stringify({ metadata, tensors: Object.fromEntries(entries) }));
  const result = new Uint8Array(8 + header.length + at);
  new DataView(result.buffer).setBigUint64(0, BigInt(header.length), true);
  result.set(header, 8);
  let position = 8 + header.length;
  for (const { bytes } of tensors.values()) {
    result.set(bytes, position);
    position += bytes.length;
  }
  return result;
}

export function readArchive(bytes: Uint8Array): Archive {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Header;
  const data = bytes.subarray(8 + length);
  const tensors = Object.entries(header.tensors).map(
    ([name, [dtype, shape, begin, end]]) => [name, { dtype, shape, bytes: data.subarray(begin, end) }] as const,
  );
  return { metadata: header.metadata, tensors: new Map(tensors) };
}
