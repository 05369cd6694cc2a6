/** Finding places: in sorted sequences, among other elements, in a flattened tensor. */
import { formatShape, IndexError, ShapeError, ValueError } from '../errors.js';
import { tensor } from '../from-data.js';
import { defineOp } from '../op.js';
import { INT64, promoteOperandsLoosely, type Scalar } from '../promotion.js';
import { numelOf, sameShape } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { requireSameDtype } from './dtype-checks.js';
import { gather } from './indexing.js';
import { type Indices, toIndices } from './indices.js';
import { sortDim } from './ordering.js';

/** @internal How many elements of the sorted rows come before each value: int64 of the values' shape. */
export const searchsortedRows = defineOp({
  name: 'searchsorted',
  inputs: ['sorted', 'values'],
  args: (sorted: Tensor, values: Tensor, right: boolean) => [[sorted, values], { right }],
  infer: ([, values]) => ({ shape: (values as Tensor).shape, dtype: INT64 }),
  kernel: 'searchsorted',
  contiguous: true,
  differentiable: false,
});

export interface BucketizeOptions {
  /** int32 indices. Default false: int64. */
  readonly outInt32?: boolean;
  /** Behind equal elements; false: in front of them. Default false. */
  readonly right?: boolean;
}
export interface SearchsortedOptions extends BucketizeOptions {
  /** 'right' is `right: true`, 'left' is `right: false`. */
  readonly side?: 'left' | 'right' | null;
  /** Indices (int64) that sort the sequence, if it is not sorted itself. */
  readonly sorter?: Tensor | null;
}

/**
 * Where in the sorted sequences (the last dimension) the values belong: indices in [0, n]. A 1-D sequence serves all values;
 * otherwise the leading dimensions must be equal. PyTorch: `torch.searchsorted`.
 *
 * @throws {ShapeError} If the leading dimensions differ.
 */
export function searchsorted(
  sortedSequence: Tensor,
  values: Tensor | Scalar,
  { outInt32 = false, right = false, side = null, sorter = null }: SearchsortedOptions = {},
): Tensor {
  checkTensor('searchsorted', 'sortedSequence', sortedSequence);
  if (side !== null && side !== 'left' && side !== 'right')
    throw new ValueError(`searchsorted: side must be 'left' or 'right', got '${String(side)}'`);
  if (side === 'left' && right) throw new ValueError("searchsorted: side 'left' and right: true contradict each other");
  if (sorter !== null && !sameShape(sorter.shape, sortedSequence.shape))
    throw new ShapeError(
      `searchsorted: the sorter of shape ${formatShape(sorter.shape)} must have the shape ${formatShape(sortedSequence.shape)} of the sequence`,
    );
  const sequence = sorter === null ? sortedSequence : gather(sortedSequence, -1, toIndices('searchsorted', 'sorter', sorter));
  return place('searchsorted', sequence, values, right || side === 'right', outInt32);
}

/** The number of the bucket between `boundaries` (sorted, 1-D) that each element falls into. PyTorch: `torch.bucketize`. */
export function bucketize(
  input: Tensor | Scalar,
  boundaries: Tensor,
  { outInt32 = false, right = false }: BucketizeOptions = {},
): Tensor {
  checkTensor('bucketize', 'boundaries', boundaries);
  if (boundaries.ndim !== 1)
    throw new ShapeError(`bucketize: the boundaries must be a vector, got shape ${formatShape(boundaries.shape)}`);
  return place('bucketize', boundaries, input, right, outInt32);
}

function place(op: string, sequence: Tensor, values: Tensor | Scalar, right: boolean, outInt32: boolean): Tensor {
  if (sequence.ndim === 0) throw new ShapeError(`${op}: the sequence must have at least one dimension`);
  if (isTensor(values)) requireSameDtype(op, ['the sequence', 'the values'], [sequence, values]);
  const [sorted, x] = promoteOperandsLoosely(op, sequence, values);
  if (sorted.ndim > 1 && !(x.ndim === sorted.ndim && sameShape(x.shape.slice(0, -1), sorted.shape.slice(0, -1))))
    throw new ShapeError(
      `${op}: values of shape ${formatShape(x.shape)} must have the leading dimensions of the sequence ${formatShape(sorted.shape)}`,
    );
  const places = searchsortedRows(sorted, x, right);
  return outInt32 ? places.int() : places;
}

export interface IsinOptions {
  /** Neither tensor has an element twice; makes no difference here. */
  readonly assumeUnique?: boolean;
  /** True for the elements that are not among the others. Default false. */
  readonly invert?: boolean;
}

/** Which elements are among `testElements`: bool, of the shape of `elements`. PyTorch: `torch.isin`. */
export function isin(elements: Tensor | Scalar, testElements: Tensor | Scalar, { invert = false }: IsinOptions = {}): Tensor {
  const [x, tests] = promoteOperandsLoosely('isin', elements, testElements);
  if (tests.numel === 0) return invert ? x.eq(x).logicalOr(true) : x.ne(x).logicalAnd(false);
  const sorted = sortDim(tests.reshape([-1]), 0, false)[0];
  const nearest = searchsortedRows(sorted, x, false).clamp(null, sorted.numel - 1);
  const found = sorted
    .indexSelect(0, nearest.reshape([-1]))
    .reshape(x.shape)
    .eq(x);
  return invert ? found.logicalNot() : found;
}

/**
 * Flat indices into a tensor of `shape` as one index tensor per dimension. PyTorch: `torch.unravel_index`.
 *
 * @throws {IndexError} If an index is not below the number of elements.
 */
export function unravelIndex(indices: Indices, shape: readonly number[]): Tensor[] {
  const flat = toIndices('unravelIndex', 'indices', indices);
  const size = numelOf(shape);
  if (flat.numel > 0) {
    const [low, high] = [Number(flat.amin().itemBigInt()), Number(flat.amax().itemBigInt())];
    if (low < 0 || high >= size)
      throw new IndexError(
        `unravelIndex: index ${low < 0 ? low : high} is out of range for ${size} elements of ${formatShape(shape)}`,
      );
  }
  let below = size;
  return shape.map((n) => {
    below = n === 0 ? 0 : below / n;
    return flat.div(tensor(below, { dtype: 'int64', device: flat.device }), { roundingMode: 'floor' }).remainder(n);
  });
}
