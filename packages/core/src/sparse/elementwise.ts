/** Elementwise operations on sparse tensors: those that leave zeros zero. */
import { full } from '../creation.js';
import { formatShape, LayoutError, ShapeError } from '../errors.js';
import { indexLeading, indexPutLeading, indexSelect } from '../ops/indexing.js';
import { cat } from '../ops/joining.js';
import { nonzero } from '../ops/masking.js';
import { searchsorted } from '../ops/searching.js';
import { broadcastShapes, sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { SparseCompressedTensor } from './compressed.js';
import { coalesced, linearKeys, SparseCooTensor } from './coo.js';
import { toCoo } from './methods.js';
import { SparseTensor } from './sparse-tensor.js';

/** Entries at one place are added before a function that is not linear sees them. */
export const mapEntries = (t: SparseTensor, fn: (entries: Tensor) => Tensor): SparseTensor => {
  const single = t instanceof SparseCooTensor ? coalesced(t) : t;
  return single.withEntries(fn(single.entries));
};

function requireSameShape(op: string, a: Tensor, b: Tensor): void {
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(
      `${op}: sparse tensors do not broadcast: ${formatShape(a.shape)} and ${formatShape(b.shape)} must be equal; convert one with .toDense()`,
    );
}

/** The sum: sparse if both are, dense if one is dense. */
export function addSparse(a: Tensor, b: Tensor): Tensor {
  requireSameShape('add', a, b);
  if (!(a instanceof SparseTensor)) return addEntries(a, toCoo(b));
  if (!(b instanceof SparseTensor)) return addEntries(b, toCoo(a));
  const [x, y] = [toCoo(a), toCoo(b)];
  if (x.sparseDims !== y.sparseDims)
    throw new LayoutError(`add: one tensor has ${x.sparseDims} sparse dimensions and the other ${y.sparseDims}; use .toDense()`);
  const sum = new SparseCooTensor(x.shape, cat([x.coordinates, y.coordinates], 1), cat([x.entries, y.entries]), false);
  if (a instanceof SparseCompressedTensor) return a.byRows ? sum.toSparseCsr() : sum.toSparseCsc();
  return x.coalesced && y.coalesced ? coalesced(sum) : sum;
}

const addEntries = (dense: Tensor, t: SparseCooTensor): Tensor =>
  t.sparseDims === 0 ? dense.add(t.entries.sum(0)) : indexPutLeading(dense, t.entries, t.coordinates, true);

/** The elementwise product; entries where either factor has one. */
export function mulSparse(a: Tensor, b: Tensor): Tensor {
  if (!(a instanceof SparseTensor)) return mulSparse(b, a);
  if (b instanceof SparseTensor) return mulBoth(a, b);
  if (b.numel === 1 && b.ndim <= a.ndim) return a.withEntries(a.entries.mul(b.reshape([])));
  if (!sameShape(broadcastShapes('mul', a.shape, b.shape), a.shape))
    throw new ShapeError(
      `mul: a dense factor ${formatShape(b.shape)} does not broadcast to the sparse tensor's shape ${formatShape(a.shape)}`,
    );
  const { coordinates } = toCoo(a);
  return a.withEntries(a.entries.mul(indexLeading(b.expand(a.shape), coordinates)));
}

function mulBoth(a: SparseTensor, b: SparseTensor): Tensor {
  requireSameShape('mul', a, b);
  const [x, y] = [coalesced(toCoo(a)), coalesced(toCoo(b))];
  if (x.sparseDims !== y.sparseDims)
    throw new LayoutError(`mul: one tensor has ${x.sparseDims} sparse dimensions and the other ${y.sparseDims}; use .toDense()`);
  const keys = cat([linearKeys(y), full([1], -1, { dtype: 'int64', device: y.coordinates.device })]);
  const wanted = linearKeys(x);
  const places = searchsorted(keys.slice(0, 0, y.nnz, 1), wanted); // y.nnz, where the extra key is, if behind all
  const common = nonzero(indexSelect(keys, 0, places).eq(wanted)).select(1, 0);
  const product = indexSelect(x.entries, 0, common).mul(indexSelect(y.entries, 0, indexSelect(places, 0, common)));
  const result = new SparseCooTensor(x.shape, indexSelect(x.coordinates, 1, common), product, true);
  if (a instanceof SparseCompressedTensor) return a.byRows ? result.toSparseCsr() : result.toSparseCsc();
  return result;
}
