/** Each element once. */
import { formatShape, ShapeError } from '../errors.js';
import { tensor } from '../from-data.js';
import { normalizeDim } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { zeros } from '../creation.js';
import { cat } from './joining.js';
import { nonzero } from './masking.js';
import { sortDim, sortRows } from './ordering.js';

export interface UniqueConsecutiveOptions {
  /** Also give, for every element, the index of its value in the result. Default false. */
  readonly returnInverse?: boolean;
  /** Also count how often each value comes. Default false. */
  readonly returnCounts?: boolean;
  /** Whole slices along this dimension instead of elements. Default null. */
  readonly dim?: number | null;
}
export interface UniqueOptions extends UniqueConsecutiveOptions {
  /** The result is sorted with either value; the option is there for PyTorch's sake. */
  readonly sorted?: boolean;
}

type With<Inverse extends boolean, Counts extends boolean> = {
  readonly returnInverse: Inverse;
  readonly returnCounts: Counts;
};
/** The results: the values, and what else was asked for, in this order. */
interface UniqueCall<O, Self extends readonly Tensor[]> {
  (...parameters: [...Self, options: O & With<true, true>]): [values: Tensor, inverse: Tensor, counts: Tensor];
  (
    ...parameters: [...Self, options: O & { readonly returnInverse: true; readonly returnCounts?: false }]
  ): [values: Tensor, inverse: Tensor];
  (
    ...parameters: [...Self, options: O & { readonly returnCounts: true; readonly returnInverse?: false }]
  ): [values: Tensor, counts: Tensor];
  (...parameters: [...Self, options?: O]): Tensor;
}
export type UniqueFunction = UniqueCall<UniqueOptions, [self: Tensor]>;
export type UniqueMethod = UniqueCall<UniqueOptions, []>;
export type UniqueConsecutiveFunction = UniqueCall<UniqueConsecutiveOptions, [self: Tensor]>;
export type UniqueConsecutiveMethod = UniqueCall<UniqueConsecutiveOptions, []>;

/**
 * The different elements in ascending order (each NaN for itself), or the different slices along `dim` in lexicographic order.
 * PyTorch: `torch.unique`.
 *
 * @returns The values; with `returnInverse` or `returnCounts` a list of the values, the inverse and the counts (int64).
 * @example
 * const [values, counts] = x.unique({ returnCounts: true });
 */
export const unique = ((self: Tensor, options: UniqueOptions = {}) => distinct('unique', self, options, true)) as UniqueFunction;

/** The elements (or slices along `dim`) that differ from the one before. PyTorch: `torch.unique_consecutive`. */
export const uniqueConsecutive = ((self: Tensor, options: UniqueConsecutiveOptions = {}) =>
  distinct('uniqueConsecutive', self, options, false)) as UniqueConsecutiveFunction;

function distinct(
  op: string,
  self: Tensor,
  { returnInverse = false, returnCounts = false, dim = null }: UniqueConsecutiveOptions,
  sorted: boolean,
): Tensor | Tensor[] {
  checkTensor(op, 'self', self);
  const along = dim === null ? null : normalizeDim(op, dim, self.ndim);
  if (along !== null && self.ndim > 0 && self.shape[along] > 0 && self.numel === 0)
    throw new ShapeError(`${op}: the slices of ${formatShape(self.shape)} along dimension ${along} have no elements`);
  const rows = along === null || self.ndim === 0 ? self.reshape([-1]) : self.movedim(along, 0);
  const n = rows.shape[0];
  const [ordered, order] = sorted ? inOrder(rows) : [rows, null];
  const starts = firstOfRuns(ordered);
  const places = nonzero(starts).select(1, 0);
  const values = ordered.indexSelect(0, places);
  const result = [along === null || self.ndim === 0 ? values : values.movedim(0, along)];
  if (returnInverse) {
    const group = starts.cumsum(0).sub(1);
    const inverse = order === null ? group : zeros([n], { dtype: 'int64', device: group.device }).scatter(0, order, group);
    result.push(along === null ? inverse.reshape(self.shape) : inverse);
  }
  if (returnCounts)
    result.push(
      cat([
        places.narrow(0, Math.min(1, n), Math.max(places.numel - 1, 0)),
        tensor(n === 0 ? [] : [n], { dtype: 'int64', device: places.device }),
      ]).sub(places),
    );
  return result.length === 1 ? result[0] : result;
}

/** The rows (elements of a vector) in ascending order, and where they stood. */
function inOrder(rows: Tensor): readonly [Tensor, Tensor] {
  if (rows.ndim === 1) {
    const [values, order] = sortDim(rows, 0, false);
    return [values, order];
  }
  const order = sortRows(rows.reshape([rows.shape[0], rows.numel / Math.max(rows.shape[0], 1)]));
  return [rows.indexSelect(0, order), order];
}

/** True where a row differs from the one before, and for the first one. */
function firstOfRuns(rows: Tensor): Tensor {
  const n = rows.shape[0];
  if (n === 0) return zeros([0], { dtype: 'bool', device: rows.device });
  const differs = rows.narrow(0, 1, n - 1).ne(rows.narrow(0, 0, n - 1));
  return cat([
    tensor([true], { device: rows.device }),
    differs.ndim === 1 ? differs : differs.reshape([n - 1, rows.numel / n]).any(1),
  ]);
}
