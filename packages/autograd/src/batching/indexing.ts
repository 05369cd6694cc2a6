/** Batching of gathering and scattering: the example's number becomes one more index. */
import { arange, type Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import { type BatchCall, type BatchRule, type BatchRules, shifted } from './rule.js';

const { cat } = groups.joining;
const { indexLeading, indexPutLeading, indexSelect, gather: gatherOp } = groups.indexing;

/** 0-d tensors with a dimension of size 1, which stays until the end. */
const alongDim: BatchRule = (call) =>
  call.values.some((value, i) => value !== null && call.ndim(i) === 0) ? null : shifted('dim')(call);

/** The indices `(B, k, *I)` of leading dimensions, with the number of the example in front: `(k + 1, B, *I)`. */
function withExample(call: BatchCall, indices: Tensor): Tensor {
  const [b, , ...rest] = indices.shape;
  const example = arange(0, call.size, { dtype: 'int64', device: indices.device })
    .to(indices.dtype)
    .view([1, b, ...rest.map(() => 1)]);
  return cat([example.expand([1, b, ...rest]), indices.transpose(0, 1)], 0);
}

const index: BatchRule = (call) => {
  const [self, indices] = call.values as readonly Tensor[];
  if (!call.batched[1]) {
    // the batch dimension steps back behind the indexed ones, and forward again
    const count = indices.shape[0];
    return indexLeading(self.movedim(0, count), indices).movedim(indices.ndim - 1, 0);
  }
  return call.batched[0] ? indexLeading(self, withExample(call, indices)) : indexLeading(self, indices.transpose(0, 1));
};

const indexPut: BatchRule = (call) =>
  indexPutLeading(call.spread(0), call.spread(1), withExample(call, call.spread(2)), call.attributes.accumulate as boolean);

const select: BatchRule = (call) => {
  const [self, index] = call.values as readonly Tensor[];
  const dim = call.attributes.dim as number;
  if (call.ndim(0) === 0 || call.ndim(1) === 0) return null;
  if (!call.batched[1]) return indexSelect(self, dim + 1, index);
  // every example has an index of its own: one index per element
  const source = call.spread(0);
  const [b, n] = index.shape;
  const shape = source.shape.map((size, d) => (d === dim + 1 ? n : size));
  // gather takes no negative indices
  const fromStart = index.add(
    index
      .lt(0)
      .to(index.dtype)
      .mul(source.shape[dim + 1]),
  );
  return gatherOp(source, dim + 1, fromStart.view(shape.map((_, d) => (d === 0 ? b : d === dim + 1 ? n : 1))).expand(shape));
};

export const indexing: BatchRules = {
  gather: alongDim,
  scatter: alongDim,
  scatter_fill: alongDim,
  scatter_add: alongDim,
  index,
  index_put: indexPut,
  index_select: select,
  // one index for all examples
  index_add: (call) => {
    if (call.batched[1] || call.ndim(1) === 0 || call.ndim(0) === 0) return null;
    const dim = (call.attributes.dim as number) + 1;
    return call.run([call.spread(0), call.values[1], call.spread(2)], { ...call.attributes, dim });
  },
  embedding: (call) => {
    const [weight, indices] = call.values as readonly Tensor[];
    if (!call.batched[0]) return call.run([weight, indices]);
    // the examples' tables as one, in which the rows of the later ones come later
    const rows = weight.shape[1];
    const first = arange(0, call.size, { dtype: 'int64', device: indices.device }).to(indices.dtype).mul(rows);
    const all = call.spread(1);
    const shifted = all.add(first.view([call.size, ...all.shape.slice(1).map(() => 1)]));
    return call.run([weight.reshape([call.size * rows, weight.shape[2]]), shifted], { ...call.attributes, paddingIdx: -1 });
  },
  embedding_backward: (call) => {
    const { rows, paddingIdx } = call.attributes as { rows: number; paddingIdx: number };
    const [grad, indices] = [call.spread(0), call.spread(1)];
    const first = arange(0, call.size, { dtype: 'int64', device: indices.device }).to(indices.dtype).mul(rows);
    const shifted = indices.add(first.view([call.size, ...indices.shape.slice(1).map(() => 1)]));
    const kept = paddingIdx < 0 ? grad : grad.maskedFill(indices.eq(paddingIdx).unsqueeze(-1), 0);
    const result = call.run([kept, shifted], { ...call.attributes, paddingIdx: -1, rows: call.size * rows }) as Tensor;
    return result.view([call.size, rows, result.shape[1]]);
  },
};
