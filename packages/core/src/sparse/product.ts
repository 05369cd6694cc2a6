/** Products of matrices of which at least one is sparse. */
import { arange } from '../creation.js';
import { formatShape, LayoutError, ShapeError } from '../errors.js';
import { castTo } from '../ops/copy.js';
import { innerSizeError } from '../ops/matrix-product.js';
import { indexSelect } from '../ops/indexing.js';
import { stack } from '../ops/joining.js';
import { bucketize } from '../ops/searching.js';
import { sortDim } from '../ops/ordering.js';
import { cumsum } from '../ops/reduction.js';
import { sparseTimesDense } from '../ops/sparse-product.js';
import type { Tensor } from '../tensor.js';
import { compressedRows, SparseCompressedTensor } from './compressed.js';
import { coalesced, SparseCooTensor, transposed as transposedCoo } from './coo.js';
import { toCoo } from './methods.js';
import { SparseTensor } from './sparse-tensor.js';

/** The rows of a matrix: its entries in their order, or (`isTransposed`) those of its transpose. */
interface Rows {
  readonly compressed: Tensor;
  readonly plain: Tensor;
  readonly entries: Tensor;
  readonly isTransposed: boolean;
}

/** What sorting the coordinates of a matrix by rows gave, for as long as nobody writes to them. */
interface SortedRows {
  readonly version: number;
  readonly compressed: Tensor;
  readonly plain: Tensor;
  /** Null where the entries are sorted already. */
  readonly order: Tensor | null;
}
const sortedRows = new WeakMap<Tensor, SortedRows>();

/** A graph's matrix is multiplied in every step, but sorted only once. */
function sortRows(t: SparseCooTensor): SortedRows {
  const { coordinates } = t;
  const known = sortedRows.get(coordinates);
  if (known?.version === coordinates.version && known.compressed.numel === t.shape[0] + 1) return known;
  const order = t.coalesced ? null : sortDim(coordinates.select(0, 0), 0, false)[1];
  const sorted = order === null ? t : new SparseCooTensor(t.shape, indexSelect(coordinates, 1, order), t.entries, false);
  const { compressed, plain } = compressedRows(sorted);
  for (const kept of [compressed, plain, order]) kept?.storage.markEscaped(); // outlives the scope that it is made in
  const made = { version: coordinates.version, compressed, plain, order };
  sortedRows.set(coordinates, made);
  return made;
}

function rowsOf(t: SparseTensor): Rows {
  if (t instanceof SparseCompressedTensor)
    return { compressed: t.compressed, plain: t.plain, entries: t.entries, isTransposed: !t.byRows };
  const coo = t as SparseCooTensor;
  if (coo.ndim !== 2 || coo.sparseDims !== 2)
    throw new LayoutError(
      `matmul: expected a sparse matrix of numbers, got a tensor of shape ${formatShape(t.shape)} with ${coo.sparseDims} sparse dimensions; convert it with .toDense()`,
    );
  const { compressed, plain, order } = sortRows(coo);
  return { compressed, plain, entries: order === null ? t.entries : indexSelect(t.entries, 0, order), isTransposed: false };
}

/** `sparse @ dense`, or `sparseᵀ @ dense`. */
function timesDense(sparse: SparseTensor, dense: Tensor, transposed: boolean): Tensor {
  const { compressed, plain, entries, isTransposed } = rowsOf(sparse);
  const rows = sparse.shape[transposed ? 1 : 0];
  return sparseTimesDense(entries, compressed, plain, castTo(dense, entries.info), rows, isTransposed !== transposed);
}

/** The product of two matrices, of which at least one is sparse. That of two sparse ones is sparse. */
export function sparseMatmul(a: Tensor, b: Tensor): Tensor {
  if (a.ndim !== 2 || b.ndim !== 2)
    throw new ShapeError(
      `matmul: a sparse matrix can be multiplied by a matrix or a vector, not ${formatShape(a.shape)} by ${formatShape(b.shape)}; convert it with .toDense()`,
    );
  if (a.shape[1] !== b.shape[0]) throw innerSizeError('matmul', a, b);
  if (!(b instanceof SparseTensor)) return timesDense(a as SparseTensor, b, false);
  if (a instanceof SparseTensor) return timesSparse(toCoo(a), toCoo(b), a.layout === 'sparseCoo' && b.layout === 'sparseCoo');
  return timesDense(b, a.t(), true).t(); // (bᵀ aᵀ)ᵀ
}

/** Each entry (i, k) of `a` meets all entries (k, j) of `b`. */
function timesSparse(a: SparseCooTensor, b: SparseCooTensor, byCoordinates: boolean): Tensor {
  const { compressed, plain, entries } = rowsOf(b);
  const inner = a.coordinates.select(0, 1);
  const next = indexSelect(compressed, 0, inner.add(1));
  const ends = cumsum(next.sub(indexSelect(compressed, 0, inner)), 0);
  const count = a.nnz === 0 ? 0 : (ends.select(0, a.nnz - 1).item() as number);
  const pairs = arange(count, { dtype: 'int64', device: ends.device });
  const left = bucketize(pairs, ends, { right: true });
  const right = pairs.add(indexSelect(next.sub(ends), 0, left)); // the last pair of an entry is the last of its row in `b`
  const coordinates = stack([indexSelect(a.coordinates.select(0, 0), 0, left), indexSelect(plain, 0, right)]);
  const products = indexSelect(a.entries, 0, left).mul(indexSelect(entries, 0, right));
  const product = coalesced(new SparseCooTensor([a.shape[0], b.shape[1]], coordinates, products, false));
  return byCoordinates ? product : product.toSparseCsr();
}

/** The transpose; of compressed rows, the same parts as compressed columns. */
export function transposedSparse(t: SparseTensor, dim0: number, dim1: number): Tensor {
  if (t instanceof SparseCompressedTensor)
    return dim0 === dim1 ? t : new SparseCompressedTensor([t.shape[1], t.shape[0]], !t.byRows, t.compressed, t.plain, t.entries);
  const coo = t as SparseCooTensor;
  if (dim0 >= coo.sparseDims || dim1 >= coo.sparseDims)
    throw new LayoutError(
      `transpose: only the ${coo.sparseDims} sparse dimensions of this tensor can be exchanged; convert it with .toDense() first`,
    );
  return transposedCoo(coo, dim0, dim1);
}
