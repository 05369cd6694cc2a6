/** Tensors from JavaScript data: nested arrays, typed arrays, buffers. */
import { cpu } from './backend/cpu/cpu.js';
import { emptyOf, finish, infoOfValue, type TensorOptions } from './creation.js';
import { type DType, type DTypeInfo, dtypeInfo, type TypedArray } from './dtype.js';
import { DTypeError, formatShape, ShapeError, StorageError, ValueError } from './errors.js';
import { contiguousStrides, numelOf, type Shape } from './shape.js';
import { canWrap, wrapArray } from './storage.js';
import { type Complex, isTensor, Tensor } from './tensor.js';

type Value = number | boolean | bigint | Complex;
/** What `tensor` takes: a value, or arrays of values (typed ones too), nested once per dimension. */
export type TensorData = Value | TypedArray | Uint8ClampedArray | readonly TensorData[];

/**
 * A tensor of its own memory from a value or from nested arrays. Where no dtype is named, numbers give `getDefaultDtype()`
 * (float32), booleans bool, bigints int64, `{ re, im }` complex64, and a typed array its own. PyTorch: `torch.tensor`.
 *
 * @throws {ShapeError} If the arrays are ragged.
 * @throws {ValueError} If a value is not in the range of an integer dtype.
 * @example
 * tensor([[1, 2], [3, 4]]);                 // float32, shape (2, 2)
 * tensor([1, 2], { dtype: 'int64' });
 * tensor(0.5, { requiresGrad: true });      // with @flambeau/autograd
 */
// biome-ignore lint/suspicious/noExplicitAny: see TensorOptions
export function tensor<D extends DType = any>(data: TensorData, options: TensorOptions<D> = {}): Tensor<D> {
  if (ArrayBuffer.isView(data) && !(data instanceof DataView)) return finish('tensor', copyOfArray(data, options), options);
  const shape: number[] = [];
  for (let x: unknown = data; isList(x); x = x[0]) {
    shape.push(x.length);
    if (x.length === 0) break;
  }
  const values = new Array<Value>(numelOf(shape));
  let count = 0;
  const collect = (x: TensorData, dim: number, path: string): void => {
    if (dim === shape.length) {
      if (isList(x))
        throw new ShapeError(
          `tensor: ${path} is an array where its neighbours are values; all arrays of a level must have one length`,
        );
      values[count++] = checkedValue(x, path);
      return;
    }
    if (!isList(x) || x.length !== shape[dim]) {
      const got = isList(x) ? `has ${x.length} elements` : 'is a value';
      throw new ShapeError(
        `tensor: ${path} ${got} where its neighbours have ${shape[dim]}; all arrays of a level must have one length`,
      );
    }
    for (let i = 0; i < x.length; i++) collect(x[i], dim + 1, `${path}[${i}]`);
  };
  collect(data, 0, 'data');
  const dtype = options.dtype === undefined ? infoOfValues(values) : dtypeInfo(options.dtype);
  const t = emptyOf('tensor', shape, dtype, options.device);
  writeValues(t, values);
  return finish('tensor', t, options);
}

function copyOfArray(array: TypedArray | Uint8ClampedArray, { dtype, device }: TensorOptions): Tensor {
  const own = infoOfArray('tensor', array);
  const t = emptyOf('tensor', [array.length], own, device);
  if (t.device !== 'meta')
    new Uint8Array(t.storage.buffer, t.storage.byteOffset, array.byteLength).set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
  return dtype === undefined ? t : t.to(dtype);
}

const isList = (x: unknown): x is readonly TensorData[] =>
  Array.isArray(x) || (ArrayBuffer.isView(x) && !(x instanceof DataView));

function checkedValue(x: unknown, path: string): Value {
  if (typeof x === 'number' || typeof x === 'boolean' || typeof x === 'bigint') return x;
  if (isTensor(x)) throw new TypeError(`tensor: ${path} is a tensor; use clone() to copy one, stack() or cat() to join several`);
  if (typeof x === 'object' && x !== null && typeof (x as Complex).re === 'number' && typeof (x as Complex).im === 'number')
    return x as Complex;
  throw new TypeError(`tensor: ${path} is ${x === null ? 'null' : typeof x}; expected a number, boolean, bigint or { re, im }`);
}

/** The highest category among the values decides. */
function infoOfValues(values: readonly Value[]): DTypeInfo {
  let info = infoOfValue(values.length === 0 ? 0 : values[0]);
  for (const value of values) {
    const own = infoOfValue(value);
    if (own.category > info.category) info = own;
  }
  return info;
}

function writeValues(t: Tensor, values: readonly Value[]): void {
  const { info } = t;
  if (t.device === 'meta') return;
  if (info.name === 'float16' || info.name === 'bfloat16') {
    const wide = cpu.empty(t.shape, dtypeInfo('float32'), 'tensor');
    writeValues(wide, values);
    cpu.copy(t, wide); // rounds
    return;
  }
  const out = new info.array(
    t.storage.buffer as ArrayBuffer,
    t.storage.byteOffset,
    values.length * (info.kind === 'complex' ? 2 : 1),
  );
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (info.kind === 'complex') {
      const isComplex = typeof value === 'object';
      out[2 * i] = isComplex ? value.re : Number(value);
      out[2 * i + 1] = isComplex ? value.im : 0;
    } else if (typeof value === 'object') {
      throw new DTypeError(`tensor: a complex value does not fit into a ${info.name} tensor; ask for complex64 or complex128`);
    } else if (info.kind === 'bool') out[i] = value ? 1 : 0;
    else if (info.kind === 'int') out[i] = integer(info, value);
    else out[i] = Number(value);
  }
}

/** The integer part of a value, as the typed array takes it. */
function integer({ name, itemSize }: DTypeInfo, value: number | boolean | bigint): number | bigint {
  const whole = typeof value === 'bigint' ? value : Math.trunc(Number(value));
  const bits = BigInt(8 * itemSize);
  const [low, high] = name === 'uint8' ? [0n, 255n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  if (!(whole >= low && whole <= high))
    throw new ValueError(`tensor: ${value} does not fit into ${name}, which holds ${low} to ${high}`);
  return name === 'int64' ? BigInt(whole) : Number(whole);
}

// ---- other people's memory ----

export interface FromArrayOptions<D extends DType = DType> {
  /**
   * How to read the elements, where the array alone does not say: 'float16' or 'bfloat16' for a Uint16Array, 'bool' for a
   * Uint8Array, 'complex64' or 'complex128' for (re, im) pairs in a Float32Array or Float64Array.
   */
  readonly dtype?: D;
}

/**
 * A tensor on the memory of a typed array, without a copy: writing to one shows in the other. The buffer must not be transferred
 * while the tensor is in use. PyTorch: `torch.from_numpy`.
 *
 * @param shape - Default: one dimension with all elements.
 * @throws {StorageError} If the array's buffer is resizable, growable or detached; pass `array.slice()`.
 */
// biome-ignore lint/suspicious/noExplicitAny: see TensorOptions
export function fromTypedArray<D extends DType = any>(
  array: TypedArray | Uint8ClampedArray,
  shape?: Shape | null,
  { dtype }: FromArrayOptions<D> = {},
): Tensor<D> {
  if (!ArrayBuffer.isView(array) || array instanceof DataView)
    throw new TypeError(
      'fromTypedArray: the first argument must be a typed array; use frombuffer for buffers, tensor for arrays of numbers',
    );
  const info = dtype === undefined ? infoOfArray('fromTypedArray', array) : infoAs(array, dtypeInfo(dtype));
  const numel = array.byteLength / info.itemSize;
  const sizes = shape ?? [numel];
  if (!Number.isInteger(numel) || numelOf(sizes) !== numel)
    throw new ShapeError(
      `fromTypedArray: shape ${formatShape(sizes)} needs ${numelOf(sizes)} elements of ${info.name}; the array holds ${numel}`,
    );
  checkBuffer('fromTypedArray', array.buffer);
  if (info.kind === 'bool' && (array as Uint8Array).some((x) => x > 1))
    throw new ValueError('fromTypedArray: the bytes of a bool tensor must be 0 or 1; convert with fromTypedArray(array).bool()');
  return new Tensor<D>(wrapArray(array), [...sizes], contiguousStrides(sizes), 0, info);
}

export interface FromBufferOptions<D extends DType = DType> {
  readonly dtype: D;
  /** Bytes to skip. Default 0. */
  readonly offset?: number;
  /** Number of elements. Default: as many as the buffer holds. */
  readonly count?: number;
}

/**
 * A one-dimensional tensor on the memory of a buffer, without a copy where the offset is a multiple of the element size, else on
 * a copy. PyTorch: `torch.frombuffer`.
 */
export function frombuffer<D extends DType>(
  buffer: ArrayBufferLike,
  { dtype, offset = 0, count }: FromBufferOptions<D>,
): Tensor<D> {
  const info = dtypeInfo(dtype);
  checkBuffer('frombuffer', buffer);
  const left = buffer.byteLength - offset;
  if (!Number.isSafeInteger(offset) || left < 0)
    throw new ValueError(`frombuffer: offset ${offset} is not within the ${buffer.byteLength} bytes of the buffer`);
  const numel = count ?? left / info.itemSize;
  if (!Number.isSafeInteger(numel) || numel < 0 || numel * info.itemSize > left)
    throw new ValueError(
      `frombuffer: ${left} bytes after the offset do not hold ${count ?? 'a whole number of'} elements of ${dtype} (${info.itemSize} bytes each)`,
    );
  const bytes = new Uint8Array(buffer, offset, numel * info.itemSize);
  const aligned = offset % info.array.BYTES_PER_ELEMENT === 0;
  if (info.kind === 'bool' && bytes.some((x) => x > 1))
    throw new ValueError('frombuffer: the bytes of a bool tensor must be 0 or 1');
  return new Tensor<D>(wrapArray(aligned ? bytes : bytes.slice()), [numel], [1], 0, info);
}

function checkBuffer(op: string, buffer: ArrayBufferLike): void {
  if (!canWrap(buffer))
    throw new StorageError(
      `${op}: a resizable, growable or detached buffer cannot be lent to kernels; copy the data first, e.g. with array.slice()`,
    );
}

/** The dtype of a typed array. */
function infoOfArray(op: string, array: ArrayBufferView): DTypeInfo {
  if (array instanceof Float32Array) return dtypeInfo('float32');
  if (array instanceof Float64Array) return dtypeInfo('float64');
  if (array instanceof BigInt64Array) return dtypeInfo('int64');
  if (array instanceof Int32Array) return dtypeInfo('int32');
  if (array instanceof Int16Array) return dtypeInfo('int16');
  if (array instanceof Int8Array) return dtypeInfo('int8');
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return dtypeInfo('uint8'); // Node's Buffer, too
  if (array instanceof Uint16Array) throw new DTypeError(`${op}: a Uint16Array may hold float16 or bfloat16; name the dtype`);
  throw new DTypeError(
    `${op}: there is no dtype for a ${array.constructor.name}; copy it into a signed typed array of a greater width`,
  );
}

/** `dtype`, if the elements of `array` can be read as such. */
function infoAs(array: ArrayBufferView, dtype: DTypeInfo): DTypeInfo {
  const fits = array instanceof dtype.array || (array instanceof Uint8ClampedArray && dtype.array === Uint8Array);
  if (!fits)
    throw new DTypeError(
      `fromTypedArray: the elements of a ${array.constructor.name} cannot be read as ${dtype.name}; use frombuffer to reinterpret bytes, or .to(dtype) to convert`,
    );
  return dtype;
}
