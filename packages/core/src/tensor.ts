/**
 * A tensor is a storage, a shape, strides, an offset and a dtype. What can be done with it comes from `ops/`: every function
 * there that takes a tensor first is also a method.
 */
import { type ComplexDType, type DType, type DTypeInfo, dtypeInfo, type TypedArray } from './dtype.js';
import { FlambeauError, formatShape, ShapeError, StorageError } from './errors.js';
import type { CustomMethods } from './methods.js';
import type * as comparison from './ops/comparison.js';
import type * as copying from './ops/copy.js';
import type * as elementwise from './ops/elementwise.js';
import type * as indexing from './ops/indexing.js';
import type * as linalg from './ops/linalg.js';
import type * as masking from './ops/masking.js';
import type * as randomInplace from './ops/random-inplace.js';
import type * as rearranging from './ops/rearranging.js';
import type * as reduction from './ops/reduction.js';
import type * as softmax from './ops/softmax.js';
import type * as view from './ops/view.js';
import { formatTensor } from './printing.js';
import { isContiguousLayout, normalizeDim, numelOf, type Shape } from './shape.js';
import type { Storage } from './storage.js';

/** A complex number as JavaScript sees it. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** What one element of dtype `D` is in JavaScript. */
export type Element<D> = unknown extends D ? number : D extends 'bool' ? boolean : D extends ComplexDType ? Complex : number;
/** Arrays of elements, nested once per dimension; an element itself for a 0-d tensor. */
export type NestedArray<E> = E | NestedArray<E>[];

/** The method that a function `(self, …) => R` becomes. */
type Method<F> = F extends (self: Tensor, ...rest: infer P) => infer R ? (...rest: P) => R : never;
type Methods<G> = { [K in keyof G]: Method<G[K]> };

const BRAND = Symbol.for('@flambeau/core.Tensor');
const NO_DATA = 'use await tensor.data() on devices that cannot be read synchronously';

/**
 * A multi-dimensional array of one dtype.
 *
 * @typeParam D - The dtype where it is known; plain `Tensor` works everywhere.
 */
// biome-ignore lint/suspicious/noExplicitAny: `any` makes Tensor<'int64'> and Tensor assignable to each other
export class Tensor<D extends DType = any> {
  /** Layers (of dispatch) that want to see ops on this tensor. */
  layers = 0;
  /** The tensor that this one is a view of, for autograd. */
  base: Tensor | null = null;
  /** Autograd's own record. */
  autogradMeta: unknown = null;
  private count = -1;

  /** @internal Made by ops; users call `tensor`, `zeros`, … */
  constructor(
    readonly storage: Storage,
    /** Sizes of the dimensions. */
    readonly shape: Shape,
    /** Elements between neighbours along each dimension. */
    readonly strides: Shape,
    /** Elements between the start of the storage and the first element. */
    readonly offset: number,
    /** @internal */
    readonly info: DTypeInfo,
    /** Whether the elements are known to lie in row-major order; null if nobody has looked. */
    private rowMajor: boolean | null = null,
  ) {}

  get dtype(): D {
    return this.info.name as D;
  }
  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }
  get device(): string {
    return this.storage.device;
  }
  /** Number of elements. */
  get numel(): number {
    if (this.count < 0) this.count = numelOf(this.shape);
    return this.count;
  }
  /** Bytes per element. */
  get itemSize(): number {
    return this.info.itemSize;
  }
  /** How often the storage was written to in place. */
  get version(): number {
    return this.storage.version;
  }

  /** True if the elements lie in row-major order without gaps. */
  isContiguous(): boolean {
    if (this.rowMajor === null) this.rowMajor = isContiguousLayout(this.shape, this.strides);
    return this.rowMajor;
  }

  /** Size of one dimension, or the shape. */
  size(): Shape;
  size(dim: number): number;
  size(dim?: number): Shape | number {
    return dim === undefined ? this.shape : this.shape[normalizeDim('size', dim, this.ndim)];
  }

  // ---- reading ----

  /**
   * The elements as a typed array of their own, in row-major order: raw bits for float16 and bfloat16, (re, im) pairs for complex.
   */
  toTypedArray(): TypedArray {
    if (this.device !== 'cpu')
      throw new StorageError(`toTypedArray: a tensor on ${this.device} cannot be read synchronously; ${NO_DATA}`);
    const source = this.isContiguous() ? this : this.detached().contiguous();
    source.storage.checkedAddress();
    const ArrayType = this.info.array;
    const perElement = this.info.kind === 'complex' ? 2 : 1;
    const start = source.storage.byteOffset + source.offset * this.info.itemSize;
    const bytes = source.numel * this.info.itemSize;
    // a byte copy, because foreign memory need not be aligned for the typed array
    const copy = new Uint8Array(bytes);
    copy.set(new Uint8Array(source.storage.buffer, start, bytes));
    return new ArrayType(copy.buffer, 0, source.numel * perElement) as TypedArray;
  }

  /** Like `toTypedArray`, on every device. */
  async data(): Promise<TypedArray> {
    return this.toTypedArray();
  }

  /**
   * The one element of a tensor with one element.
   *
   * @throws {ShapeError} If there is not exactly one.
   * @throws {RangeError} If an int64 is not exact as a number; `itemBigInt()` gives it exactly.
   */
  item(): Element<D> {
    if (this.numel !== 1)
      throw new ShapeError(`item: a tensor of shape ${formatShape(this.shape)} does not have exactly one element`);
    return this.elements()[0] as Element<D>;
  }

  /** The one element of an integer tensor, exactly. */
  itemBigInt(): bigint {
    if (this.numel !== 1)
      throw new ShapeError(`itemBigInt: a tensor of shape ${formatShape(this.shape)} does not have exactly one element`);
    const values = (this.dtype === 'int64' ? this : this.to('int64')).toTypedArray() as BigInt64Array;
    return values[0];
  }

  /** The elements as nested arrays; an element itself for a 0-d tensor. PyTorch: `tolist`. */
  toArray(): NestedArray<Element<D>> {
    const flat = this.elements();
    let at = 0;
    const nest = (dim: number): NestedArray<Element<D>> => {
      if (dim === this.ndim) return flat[at++] as Element<D>;
      return Array.from({ length: this.shape[dim] }, () => nest(dim + 1));
    };
    return nest(0);
  }

  /** @internal All elements in row-major order, as JavaScript values. */
  elements(): (number | boolean | Complex)[] {
    const { kind, name } = this.info;
    if (name === 'float16' || name === 'bfloat16') return Array.from(this.to('float32').toTypedArray() as Float32Array);
    const raw = this.toTypedArray();
    if (kind === 'complex')
      return Array.from({ length: this.numel }, (_, i) => ({ re: raw[2 * i] as number, im: raw[2 * i + 1] as number }));
    if (kind === 'bool') return Array.from(raw as Uint8Array, (x) => x !== 0);
    if (name === 'int64') return Array.from(raw as BigInt64Array, exactNumber);
    return Array.from(raw as Float32Array);
  }

  // ---- handling ----

  /**
   * @internal This tensor's data without its history, whatever autograd thinks of it. Users call `detach()`.
   */
  detached(): Tensor<D> {
    return new Tensor<D>(this.storage, this.shape, this.strides, this.offset, this.info);
  }

  /**
   * @internal Takes over the memory, layout and dtype of `source`, staying the same object: who holds this tensor goes on with the
   * new memory. PyTorch: `self.data = source`.
   */
  setData(source: Tensor): void {
    const self = this as { -readonly [K in 'storage' | 'shape' | 'strides' | 'offset' | 'info']: Tensor[K] };
    self.storage = source.storage;
    self.shape = source.shape;
    self.strides = source.strides;
    self.offset = source.offset;
    self.info = source.info;
    this.rowMajor = null;
    this.count = -1;
  }

  /**
   * Direct, uncopied access to the memory. From here on nobody can prove who sees it, so it is never recycled.
   * The view must not be used after the tensor is gone, nor its buffer transferred.
   */
  unsafeData(): TypedArray {
    if (!this.isContiguous()) throw new ShapeError('unsafeData: the tensor is not contiguous; call contiguous() first');
    this.storage.checkedAddress();
    this.storage.markEscaped();
    const start = this.storage.byteOffset + this.offset * this.itemSize;
    const perElement = this.info.kind === 'complex' ? 2 : 1;
    return new this.info.array(this.storage.buffer as ArrayBuffer, start, this.numel * perElement) as TypedArray;
  }

  toString(): string {
    return formatTensor(this);
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.storage.released ? `Tensor(released, shape ${formatShape(this.shape)})` : formatTensor(this);
  }
  toJSON(): unknown {
    return { dtype: this.dtype, shape: this.shape, data: this.toArray() };
  }
  get [Symbol.toStringTag](): string {
    return 'Tensor';
  }

  get [BRAND](): true {
    return true;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: must repeat the class's declaration
// biome-ignore lint/correctness/noUnusedVariables: the same
export interface Tensor<D extends DType = any>
  extends Methods<typeof elementwise>,
    Methods<typeof comparison>,
    Methods<typeof reduction>,
    Methods<typeof view>,
    Methods<typeof indexing>,
    Methods<typeof linalg>,
    Methods<typeof masking>,
    Methods<typeof rearranging>,
    Methods<typeof copying>,
    Methods<typeof randomInplace>,
    Methods<typeof softmax>,
    CustomMethods {}

function exactNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`the int64 value ${value} is not exact as a JavaScript number; use itemBigInt() or toTypedArray()`);
  return number;
}

/** True for tensors of any copy of this package. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && (value as { [BRAND]?: true })[BRAND] === true;
}

/** Throws a TypeError naming the op and the parameter if `value` is not a tensor. */
export function checkTensor(op: string, parameter: string, value: unknown): asserts value is Tensor {
  if (!isTensor(value)) {
    const got = value === null ? 'null' : Array.isArray(value) ? 'an array; make a tensor of it with tensor(…)' : typeof value;
    throw new TypeError(`${op}: ${parameter} must be a tensor, got ${got}`);
  }
}

/** Refuses a second copy of this package in the process: two copies would lose gradients silently. */
function registerCore(): void {
  const key = Symbol.for('@flambeau/core');
  const global = globalThis as { [key]?: string };
  const other = global[key];
  if (other !== undefined && other !== import.meta.url)
    throw new FlambeauError(
      `two copies of @flambeau/core are loaded, from ${other} and ${import.meta.url}; install one (it is a peer dependency of the other packages; try your package manager's dedupe)`,
    );
  Object.defineProperty(globalThis, key, { value: import.meta.url, configurable: true });
}
registerCore();

/** @internal */
export const infoOf = (dtype: DType | undefined, fallback: DTypeInfo): DTypeInfo =>
  dtype === undefined ? fallback : dtypeInfo(dtype);
