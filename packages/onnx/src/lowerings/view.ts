import { arange } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Graph } from '../graph.js';
import type { Lowerings } from '../lowering.js';
import { reshape, squeeze, unsqueeze } from '../shapes.js';
import { combine, Extent, type Size, sameSize } from '../size.js';

/** What stands for "to the end" in ONNX. */
const END = Number.MAX_SAFE_INTEGER;

/** A place in a dimension of size `size`: counted from its end where that does not depend on dynamic sizes. */
function place(at: Size, size: Size): Size {
  if (!(at instanceof Extent)) return at;
  const fromEnd = combine((a, n) => a - n, at, size);
  return fromEnd instanceof Extent || fromEnd >= 0 ? at : fromEnd;
}

const transpose = (graph: Graph, name: string, perm: readonly number[]): string => graph.node('Transpose', [name], { perm });

export const view = {
  // dimensions that stay as they are may be 1 in the target
  expand: (call, graph) => {
    const { name, shape } = call.input(0);
    const lead = call.output.shape.length - shape.length;
    const target = call.output.shape.map((size, i) => (i >= lead && sameSize(size, shape[i - lead]) ? 1 : size));
    return graph.node('Expand', [name, graph.sizes(target)]);
  },
  view: (call, graph) => reshape(graph, call.input(0).name, call.input(0).shape, call.output.shape),
  squeezeOp: (call, graph) => {
    const { name, shape } = call.input(0);
    const gone = call.attributes.dims.filter((d) => shape[d] === 1);
    return gone.length === 0 ? name : squeeze(graph, name, gone);
  },
  unsqueeze: (call, graph) => unsqueeze(graph, call.input(0).name, [call.attributes.dim]),
  transpose: (call, graph) => {
    const { dim0, dim1 } = call.attributes;
    const perm = call.input(0).shape.map((_, i) => (i === dim0 ? dim1 : i === dim1 ? dim0 : i));
    return dim0 === dim1 ? call.input(0).name : transpose(graph, call.input(0).name, perm);
  },
  permute: (call, graph) =>
    call.attributes.dims.length === 0 ? call.input(0).name : transpose(graph, call.input(0).name, call.attributes.dims),
  select: (call, graph) => {
    const { dim } = call.attributes;
    const { name, shape } = call.input(0);
    return graph.node('Gather', [name, graph.sizeScalar(place(call.size('index'), shape[dim]))], { axis: dim });
  },
  slice: (call, graph) => {
    const { dim, step } = call.attributes;
    const { name, shape } = call.input(0);
    const [start, end] = [call.size('start'), call.size('end')];
    const toEnd = sameSize(end, shape[dim]);
    if (toEnd && start === 0 && step === 1) return name;
    const bounds = [graph.sizes([place(start, shape[dim])]), toEnd ? graph.ints([END]) : graph.sizes([place(end, shape[dim])])];
    return graph.node('Slice', [name, ...bounds, graph.ints([dim]), graph.ints([step])]);
  },
  diagonal: (call, graph) => {
    const { offset, dim1, dim2 } = call.attributes;
    const { name, shape } = call.input(0);
    const [rows, columns] = [dim1, dim2].map((d) => call.fixed(shape[d], 'the size of the matrices'));
    const others = shape.map((_, i) => i).filter((i) => i !== dim1 && i !== dim2);
    const flat = [...others.map((i) => shape[i]), rows * columns];
    const inOrder = [...others, dim1, dim2];
    const matrices = reshape(
      graph,
      transpose(graph, name, inOrder),
      inOrder.map((i) => shape[i]),
      flat,
    );
    const length = call.fixed(call.output.shape[others.length], 'the length of the diagonal');
    const first = offset >= 0 ? offset : -offset * columns;
    const places = arange(length, { dtype: 'int64' })
      .mul(columns + 1)
      .add(first);
    return graph.node('Gather', [matrices, graph.constant(places)], { axis: others.length });
  },
  unfold: (call, graph) => {
    const { dim, size, step } = call.attributes;
    const { name, shape } = call.input(0);
    if (shape.length === 0) return reshape(graph, name, shape, [size]);
    const count = call.fixed(call.output.shape[dim], 'the number of windows');
    const places = arange(count, { dtype: 'int64' })
      .mul(step)
      .unsqueeze(1)
      .add(arange(size, { dtype: 'int64' }));
    const windows = graph.node('Gather', [name, graph.constant(places)], { axis: dim });
    const perm = [...shape.map((_, i) => (i <= dim ? i : i + 1)), dim + 1];
    return transpose(graph, windows, perm);
  },
  // ONNX knows nothing of memory
  asStrided: 'none',
  alias: (call) => call.input(0).name,
} satisfies Lowerings<typeof groups.view>;
