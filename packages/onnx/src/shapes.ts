/** Changes of shape and dtype that several lowerings share. */
import type { DType } from '@flambeau/core';
import { dataType, type Graph } from './graph.js';
import type { Value } from './lowering.js';
import { Extent, type Size, sameSize } from './size.js';

/**
 * Reshapes `name`, whose shape is `from`, to `to`. In ONNX one size may be -1, which follows from the others, and 0 keeps a size
 * at its place, so that dynamic sizes must rarely be computed.
 */
export function reshape(graph: Graph, name: string, from: readonly Size[], to: readonly Size[]): string {
  const same = from.length === to.length && to.every((size, i) => sameSize(size, from[i]));
  if (same) return name;
  if (to.includes(0)) return graph.node('Reshape', [name, graph.sizes(to)], { allowzero: 1 });
  const dynamic = to.filter((size) => size instanceof Extent);
  const kept = (size: Size, i: number) => size instanceof Extent && i < from.length && sameSize(size, from[i]);
  const computed = dynamic.length - to.filter(kept).length;
  if (dynamic.length > 1 && computed > 1) return graph.node('Reshape', [name, graph.sizes(to)]);
  const free =
    dynamic.length === 1
      ? to.findIndex((size) => size instanceof Extent)
      : to.findIndex((size, i) => size instanceof Extent && !kept(size, i));
  const target = to.map((size, i) => (i === free ? -1 : size instanceof Extent ? 0 : size));
  return graph.node('Reshape', [name, graph.ints(target)]);
}

/** Inserts dimensions of size 1 at the places that `axes` have in the result. */
export const unsqueeze = (graph: Graph, name: string, axes: readonly number[]): string =>
  graph.node('Unsqueeze', [name, graph.ints(axes)]);
export const squeeze = (graph: Graph, name: string, axes: readonly number[]): string =>
  graph.node('Squeeze', [name, graph.ints(axes)]);

export const cast = (graph: Graph, name: string, from: DType, to: DType): string =>
  from === to ? name : graph.node('Cast', [name], { to: dataType(to) });

/** The dtype that runtimes compute in where they lack kernels for small integers and bools. */
export const widened = (dtype: DType): DType => (['bool', 'uint8', 'int8', 'int16'].includes(dtype) ? 'int32' : dtype);

/** Runs `compute` on inputs in a wider dtype and brings the result back to the first one's. */
export function throughWider(graph: Graph, inputs: readonly Value[], compute: (...names: string[]) => string): string {
  const { dtype } = inputs[0];
  const result = compute(...inputs.map((x) => cast(graph, x.name, x.dtype, widened(x.dtype))));
  return cast(graph, result, widened(dtype), dtype);
}
