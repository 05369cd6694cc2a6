import type { groups } from '@flambeau/core/internal';
import type { Graph } from '../graph.js';
import type { Lowering, Lowerings, Value } from '../lowering.js';
import { reshape, unsqueeze } from '../shapes.js';

/** Index tensors of shape `(k, *I)` as ONNX has them, `(*I, k)`. */
function stackedLast(graph: Graph, { name, shape }: Value): string {
  return graph.node('Transpose', [name], { perm: [...shape.slice(1).map((_, i) => i + 1), 0] });
}

const scatter =
  (attributes: { readonly reduction?: string }): Lowering<{ readonly dim: number }> =>
  (call, graph) => {
    const inputs = [call.name(0), call.name(1), sameExtent(graph, call.input(2), call.input(1))];
    return graph.node('ScatterElements', inputs, { axis: call.attributes.dim, ...attributes });
  };

/** The part of `src` that has the index's shape: ONNX wants both to be equally large. */
export function sameExtent(graph: Graph, src: Value, index: Value): string {
  const starts = graph.ints(index.shape.map(() => 0));
  return index.shape.length === 0 ? src.name : graph.node('Slice', [src.name, starts, graph.sizes(index.shape)]);
}

export const indexing = {
  indexSelect: (call, graph) => {
    const [self, index] = [call.input(0), call.input(1)];
    const vector = index.shape.length === 0 ? unsqueeze(graph, index.name, [0]) : index.name;
    const source = reshape(graph, self.name, self.shape, self.shape.length === 0 ? [1] : self.shape);
    const result = graph.node('Gather', [source, vector], { axis: call.attributes.dim });
    return self.shape.length === 0 ? reshape(graph, result, [1], []) : result;
  },
  indexAdd: (call, graph) => {
    const { dim, alpha } = call.attributes;
    const [self, index, source] = [call.input(0), call.input(1), call.input(2)];
    const places = reshape(
      graph,
      index.name,
      index.shape,
      self.shape.map((_, d) => (d === dim ? (index.shape[0] ?? 1) : 1)),
    );
    const expanded = graph.node('Expand', [places, graph.sizes(source.shape)]);
    const updates = alpha === 1 ? source.name : graph.node('Mul', [source.name, graph.scalar(alpha, source.dtype)]);
    return graph.node('ScatterElements', [self.name, expanded, updates], { axis: dim, reduction: 'add' });
  },
  gather: (call, graph) => graph.node('GatherElements', [call.name(0), call.name(1)], { axis: call.attributes.dim }),
  scatterTensor: scatter({}),
  scatterFill: (call, graph) => {
    const [self, index] = [call.input(0), call.input(1)];
    const updates = graph.node('Expand', [graph.scalar(call.attributes.value, self.dtype), graph.sizes(index.shape)]);
    return graph.node('ScatterElements', [self.name, index.name, updates], { axis: call.attributes.dim });
  },
  scatterAdd: scatter({ reduction: 'add' }),
  indexLeading: (call, graph) => graph.node('GatherND', [call.name(0), stackedLast(graph, call.input(1))]),
  indexPutLeading: (call, graph) =>
    graph.node('ScatterND', [call.name(0), stackedLast(graph, call.input(2)), call.name(1)], {
      reduction: call.attributes.accumulate ? 'add' : 'none',
    }),
} satisfies Lowerings<typeof groups.indexing>;
