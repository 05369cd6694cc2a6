import type { groups } from '@flambeau/core/internal';
import type { Graph } from '../graph.js';
import type { Call, Lowering, Lowerings } from '../lowering.js';
import { cast, throughWider } from '../shapes.js';
import { combine, product } from '../size.js';

interface Reduction {
  readonly dim: readonly number[];
  readonly keepdim: boolean;
}

const direct =
  (opType: string): Lowering<Reduction> =>
  (call, graph) => {
    const { dim, keepdim } = call.attributes;
    return throughWider(graph, [call.input(0)], (x) => graph.reduce(opType, x, dim, keepdim));
  };

/** Of truth values, as the integers 0 and 1. */
const truth =
  (opType: string): Lowering<Reduction> =>
  (call, graph) => {
    const { name, dtype } = call.input(0);
    const { dim, keepdim } = call.attributes;
    return cast(graph, graph.reduce(opType, asNumbers(graph, name, dtype, 'int32'), dim, keepdim), 'int32', 'bool');
  };

const asNumbers = (graph: Graph, name: string, from: string, to: 'int32' | 'int64'): string =>
  cast(graph, cast(graph, name, from as 'bool', 'bool'), 'bool', to);

function variance(call: Call<Reduction & { readonly correction: number }>, graph: Graph): string {
  const { dim, keepdim, correction } = call.attributes;
  const { name, shape, dtype } = call.input(0);
  const centered = graph.node('Sub', [name, graph.reduce('ReduceMean', name, dim, true)]);
  const squares = graph.reduce('ReduceSum', graph.node('Mul', [centered, centered]), dim, keepdim);
  const count = combine((n) => Math.max(n - correction, 0), product(dim.map((d) => shape[d])));
  const divisor = typeof count === 'number' ? graph.scalar(count, dtype) : cast(graph, graph.sizeScalar(count), 'int64', dtype);
  return graph.node('Div', [squares, divisor]);
}

function norm(call: Call<Reduction & { readonly p: number }>, graph: Graph): string {
  const { dim, keepdim, p } = call.attributes;
  const { name, dtype } = call.input(0);
  const reduce = (opType: string, x: string) => graph.reduce(opType, x, dim, keepdim);
  if (p === 2) return reduce('ReduceL2', name);
  if (p === 1) return reduce('ReduceL1', name);
  if (p === 0) return reduce('ReduceSum', cast(graph, cast(graph, name, dtype, 'bool'), 'bool', dtype));
  const absolute = graph.node('Abs', [name]);
  if (Math.abs(p) === Number.POSITIVE_INFINITY) return reduce(p > 0 ? 'ReduceMax' : 'ReduceMin', absolute);
  const powers = graph.node('Pow', [absolute, graph.scalar(p, dtype)]);
  return graph.node('Pow', [reduce('ReduceSum', powers), graph.scalar(1 / p, dtype)]);
}

export const reduction = {
  sum: direct('ReduceSum'),
  nansum: 'decompose',
  prod: direct('ReduceProd'),
  mean: direct('ReduceMean'),
  amax: direct('ReduceMax'),
  amin: direct('ReduceMin'),
  any: truth('ReduceMax'),
  all: truth('ReduceMin'),
  countNonzero: (call, graph) => {
    const { name, dtype } = call.input(0);
    const { dim, keepdim } = call.attributes;
    return graph.reduce('ReduceSum', asNumbers(graph, name, dtype, 'int64'), dim, keepdim);
  },
  var: variance,
  std: 'decompose',
  norm,
  logsumexp: direct('ReduceLogSumExp'),
  cumsum: (call, graph) => {
    const { name, shape } = call.input(0);
    return shape.length === 0 ? name : graph.node('CumSum', [name, graph.scalar(call.attributes.dim, 'int64')]);
  },
} satisfies Lowerings<typeof groups.reduction>;
