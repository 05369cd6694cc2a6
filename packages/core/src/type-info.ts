/** What is known of dtypes and of tensors without looking at elements. */
import { type DType, dtypeInfo, isComplexDType, isFloatingPoint as isFloatingDType } from './dtype.js';
import { DTypeError, formatShape, ShapeError } from './errors.js';
import { promoteOperands, resultInfo, type Scalar } from './promotion.js';
import { broadcastShapes as broadcastPair, checkShape, type Shape } from './shape.js';
import { checkTensor, isTensor, type Tensor } from './tensor.js';

/** Number of elements. PyTorch: `torch.numel`. */
export function numel(input: Tensor): number {
  checkTensor('numel', 'input', input);
  return input.numel;
}

const dtypeOf = (input: Tensor | DType): DType => (isTensor(input) ? input.dtype : input);
/** Whether a tensor's elements, or those of a dtype, are floating-point numbers. PyTorch: `torch.is_floating_point`. */
export const isFloatingPoint = (input: Tensor | DType): boolean => isFloatingDType(dtypeOf(input));
/** Whether a tensor's elements, or those of a dtype, are complex numbers. PyTorch: `torch.is_complex`. */
export const isComplex = (input: Tensor | DType): boolean => isComplexDType(dtypeOf(input));
/** Whether a tensor's elements, or those of a dtype, can be negative. PyTorch: `torch.is_signed`. */
export const isSigned = (input: Tensor | DType): boolean => !['bool', 'uint8'].includes(dtypeOf(input));

/**
 * Whether the one element is not zero. PyTorch: `torch.is_nonzero`.
 *
 * @throws {ShapeError} If there is not exactly one element.
 */
export function isNonzero(input: Tensor): boolean {
  checkTensor('isNonzero', 'input', input);
  if (input.numel !== 1)
    throw new ShapeError(`isNonzero: a tensor of shape ${formatShape(input.shape)} does not have exactly one element`);
  return input.to('bool').item() as unknown as boolean;
}

/** The dtype in which two operands meet. PyTorch: `torch.result_type`. */
export function resultType(a: Tensor | Scalar, b: Tensor | Scalar): DType {
  if (isTensor(a) && isTensor(b)) return resultInfo(a, b).name;
  return promoteOperands('resultType', a, b)[0].dtype;
}

/** Whether `from` converts to `to` without falling to a lower category (complex, float, int, bool). PyTorch: `torch.can_cast`. */
export function canCast(from: DType, to: DType): boolean {
  const [a, b] = [dtypeInfo(from), dtypeInfo(to)];
  return a.category <= b.category && !(a.kind === 'int' && isSigned(from) && to === 'uint8');
}

/** The shape to which all shapes broadcast. PyTorch: `torch.broadcast_shapes`. */
export function broadcastShapes(...shapes: readonly Shape[]): Shape {
  for (const shape of shapes) checkShape('broadcastShapes', shape);
  return shapes.reduce((a, b) => broadcastPair('broadcastShapes', a, b), []);
}

// ---- the range of numbers ----

/** Limits of a floating dtype. PyTorch: `torch.finfo`. */
export interface FloatInfo {
  readonly dtype: DType;
  readonly bits: number;
  /** The distance from 1 to the next number. */
  readonly eps: number;
  readonly max: number;
  readonly min: number;
  /** The smallest positive number of full precision. */
  readonly tiny: number;
  /** The same as `tiny`. */
  readonly smallestNormal: number;
  /** About how fine numbers near 1 are, as a power of 10. */
  readonly resolution: number;
}
/** Bits of the fraction and largest exponent. */
const FORMATS: Readonly<Record<string, readonly [fraction: number, exponent: number, resolution: number]>> = {
  float64: [52, 1023, 1e-15],
  float32: [23, 127, 1e-6],
  float16: [10, 15, 1e-3],
  bfloat16: [7, 127, 1e-2],
};
/** Limits of a floating dtype (of the parts of a complex one). PyTorch: `torch.finfo`. */
export function finfo(dtype: DType): FloatInfo {
  const parts = dtype === 'complex64' ? 'float32' : dtype === 'complex128' ? 'float64' : dtype;
  const format = FORMATS[parts];
  if (format === undefined) throw new DTypeError(`finfo: ${dtype} is not a floating dtype; use iinfo`);
  const [fraction, exponent, resolution] = format;
  const max = (2 - 2 ** -fraction) * 2 ** exponent;
  const tiny = 2 ** (1 - exponent);
  const bits = 8 * dtypeInfo(parts as DType).itemSize;
  return { dtype: parts as DType, bits, eps: 2 ** -fraction, max, min: -max, tiny, smallestNormal: tiny, resolution };
}

/** Limits of an integer dtype; those of int64 are bigints. PyTorch: `torch.iinfo`. */
export interface IntInfo {
  readonly dtype: DType;
  readonly bits: number;
  readonly max: number | bigint;
  readonly min: number | bigint;
}
/** Limits of an integer dtype. PyTorch: `torch.iinfo`. */
export function iinfo(dtype: DType): IntInfo {
  const { kind, itemSize } = dtypeInfo(dtype);
  if (kind !== 'int') throw new DTypeError(`iinfo: ${dtype} is not an integer dtype; use finfo`);
  const bits = 8 * itemSize;
  if (dtype === 'int64') return { dtype, bits, max: 2n ** 63n - 1n, min: -(2n ** 63n) };
  return dtype === 'uint8'
    ? { dtype, bits, max: 255, min: 0 }
    : { dtype, bits, max: 2 ** (bits - 1) - 1, min: -(2 ** (bits - 1)) };
}
