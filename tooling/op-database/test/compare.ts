/** Comparison with stored results. */
import type { Tensor } from '@flambeau/core';
import { type ArchivedTensor, type DType, decode, isComplex, type Tolerance } from '@flambeau/op-database';
import { bytesOf } from './build.js';

/**
 * How far a result may be from PyTorch's. float64: a few hundred roundings. float32: PyTorch's own tolerance, relative part;
 * float16 and bfloat16: two units in the last place, since both sides round once from float32. Integers and bools are exact.
 */
export const TOLERANCES: Readonly<Record<DType, Tolerance>> = {
  float64: [1e-12, 1e-13],
  float32: [2e-6, 1e-6],
  float16: [2e-3, 1e-5],
  bfloat16: [1.6e-2, 1e-5],
  complex64: [2e-6, 1e-6],
  complex128: [1e-12, 1e-13],
  int64: [0, 0],
  int32: [0, 0],
  int16: [0, 0],
  int8: [0, 0],
  uint8: [0, 0],
  bool: [0, 0],
};

/** The oracle stores long results as this many evenly spaced elements. */
const LONG = 2048;
const PICKED = 256;

function position(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  let rest = flat;
  for (let d = shape.length - 1; d >= 0; d--) {
    index.unshift(rest % shape[d]);
    rest = Math.floor(rest / shape[d]);
  }
  return `[${index.join(', ')}]`;
}

const isClose = (got: number, expected: number, [rtol, atol]: Tolerance): boolean =>
  Object.is(got, expected) ||
  got === expected ||
  (Number.isFinite(got) && Math.abs(got - expected) <= atol + rtol * Math.abs(expected));

/** What is wrong with `got`, or null. */
export function difference(
  got: Tensor,
  expected: ArchivedTensor,
  tolerance: Tolerance = TOLERANCES[expected.dtype],
): string | null {
  if (got.dtype !== expected.dtype) return `dtype ${got.dtype}, expected ${expected.dtype}`;
  if (String(got.shape) !== String(expected.shape))
    return `shape (${got.shape.join(', ')}), expected (${expected.shape.join(', ')})`;
  const a = decode(expected.dtype, bytesOf(got));
  const b = decode(expected.dtype, expected.bytes);
  const long = got.numel > LONG;
  const parts = isComplex(expected.dtype) ? 2 : 1;
  const count = long ? PICKED : got.numel;
  let wrong = 0;
  let first = '';
  for (let i = 0; i < count; i++) {
    const at = long ? Math.floor((i * (got.numel - 1)) / (PICKED - 1)) : i;
    for (let part = 0; part < parts; part++) {
      const x = a[at * parts + part];
      const y = b[i * parts + part];
      if (typeof x === 'bigint' || typeof y === 'bigint' ? x === y : isClose(x, y, tolerance)) continue;
      if (wrong++ === 0) {
        const gap = typeof x === 'number' && typeof y === 'number' ? ` (difference ${Math.abs(x - y).toExponential(2)})` : '';
        first = `at ${position(at, got.shape)}${part === 1 ? ' (imaginary part)' : ''}: got ${x}, expected ${y}${gap}`;
      }
    }
  }
  return wrong === 0 ? null : `${first}; ${wrong} of ${count} elements differ`;
}

/** What differs between two tensors that must be the same bit for bit, or null. */
export function bitDifference(got: Tensor, expected: Tensor): string | null {
  return difference(got, archived(expected), [0, 0]) ?? sameBytes(got, expected);
}

export const archived = (t: Tensor): ArchivedTensor => ({ dtype: t.dtype as DType, shape: t.shape, bytes: wholeOrPicked(t) });

function wholeOrPicked(t: Tensor): Uint8Array {
  const bytes = bytesOf(t);
  if (t.numel <= LONG) return bytes;
  const size = bytes.length / t.numel;
  const picked = new Uint8Array(PICKED * size);
  for (let i = 0; i < PICKED; i++) {
    const at = Math.floor((i * (t.numel - 1)) / (PICKED - 1)) * size;
    picked.set(bytes.subarray(at, at + size), i * size);
  }
  return picked;
}

function sameBytes(got: Tensor, expected: Tensor): string | null {
  const [a, b] = [bytesOf(got), bytesOf(expected)];
  if (Buffer.compare(a, b) === 0) return null;
  const size = a.length / got.numel;
  const at = Math.floor(a.findIndex((x, i) => x !== b[i]) / size);
  const [x, y] = [a, b].map((bytes) => decode(got.dtype as DType, bytes.slice(at * size, (at + 1) * size))[0]);
  const sign = (v: number | bigint) => (Object.is(v, -0) ? '-0' : String(v));
  return `not the same bits, first at ${position(at, got.shape)}: got ${sign(x)}, expected ${sign(y)}`;
}
