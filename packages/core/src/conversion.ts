/** Tensors from whatever there is, without a copy where that is possible; and tensors of a given layout. */
import { emptyOf, finish, type TensorOptions } from './creation.js';
import { dtypeInfo, getDefaultDtype, type TypedArray } from './dtype.js';
import { ShapeError, ValueError } from './errors.js';
import { fromTypedArray, type TensorData, tensor } from './from-data.js';
import { extentOf, type Shape } from './shape.js';
import { isTensor, Tensor } from './tensor.js';

/**
 * The data as a tensor: a tensor of that dtype itself, a typed array's memory without a copy, anything else by `tensor`.
 * PyTorch: `torch.as_tensor`.
 */
export function asTensor(data: Tensor | TensorData, options: TensorOptions = {}): Tensor {
  if (isTensor(data)) return data.to(options);
  if (ArrayBuffer.isView(data) && !(data instanceof DataView)) {
    const shared = fromTypedArray(data as TypedArray);
    return options.dtype === undefined ? shared : shared.to(options.dtype);
  }
  return tensor(data as TensorData, options);
}

export interface AsarrayOptions extends TensorOptions {
  /** Copy in any case (true) or never (false, an error where it would be needed). Default: only if needed. */
  readonly copy?: boolean | null;
}
/** `asTensor` with a say about copying. PyTorch: `torch.asarray`. */
export function asarray(data: Tensor | TensorData, { copy = null, requiresGrad, ...options }: AsarrayOptions = {}): Tensor {
  const isShareable = isTensor(data) || ArrayBuffer.isView(data);
  const t = asTensor(data, options);
  if (copy === false && !(isShareable && (isTensor(data) ? t.storage === data.storage : sharesMemory(t, data as TypedArray))))
    throw new ValueError('asarray: the data cannot be used without a copy; leave copy out');
  const own = copy === true && isShareable ? t.clone() : t;
  return requiresGrad ? finish('asarray', own.detached(), { requiresGrad }) : own;
}
const sharesMemory = (t: Tensor, array: TypedArray): boolean => t.storage.buffer === array.buffer;

/** An uninitialised tensor of the given strides (in elements). PyTorch: `torch.empty_strided`. */
export function emptyStrided(size: Shape, stride: Shape, options: TensorOptions = {}): Tensor {
  if (size.length !== stride.length)
    throw new ShapeError(`emptyStrided: ${stride.length} strides for ${size.length} dimensions; give one for each`);
  if (!stride.every((s) => Number.isSafeInteger(s) && s >= 0))
    throw new ValueError(`emptyStrided: strides must be non-negative integers, got [${stride.join(', ')}]`);
  const memory = emptyOf('emptyStrided', [extentOf(size, stride)], dtypeInfo(options.dtype ?? getDefaultDtype()), options.device);
  return finish('emptyStrided', new Tensor(memory.storage, [...size], [...stride], 0, memory.info), options);
}

export interface TriangleIndicesOptions extends TensorOptions {
  /** The diagonal that bounds the triangle; above the main one if positive. Default 0. */
  readonly offset?: number;
}
function triangle(
  op: string,
  row: number,
  col: number,
  { offset = 0, ...options }: TriangleIndicesOptions,
  isIn: (i: number, j: number) => boolean,
): Tensor {
  for (const n of [row, col])
    if (!Number.isSafeInteger(n) || n < 0)
      throw new ValueError(`${op}: expected non-negative integers as sizes, got ${row} and ${col}`);
  const rows: number[] = [];
  const cols: number[] = [];
  for (let i = 0; i < row; i++)
    for (let j = 0; j < col; j++)
      if (isIn(i, j - offset)) {
        rows.push(i);
        cols.push(j);
      }
  return tensor([...rows, ...cols], { ...options, dtype: options.dtype ?? 'int64' }).reshape([2, rows.length]);
}
/** Row and column indices of the lower triangle of a `row × col` matrix. Shape `(2, N)`, int64. PyTorch: `torch.tril_indices`. */
export const trilIndices = (row: number, col: number, options: TriangleIndicesOptions = {}): Tensor =>
  triangle('trilIndices', row, col, options, (i, j) => j <= i);
/** Row and column indices of the upper triangle of a `row × col` matrix. Shape `(2, N)`, int64. PyTorch: `torch.triu_indices`. */
export const triuIndices = (row: number, col: number, options: TriangleIndicesOptions = {}): Tensor =>
  triangle('triuIndices', row, col, options, (i, j) => j >= i);
