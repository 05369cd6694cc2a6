/** Sums and softmax of sparse tensors. */
import { zeros } from '../creation.js';
import { LayoutError } from '../errors.js';
import { indexAdd, indexSelect, scatter } from '../ops/indexing.js';
import { indexReduce } from '../ops/index-writing.js';
import { sortDim } from '../ops/ordering.js';
import type { Tensor } from '../tensor.js';
import { coalesced, groupSorted, linearKeys, SparseCooTensor } from './coo.js';
import { toCoo } from './methods.js';
import type { SparseTensor } from './sparse-tensor.js';

/** The sum over some dimensions: dense if no sparse dimension is left. */
export function sumSparse(t: SparseTensor, dims: readonly number[], keepdim: boolean): Tensor {
  const sum = sumOf(toCoo(t), dims);
  return keepdim ? [...dims].sort((a, b) => a - b).reduce((s, d) => s.unsqueeze(d), sum) : sum;
}

function sumOf(t: SparseCooTensor, dims: readonly number[]): Tensor {
  const { sparseDims } = t;
  const dense = dims.filter((d) => d >= sparseDims).map((d) => d - sparseDims + 1);
  const kept = Array.from({ length: sparseDims }, (_, d) => d).filter((d) => !dims.includes(d));
  const entries = dense.length === 0 ? t.entries : t.entries.sum(dense);
  if (kept.length === 0) return entries.sum(0);
  const shape = t.shape.filter((_, d) => !dims.includes(d));
  if (kept.length === sparseDims) return new SparseCooTensor(shape, t.coordinates, entries, t.coalesced);
  return coalesced(new SparseCooTensor(shape, indexSelect(t.coordinates, 0, kept), entries, false));
}

/**
 * The (logarithm of the) softmax along `dim` of the entries alone, as if all other elements were minus infinity.
 */
export function softmaxSparse(t: SparseTensor, dim: number, log: boolean): Tensor {
  if (t.layout !== 'sparseCoo')
    throw new LayoutError(`softmax: not implemented for layout ${t.layout}; convert the tensor with .toSparseCoo() first`);
  const coo = coalesced(t as SparseCooTensor);
  const { entries, sparseDims } = coo;
  if (dim >= sparseDims)
    return coo.withEntries(log ? entries.logSoftmax(dim - sparseDims + 1) : entries.softmax(dim - sparseDims + 1));
  // entries that agree in all other sparse dimensions belong together
  const others = Array.from({ length: sparseDims }, (_, d) => d).filter((d) => d !== dim);
  const [keys, order] = sortDim(linearKeys(coo, others), 0, false);
  const [firsts, sortedGroup] = groupSorted(keys);
  const group = scatter(order, 0, order, sortedGroup);
  const empty = zeros([firsts.numel, ...entries.shape.slice(1)], { dtype: t.dtype, device: entries.device });
  const largest = indexReduce(empty, 0, group, entries.detached(), 'amax', { includeSelf: false });
  const shifted = entries.sub(indexSelect(largest, 0, group));
  const sums = indexSelect(indexAdd(empty, 0, group, shifted.exp()), 0, group);
  return coo.withEntries(log ? shifted.sub(sums.log()) : shifted.exp().div(sums));
}
