/** Sparse tensors by coordinates (COO): a column of indices and a value for each stored entry. */
import { finish, type TensorOptions, zeros } from '../creation.js';
import { dtypeInfo } from '../dtype.js';
import { formatShape, IndexError, LayoutError, ShapeError } from '../errors.js';
import { type TensorData, tensor } from '../from-data.js';
import { castTo } from '../ops/copy.js';
import { type Indices, toIndices } from '../ops/indices.js';
import { indexAdd, indexSelect } from '../ops/indexing.js';
import { cat } from '../ops/joining.js';
import { nonzero } from '../ops/masking.js';
import { cumsum } from '../ops/reduction.js';
import { sortDim } from '../ops/ordering.js';
import { narrow } from '../ops/view.js';
import { checkShape, numelOf, sameShape, type Shape } from '../shape.js';
import { isTensor, type Tensor } from '../tensor.js';
import { formatSparse } from './printing.js';
import { SparseTensor } from './sparse-tensor.js';

export class SparseCooTensor extends SparseTensor {
  /** @internal Made by `sparseCooTensor`, `toSparse` and operations, which have checked the parts. */
  constructor(
    shape: Shape,
    /** int64 (sparseDim, nnz): where the entries stand in the first dimensions. */
    public coordinates: Tensor,
    entries: Tensor,
    /** Whether the entries are known to stand at different places, in row-major order. */
    public coalesced: boolean,
  ) {
    super(shape, entries, [coordinates]);
  }

  override get layout(): 'sparseCoo' {
    return 'sparseCoo';
  }
  /** Dimensions with coordinates; those behind them are dense, in the entries. */
  get sparseDims(): number {
    return this.coordinates.shape[0];
  }

  override withEntries(entries: Tensor): this {
    return new SparseCooTensor(this.shape, this.coordinates, entries, this.coalesced) as this;
  }
  override withoutEntries(): this {
    return new SparseCooTensor(this.shape, narrow(this.coordinates, 1, 0, 0), narrow(this.entries, 0, 0, 0), true) as this;
  }
  override become(source: SparseTensor): void {
    if (!(source instanceof SparseCooTensor) || !sameShape(source.shape, this.shape) || source.dtype !== this.dtype)
      throw new LayoutError(
        `a ${source.layout} tensor of ${source.dtype}${formatShape(source.shape)} cannot take the place of a sparseCoo one of ${this.dtype}${formatShape(this.shape)}; use the form of the operation that is not in place`,
      );
    this.coordinates = source.coordinates;
    this.entries = source.entries;
    this.coalesced = source.coalesced;
    this.storage.version++;
  }
  override parts(): readonly Tensor[] {
    return [this.coordinates, this.entries];
  }
  override toString(): string {
    return formatSparse(this, { indices: this.coordinates, values: this.entries });
  }
}

export interface SparseCooOptions extends TensorOptions {
  /** The indices are known to be sorted row by row and different. Default false. */
  readonly isCoalesced?: boolean;
}

/**
 * A sparse tensor by coordinates: `values[e]` stands at `indices[0][e], indices[1][e], …`; values at one place are added. Gradients
 * flow to `values`. PyTorch: `torch.sparse_coo_tensor`, without the form that has only a size: `zeros(size).toSparse()`.
 *
 * @param indices - int64 `(sparseDim, nnz)`.
 * @param values - `(nnz, *dense)`: numbers, or a tensor that is not copied.
 * @param size - `sparseDim` sizes and then those of the dense dimensions. Default: as small as the indices allow.
 * @throws {IndexError} If an index is negative or not below its size.
 * @throws {ShapeError} If indices, values and size do not fit together.
 * @example
 * const s = sparseCooTensor([[0, 1, 1], [2, 0, 2]], [3, 4, 5], [2, 3]);
 * s.matmul(ones([3, 4]));
 */
export function sparseCooTensor(
  indices: Indices,
  values: Tensor | TensorData,
  size?: Shape | null,
  { isCoalesced = false, ...options }: SparseCooOptions = {},
): SparseCooTensor {
  const coordinates = toIndices('sparseCooTensor', 'indices', indices);
  const entries = valuesOf(values, options);
  if (coordinates.ndim !== 2)
    throw new ShapeError(`sparseCooTensor: indices must have the shape (sparseDim, nnz), got ${formatShape(coordinates.shape)}`);
  const [sparseDims, nnz] = coordinates.shape;
  if (entries.ndim === 0 || entries.shape[0] !== nnz)
    throw new ShapeError(
      `sparseCooTensor: indices of shape ${formatShape(coordinates.shape)} name ${nnz} places, but values have the shape ${formatShape(entries.shape)}`,
    );
  const extent = nnz === 0 ? [] : (coordinates.amax(1).toArray() as number[]);
  const shape = [
    ...(size ?? [...(nnz === 0 ? new Array(sparseDims).fill(0) : extent.map((x) => x + 1)), ...entries.shape.slice(1)]),
  ];
  checkShape('sparseCooTensor', shape);
  if (shape.length !== sparseDims + entries.ndim - 1 || !sameShape(shape.slice(sparseDims), entries.shape.slice(1)))
    throw new ShapeError(
      `sparseCooTensor: a size of ${formatShape(shape)} does not fit indices for ${sparseDims} dimensions and values of shape ${formatShape(entries.shape)}; expected ${sparseDims} sizes and then ${formatShape(entries.shape.slice(1))}`,
    );
  checkRange('sparseCooTensor', coordinates, shape);
  const made = new SparseCooTensor(shape, coordinates, entries, isCoalesced);
  if (isCoalesced) checkCoalesced(made);
  return finish('sparseCooTensor', made, options) as SparseCooTensor;
}

/** @internal The values as a tensor; of their own if they are to be a leaf that the given tensor is not. */
export function valuesOf(values: Tensor | TensorData, { dtype, requiresGrad = false }: TensorOptions): Tensor {
  if (!isTensor(values)) return tensor(values, { dtype });
  const given = dtype === undefined ? values : castTo(values, dtypeInfo(dtype));
  return requiresGrad && !(given as Tensor & { requiresGrad: boolean }).requiresGrad ? given.detached() : given;
}

function checkRange(op: string, coordinates: Tensor, shape: Shape): void {
  if (coordinates.numel === 0) return;
  const [lowest, highest] = [coordinates.amin(1), coordinates.amax(1)].map((t) => t.toArray() as number[]);
  for (let d = 0; d < lowest.length; d++)
    for (const index of [lowest[d], highest[d]])
      if (index < 0 || index >= shape[d])
        throw new IndexError(
          `${op}: index ${index} of dimension ${d} is out of range for its size ${shape[d]}, in a tensor of shape ${formatShape(shape)}`,
        );
}

function checkCoalesced(t: SparseCooTensor): void {
  if (!isAscending(linearKeys(t)))
    throw new LayoutError(
      'sparseCooTensor: isCoalesced was given, but the indices are not sorted or not different; call coalesce()',
    );
}

/** @internal Whether each key is greater than the one before. */
export function isAscending(keys: Tensor): boolean {
  const n = keys.numel;
  return (
    n < 2 ||
    Boolean(
      narrow(keys, 0, 1, n - 1)
        .gt(narrow(keys, 0, 0, n - 1))
        .all()
        .item(),
    )
  );
}

/** @internal The place of each entry among those of the sparse dimensions in row-major order: int64 (nnz). */
export function linearKeys(
  t: SparseCooTensor,
  dims: readonly number[] = t.shape.slice(0, t.sparseDims).map((_, d) => d),
): Tensor {
  const sizes = dims.map((d) => t.shape[d]);
  if (numelOf(sizes) > Number.MAX_SAFE_INTEGER)
    throw new ShapeError(`a sparse tensor of shape ${formatShape(t.shape)} has more places than can be numbered`);
  let keys = zeros([t.nnz], { dtype: 'int64', device: t.coordinates.device });
  for (const [i, d] of dims.entries()) keys = keys.mul(sizes[i]).add(t.coordinates.select(0, d));
  return keys;
}

/**
 * @internal The same tensor with its entries at different places, in row-major order: those at one place are added in the order in
 * which they stand.
 */
export function coalesced(t: SparseCooTensor): SparseCooTensor {
  if (t.coalesced) return t;
  const [keys, order] = sortDim(linearKeys(t), 0, false);
  const sorted = indexSelect(t.entries, 0, order);
  const [firsts, group] = groupSorted(keys);
  const places = indexSelect(t.coordinates, 1, indexSelect(order, 0, firsts));
  const count = firsts.numel;
  const entries =
    count === t.nnz
      ? sorted
      : indexAdd(zeros([count, ...t.entries.shape.slice(1)], { dtype: t.dtype, device: t.entries.device }), 0, group, sorted);
  return new SparseCooTensor(t.shape, places, entries, true);
}

/** @internal Of sorted keys: where each different one stands first, and the number of the different one that each is. */
export function groupSorted(keys: Tensor): readonly [firsts: Tensor, group: Tensor] {
  const n = keys.numel;
  const starts =
    n === 0
      ? keys.bool()
      : cat([tensor([true], { device: keys.device }), narrow(keys, 0, 1, n - 1).ne(narrow(keys, 0, 0, n - 1))]);
  return [nonzero(starts).select(1, 0), cumsum(starts, 0).sub(1)];
}

/** @internal With two sparse dimensions exchanged. */
export function transposed(t: SparseCooTensor, dim0: number, dim1: number): SparseCooTensor {
  const exchange = (d: number): number => (d === dim0 ? dim1 : d === dim1 ? dim0 : d);
  const dims = Array.from({ length: t.sparseDims }, (_, d) => exchange(d));
  const shape = t.shape.map((_, d) => t.shape[exchange(d)]);
  return new SparseCooTensor(shape, indexSelect(t.coordinates, 0, dims), t.entries, t.nnz < 2);
}
