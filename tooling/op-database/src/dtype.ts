/** The dtypes that samples run in, and how their elements lie in memory. Independent of core, so that core can be tested by it. */

export type DType = FloatDType | IntDType | 'bool' | ComplexDType;
export type FloatDType = 'float32' | 'float64' | 'float16' | 'bfloat16';
export type IntDType = 'int64' | 'int32' | 'int16' | 'int8' | 'uint8';
export type ComplexDType = 'complex64' | 'complex128';

export const FLOAT: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16'];
export const INT: readonly DType[] = ['int64', 'int32', 'int16', 'int8', 'uint8'];
export const COMPLEX: readonly DType[] = ['complex64', 'complex128'];
export const REAL: readonly DType[] = [...FLOAT, ...INT];
export const REAL_AND_BOOL: readonly DType[] = [...REAL, 'bool'];
export const ALL: readonly DType[] = [...REAL_AND_BOOL, ...COMPLEX];

export const ITEM_SIZE: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
  complex64: 8,
  complex128: 16,
};

export const isFloat = (dtype: DType): dtype is FloatDType => FLOAT.includes(dtype);
export const isComplex = (dtype: DType): dtype is ComplexDType => COMPLEX.includes(dtype);
export const isInt = (dtype: DType): dtype is IntDType => INT.includes(dtype);

/** Elements as JavaScript numbers; (re, im) pairs for complex, bigints for int64. */
export type Elements = Float64Array | BigInt64Array;

/** Bits of the float16 nearest to `value`, ties to even. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const x = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (x >= 65520) return sign | 0x7c00;
  if (x < 2 ** -14) return sign | roundHalfEven(x * 2 ** 24); // denormals are multiples of 2^-24
  const exponent = Math.floor(Math.log2(x));
  const e = x < 2 ** exponent ? exponent - 1 : x >= 2 ** (exponent + 1) ? exponent + 1 : exponent; // log2 may be off by one
  return sign | (((e + 15) << 10) + roundHalfEven((x / 2 ** e - 1) * 1024)); // a carry moves to the next exponent
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** Bits of the bfloat16 nearest to the float32 nearest to `value`, ties to even. */
function bfloatBits(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function bfloatValue(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** Elements as the bytes of `dtype`; numbers are rounded to the nearest value. */
export function encode(dtype: DType, elements: Elements): Uint8Array {
  const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (dtype === 'int64')
    return bytes(elements instanceof BigInt64Array ? elements : BigInt64Array.from(elements, (x) => BigInt(x)));
  const numbers = elements as Float64Array;
  switch (dtype) {
    case 'float64':
    case 'complex128':
      return bytes(numbers);
    case 'float32':
    case 'complex64':
      return bytes(Float32Array.from(numbers));
    case 'float16':
      return bytes(Uint16Array.from(numbers, halfBits));
    case 'bfloat16':
      return bytes(Uint16Array.from(numbers, bfloatBits));
    case 'int32':
      return bytes(Int32Array.from(numbers));
    case 'int16':
      return bytes(Int16Array.from(numbers));
    case 'int8':
      return bytes(Int8Array.from(numbers));
    case 'uint8':
      return bytes(Uint8Array.from(numbers));
    case 'bool':
      return bytes(Uint8Array.from(numbers, (x) => (x === 0 ? 0 : 1)));
  }
}

/** The elements that the bytes of `dtype` stand for. */
export function decode(dtype: DType, source: Uint8Array): Elements {
  const { buffer } = new Uint8Array(source); // a copy, hence aligned
  switch (dtype) {
    case 'int64':
      return new BigInt64Array(buffer);
    case 'float64':
    case 'complex128':
      return new Float64Array(buffer);
    case 'float32':
    case 'complex64':
      return Float64Array.from(new Float32Array(buffer));
    case 'float16':
      return Float64Array.from(new Uint16Array(buffer), halfValue);
    case 'bfloat16':
      return Float64Array.from(new Uint16Array(buffer), bfloatValue);
    case 'int32':
      return Float64Array.from(new Int32Array(buffer));
    case 'int16':
      return Float64Array.from(new Int16Array(buffer));
    case 'int8':
      return Float64Array.from(new Int8Array(buffer));
    case 'uint8':
    case 'bool':
      return Float64Array.from(new Uint8Array(buffer));
  }
}
