/** Elements in order, the greatest and the smallest ones. NaN counts as greatest; sorting is always stable. */

import type { Tensor } from '../tensor.js';
import { type ValuesAndIndices, valuesAndIndices } from './extremum.js';
import { kthvalueDim, modeDim, sortDim, topkDim } from './ordering.js';
import type { KeepdimOptions } from './reduction.js';

export interface SortOptions {
  /** Greatest first. Equal elements keep their order all the same. Default false. */
  readonly descending?: boolean;
  /** Sorting is stable with either value; the option is there for PyTorch's sake. */
  readonly stable?: boolean;
}

/**
 * The elements in ascending order along `dim`, and the indices where they stood (int64). PyTorch: `torch.sort`.
 *
 * @throws {DTypeError} If the tensor is complex.
 */
export function sort(self: Tensor, dim = -1, { descending = false }: SortOptions = {}): ValuesAndIndices {
  return valuesAndIndices(sortDim(self, dim, descending));
}

/** The indices that sort the tensor along `dim`: int64, of its shape. PyTorch: `torch.argsort`. */
export function argsort(self: Tensor, dim = -1, { descending = false }: SortOptions = {}): Tensor {
  return sortDim(self, dim, descending)[1];
}

/** Sorted along the first dimension. PyTorch: `torch.msort`. */
export const msort = (self: Tensor): Tensor => sortDim(self, 0, false)[0];

export interface TopkOptions {
  /** The greatest ones; false: the smallest. Default true. */
  readonly largest?: boolean;
  /** In order; false: in the order in which they stand. Default true. */
  readonly sorted?: boolean;
}

/**
 * The `k` largest (or smallest) elements along `dim` and their indices. PyTorch: `torch.topk`.
 *
 * @throws {ValueError} If the dimension has fewer than `k` elements.
 */
export function topk(self: Tensor, k: number, dim = -1, { largest = true, sorted = true }: TopkOptions = {}): ValuesAndIndices {
  return valuesAndIndices(topkDim(self, k, dim, largest, sorted));
}

/**
 * The `k`-th smallest element (from 1) along `dim` and its index. PyTorch: `torch.kthvalue`.
 *
 * @throws {ValueError} If `k` is not between 1 and the dimension's size.
 */
export function kthvalue(self: Tensor, k: number, dim = -1, options: KeepdimOptions = {}): ValuesAndIndices {
  return valuesAndIndices(kthvalueDim(self, k, dim, options));
}

/** The most frequent element along `dim` (of several the smallest) and the index where it stands last. PyTorch: `torch.mode`. */
export function mode(self: Tensor, dim = -1, options: KeepdimOptions = {}): ValuesAndIndices {
  return valuesAndIndices(modeDim(self, dim, options));
}
