/** Makes methods of the functions in `ops/`. */
import * as comparison from './ops/comparison.js';
import * as copying from './ops/copy.js';
import * as elementwise from './ops/elementwise.js';
import { argmax, argmin, type ExtremumMethod, max, min } from './ops/extremum.js';
import * as indexing from './ops/indexing.js';
import * as linalg from './ops/linalg.js';
import * as masking from './ops/masking.js';
import * as randomInplace from './ops/random-inplace.js';
import * as rearranging from './ops/rearranging.js';
import * as reduction from './ops/reduction.js';
import type { KeepdimOptions } from './ops/reduction.js';
import * as softmax from './ops/softmax.js';
import { type IndexItem, type IndexPutOptions, index, indexPut_ } from './ops/subscript.js';
import * as view from './ops/view.js';
import { where } from './ops/where.js';
import type { Scalar } from './promotion.js';
import { Tensor } from './tensor.js';

/** Methods whose shape the mapped type cannot express. */
export interface CustomMethods {
  /** The transpose of a matrix; a vector stays as it is. PyTorch: `Tensor.t`. */
  readonly T: Tensor;
  /** The transposes of the matrices of the last two dimensions. PyTorch: `Tensor.mT`. */
  readonly mT: Tensor;
  /** The elements that the items choose. PyTorch: `tensor[items]`. */
  index(...items: IndexItem[]): Tensor;
  /** Writes to the elements that the items choose. PyTorch: `tensor[items] = values`. */
  indexPut_(items: readonly IndexItem[], values: Tensor | Scalar, options?: IndexPutOptions): Tensor;
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
  comparison,
  reduction,
  view,
  indexing,
  linalg,
  masking,
  rearranging,
  copying,
  randomInplace,
  softmax,
])
  for (const [name, fn] of Object.entries(group)) if (typeof fn === 'function') installMethod(name, fn as AnyFunction);
for (const [name, fn] of Object.entries({ argmax, argmin, max, min })) installMethod(name, fn as AnyFunction);
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
