/**
 * Sparse matrices by compressed rows (CSR) or columns (CSC): where in the entries each row (column) begins, and the column (row) and
 * value of each entry.
 */
import { arange, finish, type TensorOptions, zerosLike } from '../creation.js';
import { formatShape, IndexError, LayoutError, ShapeError, ValueError } from '../errors.js';
import type { TensorData } from '../from-data.js';
import { type Indices, toIndices } from '../ops/indices.js';
import { stack } from '../ops/joining.js';
import { searchsorted } from '../ops/searching.js';
import { expandRows } from '../ops/sparse-product.js';
import { narrow } from '../ops/view.js';
import { checkShape, sameShape, type Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { coalesced, isAscending, SparseCooTensor, transposed, valuesOf } from './coo.js';
import { formatSparse } from './printing.js';
import { SparseTensor } from './sparse-tensor.js';

export class SparseCompressedTensor extends SparseTensor {
  /** @internal Made by `sparseCsrTensor`, `toSparseCsr` and their like, which have checked the parts. */
  constructor(
    shape: Shape,
    /** Whether rows or columns are compressed. */
    readonly byRows: boolean,
    /** int64: where in the entries each row (column) begins, and their number. */
    public compressed: Tensor,
    /** int64: the column (row) of each entry. */
    public plain: Tensor,
    entries: Tensor,
  ) {
    super(shape, entries, [compressed, plain]);
  }

  override get layout(): 'sparseCsr' | 'sparseCsc' {
    return this.byRows ? 'sparseCsr' : 'sparseCsc';
  }

  override withEntries(entries: Tensor): this {
    return new SparseCompressedTensor(this.shape, this.byRows, this.compressed, this.plain, entries) as this;
  }
  override withoutEntries(): this {
    const nothing = (t: Tensor): Tensor => narrow(t, 0, 0, 0);
    const compressed = zerosLike(this.compressed);
    return new SparseCompressedTensor(this.shape, this.byRows, compressed, nothing(this.plain), nothing(this.entries)) as this;
  }
  override become(source: SparseTensor): void {
    if (
      !(source instanceof SparseCompressedTensor) ||
      source.layout !== this.layout ||
      !sameShape(source.shape, this.shape) ||
      source.dtype !== this.dtype
    )
      throw new LayoutError(
        `a ${source.layout} tensor of ${source.dtype}${formatShape(source.shape)} cannot take the place of a ${this.layout} one of ${this.dtype}${formatShape(this.shape)}; use the form of the operation that is not in place`,
      );
    this.compressed = source.compressed;
    this.plain = source.plain;
    this.entries = source.entries;
    this.storage.version++;
  }
  override parts(): readonly Tensor[] {
    return [this.compressed, this.plain, this.entries];
  }
  override toString(): string {
    const values = this.entries;
    return this.byRows
      ? formatSparse(this, { crowIndices: this.compressed, colIndices: this.plain, values })
      : formatSparse(this, { ccolIndices: this.compressed, rowIndices: this.plain, values });
  }
}

export interface SparseCompressedOptions extends TensorOptions {
  /** Check also that the columns of each row (the rows of each column) are sorted and different. Default false. */
  readonly checkInvariants?: boolean;
}

/**
 * A sparse matrix by compressed rows: the entries of row r are those from `crowIndices[r]` up to `crowIndices[r + 1]`. Gradients flow
 * to `values`. PyTorch: `torch.sparse_csr_tensor`, for matrices of numbers (no batches, no dense dimensions).
 *
 * @param crowIndices - int64 `(rows + 1)`, from 0 up to nnz.
 * @param colIndices - int64 `(nnz)`.
 * @param values - `(nnz)`: numbers, or a tensor that is not copied.
 * @param size - Default: as many columns as `colIndices` needs.
 * @throws {IndexError} If a column is out of range, or `crowIndices` does not run from 0 up to nnz.
 * @throws {ShapeError} If the parts and the size do not fit together.
 */
export function sparseCsrTensor(
  crowIndices: Indices,
  colIndices: Indices,
  values: Tensor | TensorData,
  size?: Shape | null,
  options: SparseCompressedOptions = {},
): SparseCompressedTensor {
  return make('sparseCsrTensor', ['crowIndices', 'colIndices'], true, crowIndices, colIndices, values, size, options);
}

/**
 * A sparse matrix by compressed columns: the entries of column c are those from `ccolIndices[c]` up to `ccolIndices[c + 1]`. Otherwise
 * like `sparseCsrTensor`. PyTorch: `torch.sparse_csc_tensor`.
 */
export function sparseCscTensor(
  ccolIndices: Indices,
  rowIndices: Indices,
  values: Tensor | TensorData,
  size?: Shape | null,
  options: SparseCompressedOptions = {},
): SparseCompressedTensor {
  return make('sparseCscTensor', ['ccolIndices', 'rowIndices'], false, ccolIndices, rowIndices, values, size, options);
}

function make(
  op: string,
  names: readonly [string, string],
  byRows: boolean,
  compressedIndices: Indices,
  plainIndices: Indices,
  values: Tensor | TensorData,
  size: Shape | null | undefined,
  { checkInvariants = false, ...options }: SparseCompressedOptions,
): SparseCompressedTensor {
  const compressed = toIndices(op, names[0], compressedIndices);
  const plain = toIndices(op, names[1], plainIndices);
  const entries = valuesOf(values, options);
  if (compressed.ndim !== 1 || plain.ndim !== 1 || entries.ndim !== 1 || compressed.numel === 0)
    throw new ShapeError(
      `${op}: expected vectors ${names[0]} (not empty), ${names[1]} and values, got ${formatShape(compressed.shape)}, ${formatShape(plain.shape)} and ${formatShape(entries.shape)}; use sparseCooTensor for other sparse tensors`,
    );
  if (plain.numel !== entries.numel)
    throw new ShapeError(`${op}: ${plain.numel} ${names[1]} for ${entries.numel} values; there must be one for each`);
  const lines = compressed.numel - 1;
  const width = plain.numel === 0 ? 0 : (plain.amax().item() as number) + 1;
  const shape = [...(size ?? (byRows ? [lines, width] : [width, lines]))];
  checkShape(op, shape);
  if (shape.length !== 2 || shape[byRows ? 0 : 1] !== lines)
    throw new ShapeError(
      `${op}: ${compressed.numel} ${names[0]} belong to a matrix of ${lines} ${byRows ? 'rows' : 'columns'}, not to one of size ${formatShape(shape)}`,
    );
  checkCompressed(op, names[0], compressed, plain.numel);
  const [lowest, limit] = [plain.numel === 0 ? 0 : (plain.amin().item() as number), shape[byRows ? 1 : 0]];
  if (lowest < 0 || width > limit)
    throw new IndexError(
      `${op}: ${names[1]} has the index ${lowest < 0 ? lowest : width - 1}, out of range for the size ${limit} of ${formatShape(shape)}`,
    );
  const made = new SparseCompressedTensor(shape, byRows, compressed, plain, entries);
  if (checkInvariants && !isAscending(expandRows(compressed, plain.numel).mul(limit).add(plain)))
    throw new ValueError(`${op}: ${names[1]} must be sorted and different within each ${byRows ? 'row' : 'column'}`);
  return finish(op, made, options) as SparseCompressedTensor;
}

function checkCompressed(op: string, name: string, compressed: Tensor, nnz: number): void {
  const last = compressed.numel - 1;
  const [begin, end] = [0, last].map((i) => compressed.select(0, i).item() as number);
  if (begin !== 0 || end !== nnz)
    throw new IndexError(
      `${op}: ${name} must run from 0 up to the number of values, ${nnz}, but it runs from ${begin} up to ${end}`,
    );
  if (
    last > 0 &&
    (narrow(compressed, 0, 1, last)
      .sub(narrow(compressed, 0, 0, last))
      .amin()
      .item() as number) < 0
  )
    throw new IndexError(`${op}: ${name} must not descend`);
}

/** @internal A matrix by coordinates as one by compressed rows or columns; entries at one place are added. */
export function compress(op: string, t: SparseCooTensor, byRows: boolean): SparseCompressedTensor {
  if (t.ndim !== 2 || t.sparseDims !== 2)
    throw new ShapeError(
      `${op}: only matrices of numbers can be compressed, not a tensor of shape ${formatShape(t.shape)} with ${t.sparseDims} sparse dimensions`,
    );
  const sorted = coalesced(byRows ? t : transposed(t, 0, 1));
  const { compressed, plain } = compressedRows(sorted);
  return new SparseCompressedTensor(t.shape, byRows, compressed, plain, sorted.entries);
}

/** @internal Where each row begins in the entries of a matrix by coordinates that is sorted by rows, and their columns. */
export function compressedRows(t: SparseCooTensor): { readonly compressed: Tensor; readonly plain: Tensor } {
  const rows = t.coordinates.select(0, 0).contiguous();
  return {
    compressed: searchsorted(rows, arange(t.shape[0] + 1, { dtype: 'int64', device: rows.device })),
    plain: t.coordinates.select(0, 1).contiguous(),
  };
}

/** @internal The same matrix by coordinates. */
export function expandCompressed(t: SparseCompressedTensor): SparseCooTensor {
  const lines = expandRows(t.compressed, t.nnz);
  const coordinates = stack(t.byRows ? [lines, t.plain] : [t.plain, lines]);
  const isSorted = t.byRows && isAscending(lines.mul(t.shape[1]).add(t.plain));
  return new SparseCooTensor(t.shape, coordinates, t.entries, isSorted);
}
