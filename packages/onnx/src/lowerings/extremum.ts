import type { groups } from '@flambeau/core/internal';
import type { Call, Lowering, Lowerings } from '../lowering.js';
import type { Graph } from '../graph.js';
import { cast, reshape, throughWider } from '../shapes.js';

type AlongDim = { readonly dim: number; readonly keepdim: boolean };

/** The input, with a dimension if it has none. */
function atLeast1d(call: Call<AlongDim>, graph: Graph): string {
  const { name, shape } = call.input(0);
  return reshape(graph, name, shape, shape.length === 0 ? [1] : shape);
}

/** ONNX Runtime finds extremes of int64 and small integers only as float64, in which those up to 2^53 are exact. */
function arg(opType: string, call: Call<AlongDim>, graph: Graph): string {
  const { dtype, shape } = call.input(0);
  const comparable = ['float32', 'float64', 'float16', 'int32'].includes(dtype) ? dtype : 'float64';
  const { dim, keepdim } = call.attributes;
  const kept = keepdim && shape.length > 0 ? 1 : 0;
  return graph.node(opType, [cast(graph, atLeast1d(call, graph), dtype, comparable)], { axis: dim, keepdims: kept });
}

const locating =
  (opType: string): Lowering<AlongDim> =>
  (call, graph) =>
    arg(opType, call, graph);

const selecting =
  (reduce: string, opType: string): Lowering<AlongDim> =>
  (call, graph) => {
    const { dim, keepdim } = call.attributes;
    const value = { ...call.input(0), name: atLeast1d(call, graph) };
    const kept = keepdim && value.shape.length > 0;
    return [
      throughWider(graph, [value], (x) => graph.reduce(reduce, x, [dim], kept)),
      call.uses(1) ? arg(opType, call, graph) : '',
    ];
  };

export const extremum = {
  maxDim: selecting('ReduceMax', 'ArgMax'),
  minDim: selecting('ReduceMin', 'ArgMin'),
  argmaxDim: locating('ArgMax'),
  argminDim: locating('ArgMin'),
  cummaxDim: 'none',
  cumminDim: 'none',
} satisfies Lowerings<typeof groups.extremum>;
