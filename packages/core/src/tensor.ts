/**
 * A tensor is a storage, a shape, strides, an offset and a dtype. What can be done with it comes from `ops/`: every function
 * there that takes a tensor first is also a method.
 */
import { Layer } from './context.js';
import { type ComplexDType, type DType, type DTypeInfo, dtypeInfo, type TypedArray } from './dtype.js';
import { AutogradError, FlambeauError, formatShape, IndexError, LayoutError, ShapeError, StorageError } from './errors.js';
import type { CustomMethods } from './methods.js';
import type * as arithmetic from './ops/arithmetic.js';
import type * as closeness from './ops/closeness.js';
import type * as comparison from './ops/comparison.js';
import type * as copying from './ops/copy.js';
import type * as elementwise from './ops/elementwise.js';
import type * as indexing from './ops/indexing.js';
import type * as linalg from './ops/linalg.js';
import type * as masking from './ops/masking.js';
import type * as matrixMethods from './ops/matrix-methods.js';
import type * as products from './ops/products.js';
import type * as randomInplace from './ops/random-inplace.js';
import type * as rearranging from './ops/rearranging.js';
import type * as reduction from './ops/reduction.js';
import type * as newLike from './ops/new-like.js';
import type * as filling from './ops/filling.js';
import type * as shaping from './ops/shaping.js';
import type * as softmax from './ops/softmax.js';
import type * as special from './ops/special.js';
import type * as view from './ops/view.js';
import type * as resizing from './ops/resizing.js';
import type * as viewInplace from './ops/view-inplace.js';
import type * as sparse from './sparse/methods.js';
import type * as diagonals from './ops/diagonals.js';
import type * as indexWriting from './ops/index-writing.js';
import type * as scan from './ops/scan.js';
import type * as sorting from './ops/sorting.js';
import type * as splitting from './ops/splitting.js';
import type * as statistics from './ops/statistics.js';
import type * as summaries from './ops/summaries.js';
import type * as viewWriting from './ops/view-writing.js';
import { liesInOrder, type MemoryFormat } from './memory-format.js';
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

/** How the elements lie in memory. PyTorch: `torch.layout`. */
export type TensorLayout = 'strided' | 'sparseCoo' | 'sparseCsr' | 'sparseCsc';

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
  /** `'strided'`, or how a sparse tensor is stored. */
  get layout(): TensorLayout {
    return 'strided';
  }
  /** Whether the tensor is a sparse one by coordinates. PyTorch: `Tensor.is_sparse`. */
  get isSparse(): boolean {
    return this.layout === 'sparseCoo';
  }
  /** Whether the tensor is a sparse one by compressed rows. PyTorch: `Tensor.is_sparse_csr`. */
  get isSparseCsr(): boolean {
    return this.layout === 'sparseCsr';
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
  /** `itemSize` under the name of `Tensor.itemsize`. */
  get itemsize(): number {
    return this.itemSize;
  }
  /** Bytes of all elements. PyTorch: `Tensor.nbytes`. */
  get nbytes(): number {
    return this.numel * this.itemSize;
  }
  /** How often the storage was written to in place. */
  get version(): number {
    return this.storage.version;
  }

  /** True if the elements lie without gaps in row-major order, or in that of the memory format. PyTorch: `Tensor.is_contiguous`. */
  isContiguous(memoryFormat: MemoryFormat = 'contiguous_format'): boolean {
    if (memoryFormat !== 'contiguous_format') return liesInOrder(this.shape, this.strides, memoryFormat);
    if (this.rowMajor === null) this.rowMajor = isContiguousLayout(this.shape, this.strides);
    return this.rowMajor;
  }

  /** Size of one dimension, or the shape. */
  size(): Shape;
  size(dim: number): number;
  size(dim?: number): Shape | number {
    return dim === undefined ? this.shape : this.shape[this.existingDim('size', dim)];
  }

  /** Reductions take a 0-d tensor as one of a single element; there is no size to tell, though. */
  private existingDim(op: string, dim: number): number {
    if (this.ndim === 0) throw new IndexError(`${op}: a 0-d tensor has no dimension ${dim}; its shape is ()`);
    return normalizeDim(op, dim, this.ndim);
  }

  /** Number of dimensions. PyTorch: `Tensor.dim`. */
  dim(): number {
    return this.ndim;
  }
  /** Elements between neighbours along one dimension, or along all. PyTorch: `Tensor.stride`. */
  stride(): Shape;
  stride(dim: number): number;
  stride(dim?: number): Shape | number {
    return dim === undefined ? this.strides : this.strides[this.existingDim('stride', dim)];
  }
  /** Elements between the start of the storage and the first element. PyTorch: `Tensor.storage_offset`. */
  storageOffset(): number {
    return this.offset;
  }
  /** Bytes per element. PyTorch: `Tensor.element_size`. */
  elementSize(): number {
    return this.itemSize;
  }
  /** Whether the elements are floating-point numbers. PyTorch: `Tensor.is_floating_point`. */
  isFloatingPoint(): boolean {
    return this.info.kind === 'float';
  }
  /** Whether the elements are complex numbers. PyTorch: `Tensor.is_complex`. */
  isComplex(): boolean {
    return this.info.kind === 'complex';
  }

  /** Whether the tensor lies on an NVIDIA GPU. PyTorch: `Tensor.is_cuda`. */
  get isCuda(): boolean {
    return this.device.startsWith('cuda');
  }
  /** Whether the tensor lies in memory that JavaScript reads directly. PyTorch: `Tensor.is_cpu`. */
  get isCpu(): boolean {
    return this.device === 'cpu';
  }
  /** Whether the tensor has a shape and a dtype only. PyTorch: `Tensor.is_meta`. */
  get isMeta(): boolean {
    return this.device === 'meta';
  }
  /** The number of the GPU that the tensor lies on; -1 for the CPU. PyTorch: `Tensor.get_device`. */
  getDevice(): number {
    return !this.isCuda ? -1 : Number(this.device.split(':')[1] ?? 0);
  }
  /** The dtype, or the tensor in another one (itself if it has it already). PyTorch: `Tensor.type`. */
  type(): D;
  type<E extends DType>(dtype: E): Tensor<E>;
  type(dtype?: DType): DType | Tensor {
    return dtype === undefined ? this.dtype : this.to(dtype);
  }

  // ---- reading ----

  /**
   * The elements as a typed array of their own, in row-major order: raw bits for float16 and bfloat16, (re, im) pairs for complex.
   */
  toTypedArray(): TypedArray {
    if (this.device === 'meta') this.storage.checkedAddress();
    if (this.device !== 'cpu')
      throw new StorageError(`toTypedArray: a tensor on ${this.device} cannot be read synchronously; ${NO_DATA}`);
    const source = this.isContiguous() ? this : this.detached().contiguous();
    source.storage.checkedAddress();
    const ArrayType = this.info.array;
    if (this.numel === 0) return new ArrayType(0) as TypedArray; // an empty view may lie past the end of its storage
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

  /** `toArray` under the name of `Tensor.tolist`. */
  tolist(): NestedArray<Element<D>> {
    return this.toArray();
  }

  /**
   * The slices along the first dimension, as views: `for (const row of x)`. A 0-d tensor is not iterable, and says so by having no
   * iterator: tools that walk through whatever they are given (the matchers of test runners) ask before.
   */
  get [Symbol.iterator](): () => Generator<Tensor<D>> {
    return (this.ndim === 0 ? undefined : rows) as () => Generator<Tensor<D>>;
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
    if ((source.layers & Layer.Transform) !== 0)
      throw new AutogradError('setData: a tensor that vmap or jvp has wrapped has no memory of its own to take over');
    if (source.layout !== this.layout)
      throw new LayoutError(`setData: a tensor of layout ${source.layout} for one of layout ${this.layout}; convert it first`);
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
    if (this.numel === 0) return new this.info.array(0) as TypedArray;
    const start = this.storage.byteOffset + this.offset * this.itemSize;
    const perElement = this.info.kind === 'complex' ? 2 : 1;
    return new this.info.array(this.storage.buffer as ArrayBuffer, start, this.numel * perElement) as TypedArray;
  }

  toString(): string {
    return formatTensor(this);
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.storage.released ? `Tensor(released, shape ${formatShape(this.shape)})` : this.toString();
  }
  /** How a notebook shows the tensor. */
  [Symbol.for('Jupyter.display')](): { readonly 'text/plain': string } {
    return { 'text/plain': inspected(this) };
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
    Methods<typeof arithmetic>,
    Methods<typeof special>,
    Methods<typeof closeness>,
    Methods<typeof comparison>,
    Methods<typeof reduction>,
    Methods<typeof view>,
    Methods<typeof indexing>,
    Methods<typeof linalg>,
    Methods<typeof masking>,
    Methods<typeof matrixMethods>,
    Methods<typeof products>,
    Methods<typeof rearranging>,
    Methods<typeof copying>,
    Methods<typeof randomInplace>,
    Methods<typeof softmax>,
    Methods<typeof diagonals>,
    Methods<typeof indexWriting>,
    Methods<typeof scan>,
    Methods<typeof sorting>,
    Methods<typeof splitting>,
    Methods<typeof statistics>,
    Methods<typeof summaries>,
    Methods<typeof viewWriting>,
    Methods<typeof filling>,
    Methods<typeof newLike>,
    Methods<typeof shaping>,
    Methods<typeof viewInplace>,
    Methods<typeof resizing>,
    Methods<typeof sparse>,
    CustomMethods {}

function exactNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`the int64 value ${value} is not exact as a JavaScript number; use itemBigInt() or toTypedArray()`);
  return number;
}

function* rows(this: Tensor): Generator<Tensor> {
  for (let i = 0; i < this.shape[0]; i++) yield this.select(0, i);
}

const inspected = (t: Tensor): string =>
  t.storage.released ? `Tensor(released, shape ${formatShape(t.shape)})` : formatTensor(t);

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
