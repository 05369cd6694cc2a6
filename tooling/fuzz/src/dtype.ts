/** What the reference knows of dtypes: how values are rounded to them and in which dtype two operands meet. */
import type { DType } from '@flambeau/core';

export type Dtype = Exclude<DType, 'complex64' | 'complex128'>;

interface Info {
  /** bool, integer, floating: an operand of a higher category decides the dtype. */
  readonly category: 0 | 1 | 2;
  readonly bits: number;
  /** Distance from 1 to the next number. */
  readonly epsilon: number;
}

const INFO: Record<Dtype, Info> = {
  bool: { category: 0, bits: 8, epsilon: 0 },
  uint8: { category: 1, bits: 8, epsilon: 0 },
  int8: { category: 1, bits: 8, epsilon: 0 },
  int16: { category: 1, bits: 16, epsilon: 0 },
  int32: { category: 1, bits: 32, epsilon: 0 },
  int64: { category: 1, bits: 64, epsilon: 0 },
  float16: { category: 2, bits: 16, epsilon: 2 ** -10 },
  bfloat16: { category: 2, bits: 16, epsilon: 2 ** -7 },
  float32: { category: 2, bits: 32, epsilon: 2 ** -23 },
  float64: { category: 2, bits: 64, epsilon: 2 ** -52 },
};
export const DTYPES = Object.keys(INFO) as Dtype[];
export const info = (dtype: Dtype): Info => INFO[dtype];
export const isFloat = (dtype: Dtype): boolean => INFO[dtype].category === 2;

/** An operation whose result depends on what C++ leaves open, or on more digits than the reference has: not one to compare. */
export class Unsuitable extends Error {}

/** To the nearest number with so many digits after the leading one; ties go to the even neighbour. */
function roundDigits(x: number, digits: number, smallestExponent: number, largest: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), smallestExponent);
  const unit = 2 ** (exponent - digits);
  const scaled = x / unit;
  const below = Math.floor(scaled);
  const up = scaled - below > 0.5 || (scaled - below === 0.5 && below % 2 !== 0);
  const rounded = (up ? below + 1 : below) * unit;
  return Math.abs(rounded) > largest ? Math.sign(x) * Number.POSITIVE_INFINITY : rounded;
}

/** The value that a tensor of this dtype holds once `x` has been stored. */
export function stored(dtype: Dtype, x: number): number {
  switch (dtype) {
    case 'float64':
      return x;
    case 'float32':
      return Math.fround(x);
    case 'float16':
      return roundDigits(Math.fround(x), 10, -14, 65504);
    case 'bfloat16':
      return roundDigits(Math.fround(x), 7, -126, 3.3895313892515355e38);
    case 'bool':
      return x !== 0 ? 1 : 0;
  }
  if (!Number.isSafeInteger(x)) throw new Unsuitable();
  const bits = INFO[dtype].bits;
  if (bits === 64) return x;
  const wrapped = ((x % 2 ** bits) + 2 ** bits) % 2 ** bits;
  return dtype !== 'uint8' && wrapped >= 2 ** (bits - 1) ? wrapped - 2 ** bits : wrapped;
}

/** The value in another dtype. Floating numbers lose their fraction on the way to integers and must fit. */
export function converted(from: Dtype, to: Dtype, x: number): number {
  if (!isFloat(from) || INFO[to].category !== 1) return stored(to, x);
  const whole = Math.trunc(x) + 0;
  if (stored(to, whole) !== whole) throw new Unsuitable();
  return whole;
}

function promoteTypes(a: Dtype, b: Dtype): Dtype {
  if (a === b) return a;
  const [x, y] = [INFO[a], INFO[b]];
  if (x.category !== y.category) return x.category > y.category ? a : b;
  if (x.category === 2) return x.bits === y.bits ? 'float32' : x.bits > y.bits ? a : b; // float16 with bfloat16
  if (x.bits !== y.bits) return x.bits > y.bits ? a : b;
  return 'int16'; // int8 with uint8
}

/** The dtype in which two operands meet: one without dimensions counts only if its category is higher. */
export function meetingDtype(a: { dtype: Dtype; ndim: number }, b: { dtype: Dtype; ndim: number }): Dtype {
  const [x, y] = [INFO[a.dtype].category, INFO[b.dtype].category];
  if (a.ndim > 0 === b.ndim > 0) return promoteTypes(a.dtype, b.dtype);
  const [array, scalar] = a.ndim > 0 ? [a, b] : [b, a];
  return (a.ndim > 0 ? y > x : x > y) ? promoteTypes(array.dtype, scalar.dtype) : array.dtype;
}
