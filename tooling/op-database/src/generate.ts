/**
 * The elements of a tensor spec. They come from an integer hash and plain arithmetic, so they are the same everywhere and for
 * ever: stored results stay valid.
 */
import { type DType, type Elements, encode, isComplex, isFloat } from './dtype.js';
import type { TensorSpec } from './spec.js';

/** A 32-bit mix (MurmurHash3's finalizer) of a seed and a counter. */
function mix(seed: number, i: number): number {
  let h = (seed ^ Math.imul(i + 1, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A seed from a text (FNV-1a). */
export function seedOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Uniform in [0, 1), all 53 bits used. */
const unit = (seed: number, i: number): number => ((mix(seed, 2 * i) >>> 5) * 2 ** 26 + (mix(seed, 2 * i + 1) >>> 6)) * 2 ** -53;

/** The sum of four uniform numbers, scaled to standard deviation 1: close enough to normal, and free of library functions. */
const almostNormal = (seed: number, i: number): number =>
  (unit(seed, 4 * i) + unit(seed, 4 * i + 1) + unit(seed, 4 * i + 2) + unit(seed, 4 * i + 3) - 2) * Math.sqrt(3);

const FLOAT_EDGES: Readonly<Record<string, readonly number[]>> = {
  float64: [5e-324, 2.2250738585072014e-308, 2.220446049250313e-16, 1.7976931348623157e308],
  float32: [1.401298464324817e-45, 1.1754943508222875e-38, 1.1920928955078125e-7, 3.4028234663852886e38],
  float16: [5.960464477539063e-8, 6.103515625e-5, 9.765625e-4, 65504],
  bfloat16: [9.183549615799121e-41, 1.1754943508222875e-38, 0.0078125, 3.3895313892515355e38],
};
const INT_RANGE: Readonly<Record<string, readonly [number, number]>> = {
  int64: [-(2 ** 63), 2 ** 63], // the upper end becomes 2^63 - 1 below
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int8: [-128, 127],
  uint8: [0, 255],
};

function edgeValues(dtype: DType): readonly number[] {
  if (dtype === 'bool') return [0, 1];
  if (isFloat(dtype)) {
    const [denormal, smallest, epsilon, largest] = FLOAT_EDGES[dtype];
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0];
    const signed = [denormal, smallest, epsilon, largest, 1, 0.5, 1.5, 2.5, 3, 20, 88, 100];
    return [...special, ...signed.flatMap((x) => [x, -x])];
  }
  const [low, high] = INT_RANGE[dtype];
  return low === 0 ? [0, 1, 2, 3, 127, 128, 254, high] : [0, 1, -1, 2, -2, 3, -3, 7, low, high];
}

/** Ranks of `count` hash values: a permutation of 0 … count-1. */
function permutation(seed: number, count: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => mix(seed, a) - mix(seed, b) || a - b);
  const ranks = new Int32Array(count);
  for (let rank = 0; rank < count; rank++) ranks[order[rank]] = rank;
  return ranks;
}

function numberAt(spec: TensorSpec, dtype: DType, seed: number): (i: number) => number {
  const floating = isFloat(dtype) || isComplex(dtype);
  const unsigned = dtype === 'uint8';
  switch (spec.fill) {
    case 'normal':
      if (floating) return (i) => almostNormal(seed, i);
      if (dtype === 'bool') return (i) => mix(seed, i) & 1;
      return unsigned ? (i) => mix(seed, i) % 10 : (i) => (mix(seed, i) % 19) - 9;
    case 'positive':
      return floating ? (i) => 0.1 + 2.9 * unit(seed, i) : (i) => 1 + (mix(seed, i) % 9);
    case 'nonzero': {
      const sign = (i: number) => (!unsigned && mix(seed + 1, i) & 1 ? -1 : 1);
      return floating ? (i) => sign(i) * (0.3 + 2 * unit(seed, i)) : (i) => sign(i) * (1 + (mix(seed, i) % 9));
    }
    case 'uniform': {
      const { low = 0, high = 1 } = spec;
      return floating ? (i) => low + (high - low) * unit(seed, i) : (i) => low + (mix(seed, i) % (high - low));
    }
    case 'edges': {
      const list = edgeValues(dtype);
      const step = [1, 3, 7][seed % 3]; // divides no list's length: every value comes, in different orders for two operands
      return (i) => list[(i * step) % list.length];
    }
    case 'values':
      return isComplex(dtype)
        ? (i) => (i % 2 === 0 ? (spec.values as readonly number[])[i / 2] : 0)
        : (i) => (spec.values as readonly number[])[i];
    case 'distinct':
      throw new Error('distinct values are made together');
  }
}

/** The elements of `spec` in row-major order, as bytes of its dtype (`tested` if it names none). */
export function generate(spec: TensorSpec, tested: DType, seed: number): Uint8Array {
  const dtype = spec.dtype ?? tested;
  const parts = isComplex(dtype) ? 2 : 1;
  const count = spec.shape.reduce((a, b) => a * b, 1) * parts;
  if (spec.fill === 'values' && spec.values?.length !== count / parts)
    throw new Error(`${spec.values?.length} values for shape ${spec.shape}`);
  if (spec.fill === 'distinct') {
    const ranks = permutation(seed, count);
    const [step, jitter] = isFloat(dtype) ? [0.37, 0.2] : [1, 0];
    const middle = dtype === 'uint8' ? 0 : Math.floor(count / 2);
    return encode(
      dtype,
      Float64Array.from(ranks, (rank, i) => (rank - middle) * step + jitter * unit(seed, i)),
    );
  }
  const at = numberAt(spec, dtype, seed);
  let elements: Elements;
  if (dtype === 'int64') {
    const clamped = (x: number) => (x >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(x));
    elements = BigInt64Array.from({ length: count }, (_, i) => clamped(at(i)));
  } else {
    elements = new Float64Array(count);
    for (let i = 0; i < count; i++) elements[i] = at(i);
  }
  return encode(dtype, elements);
}
