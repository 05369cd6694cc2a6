import type { groups } from '@flambeau/core/internal';
import type { Graph } from '../graph.js';
import type { Call, Lowering, Lowerings, Value } from '../lowering.js';
import { cast, reshape, squeeze, widened } from '../shapes.js';
import type { Size } from '../size.js';

/** TopK takes the first of equal elements first, so the `count` best ones are as a stable sort has them. */
function best(
  graph: Graph,
  { name, shape, dtype }: Value,
  dim: number,
  count: string,
  { largest, sorted }: { readonly largest: boolean; readonly sorted: boolean },
): [values: string, indices: string] {
  const known = dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : widened(dtype);
  const input = cast(graph, reshape(graph, name, shape, shape.length === 0 ? [1] : shape), dtype, known);
  const attributes = { axis: dim, largest: largest ? 1 : 0, sorted: sorted ? 1 : 0 };
  const [values, indices] = graph.nodeWithOutputs('TopK', [input, count], attributes, 2);
  return [cast(graph, values, known, dtype), indices];
}

/** The results of a 0-d tensor are 0-d again. */
const shaped = (call: Call<object>, graph: Graph, results: readonly string[]): string[] =>
  call.input(0).shape.length === 0 ? results.map((x) => reshape(graph, x, [1], [])) : [...results];

const sizeOf = (shape: readonly Size[], dim: number): Size => shape[dim] ?? 1;

const sort: Lowering<{ readonly dim: number; readonly descending: boolean }> = (call, graph) => {
  const { dim, descending } = call.attributes;
  const count = graph.sizes([sizeOf(call.input(0).shape, dim)]);
  return shaped(call, graph, best(graph, call.input(0), dim, count, { largest: descending, sorted: true }));
};

export const ordering = {
  sortDim: sort,
  topkDim: (call, graph) => {
    const { dim, largest, sorted } = call.attributes;
    const count = graph.sizes([call.size('k')]);
    return shaped(call, graph, best(graph, call.input(0), dim, count, { largest, sorted }));
  },
  // the last of the k smallest
  kthvalueDim: (call, graph) => {
    const { dim, k, keepdim } = call.attributes;
    const { shape } = call.input(0);
    const smallest = best(graph, call.input(0), dim, graph.ints([k + 1]), { largest: false, sorted: true });
    return smallest.map((x) => {
      const last = graph.node('Slice', [x, graph.ints([k]), graph.ints([k + 1]), graph.ints([dim])]);
      if (shape.length === 0) return reshape(graph, last, [1], []);
      return keepdim ? last : squeeze(graph, last, [dim]);
    });
  },
  // ONNX has no order for NaN, and no counts
  medianDim: 'none',
  nanmedianDim: 'none',
  medianAll: 'none',
  nanmedianAll: 'none',
  modeDim: 'none',
  sortRows: 'none',
} satisfies Lowerings<typeof groups.ordering>;
