/**
 * Element types as files have them: Flambeau's dtypes, and some it has no dtype for, which are read into the smallest dtype that
 * holds every value.
 */
import { type DType, fromTypedArray, type Tensor, type TypedArray } from '@flambeau/core';
import { dtypeInfo } from '@flambeau/core/internal';
import type { ByteSource } from './source.js';

/** An element type in a file, by PyTorch's name. */
export type StoredType = DType | keyof typeof WIDENED;

interface Widening {
  readonly dtype: DType;
  readonly itemSize: number;
  /** The elements in `dtype`; null if one of them does not fit. */
  readonly widen: (bytes: Uint8Array<ArrayBuffer>) => TypedArray | null;
}

const WIDENED = {
  uint16: { dtype: 'int32', itemSize: 2, widen: (b) => Int32Array.from(new Uint16Array(b.buffer)) },
  uint32: { dtype: 'int64', itemSize: 4, widen: (b) => BigInt64Array.from(new Uint32Array(b.buffer), BigInt) },
  uint64: { dtype: 'int64', itemSize: 8, widen: unsignedToSigned },
  float8_e4m3fn: { dtype: 'float16', itemSize: 1, widen: (b) => Uint16Array.from(b, e4m3ToHalf) },
  float8_e5m2: { dtype: 'float16', itemSize: 1, widen: (b) => Uint16Array.from(b, (bits) => bits << 8) },
} as const satisfies Record<string, Widening>;

const wideningOf = (stored: StoredType): Widening | undefined =>
  Object.hasOwn(WIDENED, stored) ? WIDENED[stored as keyof typeof WIDENED] : undefined;

/** The dtype that elements of this type are read into. */
export const dtypeOf = (stored: StoredType): DType => wideningOf(stored)?.dtype ?? (stored as DType);
/** Bytes per element in the file. */
export const storedSize = (stored: StoredType): number => wideningOf(stored)?.itemSize ?? dtypeInfo(stored as DType).itemSize;

/** A tensor on `bytes`, without a copy where Flambeau has the dtype. The bytes must start their buffer and be little-endian. */
export function tensorOf(
  bytes: Uint8Array<ArrayBuffer>,
  stored: StoredType,
  shape: readonly number[],
  source: ByteSource,
  name: string,
): Tensor {
  const dtype = dtypeOf(stored);
  if (dtype === 'bool' && bytes.some((x) => x > 1))
    throw source.error(`tensor '${name}' is bool, but has bytes other than 0 and 1`);
  const widening = wideningOf(stored);
  const array = widening === undefined ? new (dtypeInfo(dtype).array)(bytes.buffer) : widening.widen(bytes);
  if (array === null) throw source.error(`tensor '${name}' is ${stored}, and a value is greater than any ${dtype}`);
  return fromTypedArray(array, shape, { dtype });
}

/** Turns big-endian elements into little-endian ones, in place. */
export function swapBytes(bytes: Uint8Array, stored: StoredType): void {
  const complex = stored === 'complex64' || stored === 'complex128';
  const size = storedSize(stored) / (complex ? 2 : 1);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else if (size === 8) buffer.swap64();
}

function unsignedToSigned(bytes: Uint8Array<ArrayBuffer>): BigInt64Array | null {
  const signed = new BigInt64Array(bytes.buffer);
  return signed.some((x) => x < 0n) ? null : signed;
}

/** float8_e4m3fn (bias 7, no infinities, NaN is S.1111.111) to the bits of a float16 (bias 15). */
function e4m3ToHalf(bits: number): number {
  const sign = (bits & 0x80) << 8;
  const exponent = (bits >> 3) & 15;
  const mantissa = bits & 7;
  if (exponent === 15 && mantissa === 7) return sign | 0x7f80;
  if (exponent > 0) return sign | ((exponent + 8) << 10) | (mantissa << 7);
  if (mantissa === 0) return sign;
  const leading = 31 - Math.clz32(mantissa); // subnormal: mantissa * 2^-9, which float16 holds as a normal number
  return sign | ((leading + 6) << 10) | ((mantissa << (10 - leading)) & 0x3ff);
}
