/**
 * Indexing with any mixture of numbers, slices, new axes, an ellipsis, masks and index tensors, as `tensor[…]` in PyTorch.
 * Numbers, slices and new axes give views; masks and index tensors copy.
 */
import { DTypeError, formatShape, IndexError } from '../errors.js';
import { type TensorData, tensor } from '../from-data.js';
import { broadcastShapes, sameShape } from '../shape.js';
import { checkTensor, isTensor, type Tensor } from '../tensor.js';
import { cloneFor } from './clone-for.js';
import { copy_ } from './copy.js';
import { add_ } from './elementwise.js';
import { indexLeading, indexPutLeading_, indexSelect } from './indexing.js';
import { toIndices } from './indices.js';
import { stack } from './joining.js';
import { maskedFill_, nonzero } from './masking.js';
import { scalarTensor, type Scalar } from '../promotion.js';
import { alias, expand, flatten, permute, reshape, select, slice as sliceView, unsqueeze, view } from './view.js';

/** A range of indices: `slice(1, 5)` is Python's `1:5`, `slice(null, null, 2)` is `::2`. */
export class Slice {
  constructor(
    readonly start: number | null,
    readonly stop: number | null,
    readonly step: number,
  ) {}
}
/** Every `step`-th index from `start` up to but not including `stop`; null leaves a bound open. */
export const slice = (start: number | null = null, stop: number | null = null, step = 1): Slice => new Slice(start, stop, step);
/** Stands for as many whole dimensions as are left. */
export const ellipsis: unique symbol = Symbol('ellipsis');

/**
 * A number selects and drops the dimension, a slice narrows it, null inserts one of size 1, `ellipsis` skips; a bool mask covers
 * as many dimensions as it has; integers in a tensor or an array choose in any order.
 */
export type IndexItem = number | Slice | null | typeof ellipsis | Tensor | readonly TensorData[];

/** What is left after views: a tensor and, for some of its dimensions, index tensors of one shape. */
interface Parsed {
  readonly self: Tensor;
  /** One entry per dimension of `self`. */
  readonly indices: readonly (Tensor | null)[];
}

function toItem(self: Tensor, item: IndexItem | undefined, position: number): number | Slice | null | typeof ellipsis | Tensor {
  if (item === null || typeof item === 'number' || item === ellipsis || item instanceof Slice) return item;
  const t = isTensor(item) ? item : Array.isArray(item) ? fromArray(self, item) : null;
  if (t === null)
    throw new TypeError(
      `index: item ${position} is ${typeof item}; expected a number, slice(…), null, ellipsis, a bool or integer tensor, or an array`,
    );
  if (t.info.kind !== 'int' && t.info.kind !== 'bool')
    throw new DTypeError(
      `index: item ${position} must hold integers or booleans, got ${t.dtype}; convert it with .long() or .bool()`,
    );
  // a single index needs no copy
  return t.ndim === 0 && t.info.kind === 'int' ? Number(t.itemBigInt()) : t;
}

const fromArray = (self: Tensor, item: readonly TensorData[]): Tensor =>
  typeof (item as readonly unknown[]).flat(Number.POSITIVE_INFINITY)[0] === 'boolean'
    ? tensor(item, { device: self.device })
    : toIndices('index', 'an array', item, self);

function parse(self: Tensor, given: readonly IndexItem[]): Parsed {
  const items = given.map((item, i) => toItem(self, item, i));
  if (items.filter((item) => item === ellipsis).length > 1) throw new IndexError('index: there can be only one ellipsis');
  const consumed = items.reduce<number>(
    (n, item) => n + (item === null || item === ellipsis ? 0 : isTensor(item) && item.info.kind === 'bool' ? item.ndim : 1),
    0,
  );
  if (consumed > self.ndim)
    throw new IndexError(`index: too many indices: ${consumed} for a tensor of shape ${formatShape(self.shape)}`);
  let x = self;
  let dim = 0;
  const indices: (Tensor | null)[] = [];
  const pass = (count: number) => {
    for (let i = 0; i < count; i++) indices.push(null);
    dim += count;
  };
  for (const item of items) {
    if (item === ellipsis) pass(self.ndim - consumed);
    else if (item === null) {
      x = unsqueeze(x, dim);
      pass(1);
    } else if (typeof item === 'number') x = select(x, dim, item);
    else if (item instanceof Slice) {
      x = sliceView(x, dim, item.start, item.stop, item.step);
      pass(1);
    } else if (item.info.kind === 'bool') {
      const [rest, places] = maskIndices(x, dim, item);
      x = rest;
      indices.push(...places);
      dim += places.length;
    } else {
      indices.push(toIndices('index', 'an index', item));
      dim += 1;
    }
  }
  pass(x.ndim - dim);
  return { self: x, indices };
}

/** The mask's true places as one index vector per dimension. A 0-d mask chooses all or nothing along a new dimension. */
function maskIndices(x: Tensor, dim: number, mask: Tensor): [Tensor, Tensor[]] {
  if (mask.ndim === 0) return [unsqueeze(x, dim), [tensor(mask.item() ? [0] : [], { dtype: 'int64', device: x.device })]];
  const covered = x.shape.slice(dim, dim + mask.ndim);
  if (!sameShape(mask.shape, covered))
    throw new IndexError(
      `index: a mask of shape ${formatShape(mask.shape)} does not match the dimensions ${formatShape(covered)} of ${formatShape(x.shape)} that it covers`,
    );
  const places = nonzero(mask);
  return [x, mask.shape.map((_, i) => select(places, 1, i))];
}

/** How the indexed dimensions are brought to the front and the result's back to where PyTorch has them. */
interface Plan {
  /** With the indexed dimensions first. */
  readonly self: Tensor;
  /** Shape `(k, *I)`. */
  readonly stacked: Tensor;
  /** From `(*I, *rest)` to the order of the result: consecutive index tensors leave their dimensions in place, others come first. */
  readonly order: readonly number[];
}

function plan({ self, indices }: Parsed): Plan {
  const dims = indices.map((_, i) => i).filter((i) => indices[i] !== null);
  const others = indices.map((_, i) => i).filter((i) => indices[i] === null);
  const shape = dims.map((d) => (indices[d] as Tensor).shape).reduce((a, b) => broadcastShapes('index', a, b));
  const expanded = dims.map((d) => expand(indices[d] as Tensor, shape));
  const consecutive = dims[dims.length - 1] - dims[0] === dims.length - 1;
  const before = consecutive ? dims[0] : 0; // dimensions of the result in front of I
  const result = [...shape, ...others].map((_, i) => i);
  const [of, rest] = [result.slice(0, shape.length), result.slice(shape.length)];
  return {
    self: permute(self, [...dims, ...others]),
    stacked: expanded.length === 1 ? unsqueeze(expanded[0], 0) : stack(expanded),
    order: [...rest.slice(0, before), ...of, ...rest.slice(before)],
  };
}

/**
 * The elements that `items` choose. PyTorch: `tensor[items]`.
 *
 * @throws {IndexError} If an index is out of range, or there are more items than dimensions.
 * @example
 * x.index(0, slice(1, 5), null, ellipsis);  // x[0, 1:5, None, ...]
 * x.index(x.gt(0));                         // x[x > 0]
 * x.index([0, 2], [1, 1]);                  // x[[0, 2], [1, 1]]
 */
export function index(self: Tensor, ...items: IndexItem[]): Tensor {
  checkTensor('index', 'self', self);
  const parsed = parse(self, items);
  const tensors = parsed.indices.filter((t) => t !== null);
  if (tensors.length === 0) return parsed.self === self ? alias(self) : parsed.self;
  if (tensors.length === 1) return indexOneDim(parsed.self, parsed.indices.indexOf(tensors[0]), tensors[0]);
  const { self: x, stacked, order } = plan(parsed);
  return permute(indexLeading(x, stacked), order);
}

function indexOneDim(self: Tensor, dim: number, indices: Tensor): Tensor {
  const picked = indexSelect(self, dim, flatten(indices));
  return indices.ndim === 1
    ? picked
    : view(picked, [...self.shape.slice(0, dim), ...indices.shape, ...self.shape.slice(dim + 1)]);
}

export interface IndexPutOptions {
  /** Add the values instead of replacing; an element chosen twice gets both. Default false. */
  readonly accumulate?: boolean;
}

/**
 * Writes `values`, which broadcast, to the elements that `items` choose. Where one is chosen twice, the last value stays (unless
 * `accumulate`). PyTorch: `tensor[items] = values`.
 *
 * @example
 * x.indexPut_([slice(), 0], 1);                            // x[:, 0] = 1
 * x.indexPut_([[0, 0]], y, { accumulate: true });
 */
export function indexPut_(
  self: Tensor,
  items: readonly IndexItem[],
  values: Tensor | Scalar,
  { accumulate = false }: IndexPutOptions = {},
): Tensor {
  checkTensor('indexPut_', 'self', self);
  if (!Array.isArray(items)) throw new TypeError('indexPut_: the first argument must be an array of items such as [slice(), 0]');
  const [mask] = items;
  if (
    items.length === 1 &&
    isTensor(mask) &&
    mask.info.kind === 'bool' &&
    !isTensor(values) &&
    !accumulate &&
    mask.ndim <= self.ndim
  )
    return maskedFill_(self, trailing(mask, self), values);
  const parsed = parse(self, items);
  const source = isTensor(values) ? values : scalarTensor(values, self.info);
  if (parsed.indices.every((t) => t === null)) {
    const target = parsed.self;
    const fitting = withoutLeadingOnes(source, target.ndim);
    accumulate ? add_(target, fitting) : copy_(target, fitting);
    return self;
  }
  const { self: x, stacked, order } = plan(parsed);
  const chosen = [...stacked.shape.slice(1), ...x.shape.slice(stacked.shape[0])]; // (*I, *rest)
  const inOrder = expand(
    withoutLeadingOnes(source, order.length),
    order.map((d) => chosen[d]),
  );
  indexPutLeading_(
    x,
    permute(
      inOrder,
      order.map((_, i) => order.indexOf(i)),
    ),
    stacked,
    accumulate,
  );
  return self;
}

/** A copy with `values` at the elements that `items` choose. PyTorch: `torch.index_put`. */
export function indexPut(
  self: Tensor,
  items: readonly IndexItem[],
  values: Tensor | Scalar,
  options: IndexPutOptions = {},
): Tensor {
  checkTensor('indexPut', 'self', self);
  return indexPut_(cloneFor(self, [values, ...items].filter(isTensor)), items, values, options);
}

/** The mask of the leading dimensions, to broadcast over the others. */
function trailing(mask: Tensor, self: Tensor): Tensor {
  if (!sameShape(mask.shape, self.shape.slice(0, mask.ndim)))
    throw new IndexError(
      `index: a mask of shape ${formatShape(mask.shape)} does not match the leading dimensions of ${formatShape(self.shape)}`,
    );
  return reshape(mask, [...mask.shape, ...new Array<number>(self.ndim - mask.ndim).fill(1)]);
}

// PyTorch lets values have more dimensions than the place they go to, if these have size 1
function withoutLeadingOnes(values: Tensor, ndim: number): Tensor {
  let extra = values.ndim - ndim;
  let x = values;
  while (extra-- > 0 && x.shape[0] === 1) x = select(x, 0, 0);
  return x;
}
