/** Makes methods of the functions in `ops/`. */
import * as arithmetic from './ops/arithmetic.js';
import * as closeness from './ops/closeness.js';
import * as comparison from './ops/comparison.js';
import './ops/complex-functions.js';
import { angle, conj, conjPhysical, imag, real, resolveConj } from './ops/complex.js';
import { istft, type IstftOptions, stft, type StftOptions } from './ops/stft.js';
import * as copying from './ops/copy.js';
import * as elementwise from './ops/elementwise.js';
import { isShared, shareMemory_ } from './message.js';
import { argmax, argmin, cummax, cummin, type ExtremumMethod, max, min, type ValuesAndIndices } from './ops/extremum.js';
import * as indexing from './ops/indexing.js';
import * as linalg from './ops/linalg.js';
import * as masking from './ops/masking.js';
import * as matrixMethods from './ops/matrix-methods.js';
import * as products from './ops/products.js';
import * as randomInplace from './ops/random-inplace.js';
import * as rearranging from './ops/rearranging.js';
import * as reduction from './ops/reduction.js';
import type { KeepdimOptions } from './ops/reduction.js';
import * as newLike from './ops/new-like.js';
import * as filling from './ops/filling.js';
import * as shaping from './ops/shaping.js';
import * as softmax from './ops/softmax.js';
import * as special from './ops/special.js';
import { median, type MedianMethod, nanmedian, nanquantile, quantile, type QuantileOptions } from './ops/quantile.js';
import { type IndexItem, type IndexPutOptions, index, indexPut, indexPut_ } from './ops/subscript.js';
import { unique, uniqueConsecutive, type UniqueConsecutiveMethod, type UniqueMethod } from './ops/uniqueness.js';
import * as view from './ops/view.js';
import * as resizing from './ops/resizing.js';
import * as viewInplace from './ops/view-inplace.js';
import './sparse/layer.js';
import * as sparse from './sparse/methods.js';
import * as diagonals from './ops/diagonals.js';
import * as indexWriting from './ops/index-writing.js';
import * as scan from './ops/scan.js';
import * as sorting from './ops/sorting.js';
import * as splitting from './ops/splitting.js';
import * as statistics from './ops/statistics.js';
import * as summaries from './ops/summaries.js';
import * as viewWriting from './ops/view-writing.js';
import { where } from './ops/where.js';
import type { Scalar } from './promotion.js';
import { Tensor } from './tensor.js';

/** Methods whose shape the mapped type cannot express. */
export interface CustomMethods {
  /** The transpose of a matrix; a vector stays as it is. PyTorch: `Tensor.t`. */
  readonly T: Tensor;
  /** The transposes of the matrices of the last two dimensions. PyTorch: `Tensor.mT`. */
  readonly mT: Tensor;
  /** The conjugate transpose of a matrix. PyTorch: `Tensor.H`. */
  readonly H: Tensor;
  /** The conjugate transposes of the matrices of the last two dimensions. PyTorch: `Tensor.mH`. */
  readonly mH: Tensor;
  /** Whether threads can share the memory. PyTorch: `Tensor.is_shared`. */
  isShared(): boolean;
  /**
   * Moves the tensor, which stays the same object, to memory that threads can share; views made before keep the old memory.
   * PyTorch: `Tensor.share_memory_`.
   */
  shareMemory_(): Tensor;
  /** The elements that the items choose. PyTorch: `tensor[items]`. */
  index(...items: IndexItem[]): Tensor;
  /** Writes to the elements that the items choose. PyTorch: `tensor[items] = values`. */
  indexPut_(items: readonly IndexItem[], values: Tensor | Scalar, options?: IndexPutOptions): Tensor;
  /** A copy with other values at the elements that the items choose. PyTorch: `Tensor.index_put`. */
  indexPut(items: readonly IndexItem[], values: Tensor | Scalar, options?: IndexPutOptions): Tensor;
  /** This tensor's elements where the bool `condition` is true, else those of `other`. PyTorch: `Tensor.where`. */
  where(condition: Tensor, other: Tensor | Scalar): Tensor;
  /** The largest element; along a dimension the largest ones and their indices; with a tensor as `maximum`. PyTorch: `Tensor.max`. */
  readonly max: ExtremumMethod;
  /** The smallest element; along a dimension the smallest ones and their indices; with a tensor as `minimum`. PyTorch: `Tensor.min`. */
  readonly min: ExtremumMethod;
  /** Where the (first) largest element stands along `dim`, or in the flattened tensor. PyTorch: `Tensor.argmax`. */
  argmax(dim?: number | null, options?: KeepdimOptions): Tensor;
  /** Where the (first) smallest element stands along `dim`, or in the flattened tensor. PyTorch: `Tensor.argmin`. */
  argmin(dim?: number | null, options?: KeepdimOptions): Tensor;
  /** The largest element up to each one along `dim`, and the index of the last such. PyTorch: `Tensor.cummax`. */
  cummax(dim: number): ValuesAndIndices;
  /** The smallest element up to each one along `dim`, and the index of the last such. PyTorch: `Tensor.cummin`. */
  cummin(dim: number): ValuesAndIndices;
  /** The median: of an even number of elements the lower one; along a dimension with its index. PyTorch: `Tensor.median`. */
  readonly median: MedianMethod;
  /** The median of the elements that are not NaN. PyTorch: `Tensor.nanmedian`. */
  readonly nanmedian: MedianMethod;
  /** The values below which the fractions `q` of the elements lie. PyTorch: `Tensor.quantile`. */
  quantile(q: number | Tensor, dim?: number | null, options?: QuantileOptions): Tensor;
  /** `quantile` of the elements that are not NaN. PyTorch: `Tensor.nanquantile`. */
  nanquantile(q: number | Tensor, dim?: number | null, options?: QuantileOptions): Tensor;
  /** The real part, a view; a real tensor itself. PyTorch: `Tensor.real`. */
  real(): Tensor;
  /** The imaginary part, a view. PyTorch: `Tensor.imag`. */
  imag(): Tensor;
  /** The angle in radians. PyTorch: `Tensor.angle`. */
  angle(): Tensor;
  /** The conjugate. PyTorch: `Tensor.conj`. */
  conj(): Tensor;
  /** The conjugate. PyTorch: `Tensor.conj_physical`. */
  conjPhysical(): Tensor;
  /** The tensor itself: conjugates are never left for later. PyTorch: `Tensor.resolve_conj`. */
  resolveConj(): Tensor;
  /** Spectra of overlapping windows. PyTorch: `Tensor.stft`. */
  stft(nFft: number, options?: StftOptions): Tensor;
  /** The signal of such spectra. PyTorch: `Tensor.istft`. */
  istft(nFft: number, options?: IstftOptions): Tensor;
  /** The different elements in ascending order. PyTorch: `Tensor.unique`. */
  readonly unique: UniqueMethod;
  /** The elements that differ from the one before. PyTorch: `Tensor.unique_consecutive`. */
  readonly uniqueConsecutive: UniqueConsecutiveMethod;
}

type AnyFunction = (self: Tensor, ...rest: unknown[]) => unknown;

function installMethod(name: string, fn: AnyFunction): void {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown, ...rest: unknown[]) {
      return rest.length === 0 ? fn(this, a, b, c, d) : fn(this, a, b, c, d, ...rest);
    },
    writable: true,
    configurable: true,
  });
}

for (const group of [
  elementwise,
  arithmetic,
  special,
  comparison,
  closeness,
  filling,
  newLike,
  shaping,
  viewInplace,
  resizing,
  reduction,
  view,
  indexing,
  linalg,
  masking,
  matrixMethods,
  products,
  rearranging,
  copying,
  randomInplace,
  softmax,
  diagonals,
  indexWriting,
  scan,
  sorting,
  splitting,
  statistics,
  summaries,
  viewWriting,
  sparse,
])
  for (const [name, fn] of Object.entries(group)) if (typeof fn === 'function') installMethod(name, fn as AnyFunction);
for (const [name, fn] of Object.entries({
  angle,
  conj,
  conjPhysical,
  imag,
  istft,
  real,
  resolveConj,
  stft,
  argmax,
  argmin,
  cummax,
  cummin,
  indexPut,
  isShared,
  max,
  median,
  min,
  nanmedian,
  nanquantile,
  quantile,
  shareMemory_,
  unique,
  uniqueConsecutive,
}))
  installMethod(name, fn as AnyFunction);
installMethod('indexPut_', indexPut_ as AnyFunction);
installMethod('where', ((self: Tensor, condition: Tensor, other: Tensor | Scalar) =>
  where(condition, self, other)) as AnyFunction);
// takes as many items as are given, so that none is taken for undefined
Object.defineProperty(Tensor.prototype, 'index', {
  value(this: Tensor, ...items: IndexItem[]) {
    return index(this, ...items);
  },
  writable: true,
  configurable: true,
});
Object.defineProperty(Tensor.prototype, 'T', {
  get(this: Tensor) {
    return view.t(this);
  },
  configurable: true,
});
Object.defineProperty(Tensor.prototype, 'mT', {
  get(this: Tensor) {
    return view.transpose(this, -2, -1);
  },
  configurable: true,
});
Object.defineProperty(Tensor.prototype, 'H', {
  get(this: Tensor) {
    return conj(view.t(this));
  },
  configurable: true,
});
Object.defineProperty(Tensor.prototype, 'mH', {
  get(this: Tensor) {
    return conj(view.transpose(this, -2, -1));
  },
  configurable: true,
});
