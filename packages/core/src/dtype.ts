/**
 * The twelve element types and what is known about each of them.
 *
 * A dtype is named by a string (`'float32'`), so it prints, compares, serialises and crosses threads as itself; `dtypeInfo` gives
 * its size, kind and kernel code.
 */
import { DTYPE_CODES } from '@flambeau/kernels';

/** Element type of a tensor. */
export type DType = FloatDType | IntDType | 'bool' | ComplexDType;
export type FloatDType = 'float32' | 'float64' | 'float16' | 'bfloat16';
export type IntDType = 'int64' | 'int32' | 'int16' | 'int8' | 'uint8';
export type ComplexDType = 'complex64' | 'complex128';

/** Categories in promotion order: a tensor of a higher category decides the result's category. */
export type DTypeKind = 'bool' | 'int' | 'float' | 'complex';

export interface DTypeInfo {
  readonly name: DType;
  readonly kind: DTypeKind;
  /** 0 bool, 1 int, 2 float, 3 complex. */
  readonly category: number;
  /** Bytes per element. */
  readonly itemSize: number;
  /** What the kernels call it. */
  readonly code: number;
  /** The typed array that JavaScript reads it through; float16 and bfloat16 as raw bits, complex as interleaved (re, im). */
  readonly array: TypedArrayConstructor;
}

export type TypedArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint16Array;
export type TypedArrayConstructor =
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | BigInt64ArrayConstructor
  | Int32ArrayConstructor
  | Int16ArrayConstructor
  | Int8ArrayConstructor
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor;

const CATEGORY = { bool: 0, int: 1, float: 2, complex: 3 } as const;

function info(name: DType, kind: DTypeKind, itemSize: number, array: TypedArrayConstructor): DTypeInfo {
  return { name, kind, category: CATEGORY[kind], itemSize, code: DTYPE_CODES[name], array };
}

const INFO = {
  float32: info('float32', 'float', 4, Float32Array),
  float64: info('float64', 'float', 8, Float64Array),
  float16: info('float16', 'float', 2, Uint16Array),
  bfloat16: info('bfloat16', 'float', 2, Uint16Array),
  int64: info('int64', 'int', 8, BigInt64Array),
  int32: info('int32', 'int', 4, Int32Array),
  int16: info('int16', 'int', 2, Int16Array),
  int8: info('int8', 'int', 1, Int8Array),
  uint8: info('uint8', 'int', 1, Uint8Array),
  bool: info('bool', 'bool', 1, Uint8Array),
  complex64: info('complex64', 'complex', 8, Float32Array),
  complex128: info('complex128', 'complex', 16, Float64Array),
} as const satisfies Record<DType, DTypeInfo>;

/** What is known about a dtype. Throws a TypeError for anything that is not one. */
export function dtypeInfo(dtype: DType): DTypeInfo {
  const found: DTypeInfo | undefined = INFO[dtype];
  if (found === undefined) throw new TypeError(`unknown dtype ${String(dtype)}; expected one of ${Object.keys(INFO).join(', ')}`);
  return found;
}

export const float32 = 'float32';
export const float64 = 'float64';
export const float16 = 'float16';
export const bfloat16 = 'bfloat16';
export const int64 = 'int64';
export const int32 = 'int32';
export const int16 = 'int16';
export const int8 = 'int8';
export const uint8 = 'uint8';
export const bool = 'bool';
export const complex64 = 'complex64';
export const complex128 = 'complex128';

/** The dtype of a complex one's parts; others as they are. */
export const toRealInfo = (info: DTypeInfo): DTypeInfo =>
  info === INFO.complex64 ? INFO.float32 : info === INFO.complex128 ? INFO.float64 : info;
/** The complex dtype with parts of a real one. */
export const toComplexInfo = (info: DTypeInfo): DTypeInfo =>
  info.kind === 'complex' ? info : info === INFO.float64 ? INFO.complex128 : INFO.complex64;

export const isFloatingPoint = (dtype: DType): boolean => dtypeInfo(dtype).kind === 'float';
export const isComplexDType = (dtype: DType): boolean => dtypeInfo(dtype).kind === 'complex';

const INT_RANK: DType[] = ['int8', 'int16', 'int32', 'int64'];
const FLOAT_RANK: DType[] = ['float32', 'float64'];

function promote(a: DTypeInfo, b: DTypeInfo): DTypeInfo {
  if (a === b) return a;
  if (a.category !== b.category) {
    const [low, high] = a.category < b.category ? [a, b] : [b, a];
    if (high.kind !== 'complex') return high;
    return low.name === 'float64' ? INFO.complex128 : high;
  }
  switch (a.kind) {
    case 'complex':
      return INFO.complex128;
    case 'float':
      // float16 with bfloat16 meets in float32
      if (FLOAT_RANK.includes(a.name) || FLOAT_RANK.includes(b.name))
        return FLOAT_RANK.indexOf(a.name) > FLOAT_RANK.indexOf(b.name) ? a : b;
      return INFO.float32;
    default: {
      if (a.name === 'uint8' || b.name === 'uint8') {
        const other = a.name === 'uint8' ? b : a;
        return other.name === 'int8' ? INFO.int16 : other; // neither holds the other's range
      }
      return INT_RANK.indexOf(a.name) > INT_RANK.indexOf(b.name) ? a : b;
    }
  }
}

const PROMOTION = new Map<DTypeInfo, Map<DTypeInfo, DTypeInfo>>(
  Object.values(INFO).map((a) => [a, new Map(Object.values(INFO).map((b) => [b, promote(a, b)]))]),
);

/** The smallest dtype that holds both (PyTorch: `torch.promote_types`). */
export function promoteTypes(a: DType, b: DType): DType {
  return promoteInfos(dtypeInfo(a), dtypeInfo(b)).name;
}

export function promoteInfos(a: DTypeInfo, b: DTypeInfo): DTypeInfo {
  return a === b ? a : (PROMOTION.get(a) as Map<DTypeInfo, DTypeInfo>).get(b)!;
}

let defaultInfo: DTypeInfo = INFO.float32;
/** The dtype of tensors made from numbers when none is named. Default: float32. PyTorch: `torch.get_default_dtype`. */
export const getDefaultDtype = (): DType => defaultInfo.name;
export function setDefaultDtype(dtype: FloatDType): void {
  if (!isFloatingPoint(dtype)) throw new TypeError(`setDefaultDtype: ${dtype} is not a floating-point dtype`);
  defaultInfo = dtypeInfo(dtype);
}

const BY_CODE: readonly DTypeInfo[] = Object.values(INFO).toSorted((a, b) => a.code - b.code);
/** The dtype that the kernels call `code`; how an op's attributes name a dtype. */
export const infoByCode = (code: number): DTypeInfo => BY_CODE[code];
