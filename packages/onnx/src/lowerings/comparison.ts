import type { groups } from '@flambeau/core/internal';
import type { Lowering, Lowerings } from '../lowering.js';
import { cast, widened } from '../shapes.js';

const compare =
  (opType: string): Lowering<object> =>
  (call, graph) =>
    graph.node(
      opType,
      call.inputs.map((_, i) => cast(graph, call.input(i).name, call.input(i).dtype, widened(call.input(i).dtype))),
    );

const logical =
  (opType: string): Lowering<object> =>
  (call, graph) =>
    graph.node(
      opType,
      call.inputs.map((_, i) => cast(graph, call.input(i).name, call.input(i).dtype, 'bool')),
    );

const not =
  (inner: Lowering<object>): Lowering<object> =>
  (call, graph) =>
    graph.node('Not', [inner(call, graph) as string]);

/** A test that is false for all integers. */
const ofFloats =
  (opType: string): Lowering<object> =>
  (call, graph) =>
    graph.node(opType, [cast(graph, call.input(0).name, call.input(0).dtype, floating(call.input(0).dtype))]);
const floating = (dtype: string) => (dtype === 'float64' ? 'float64' : 'float32');

export const comparison = {
  eq: compare('Equal'),
  ne: not(compare('Equal')),
  lt: compare('Less'),
  le: compare('LessOrEqual'),
  gt: compare('Greater'),
  ge: compare('GreaterOrEqual'),
  logicalAnd: logical('And'),
  logicalOr: logical('Or'),
  logicalXor: logical('Xor'),
  logicalNot: not((call, graph) => cast(graph, call.input(0).name, call.input(0).dtype, 'bool')),
  isnan: ofFloats('IsNaN'),
  isinf: ofFloats('IsInf'),
  isfinite: (call, graph) =>
    graph.node('Not', [graph.node('Or', [ofFloats('IsNaN')(call, graph) as string, ofFloats('IsInf')(call, graph) as string])]),
} satisfies Lowerings<typeof groups.comparison>;
