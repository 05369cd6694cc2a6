import type { groups } from '@flambeau/core/internal';
import type { Lowering, Lowerings } from '../lowering.js';
import { clip } from './elementwise.js';

const unary =
  (opType: string): Lowering<object> =>
  (call, graph) =>
    graph.node(opType, [call.name(0)]);

/** `x` times `factor(x)`. */
const gated =
  (factor: Lowering<object>): Lowering<object> =>
  (call, graph) =>
    graph.node('Mul', [call.name(0), factor(call, graph) as string]);

/** `(1 + inner) / 2`. */
const half: (inner: Lowering<object>) => Lowering<object> = (inner) => (call, graph) => {
  const { dtype } = call.input(0);
  const sum = graph.node('Add', [inner(call, graph) as string, graph.scalar(1, dtype)]);
  return graph.node('Mul', [sum, graph.scalar(0.5, dtype)]);
};

const hardsigmoid: Lowering<object> = (call, graph) =>
  graph.node('HardSigmoid', [call.name(0)], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });

export const activation = {
  geluExact: gated(
    half((call, graph) =>
      graph.node('Erf', [graph.node('Mul', [call.name(0), graph.scalar(Math.SQRT1_2, call.input(0).dtype)])]),
    ),
  ),
  geluTanh: gated(
    half((call, graph) => {
      const { name, dtype } = call.input(0);
      const cube = graph.node('Mul', [graph.node('Mul', [name, name]), name]);
      const inner = graph.node('Add', [name, graph.node('Mul', [cube, graph.scalar(0.044715, dtype)])]);
      return graph.node('Tanh', [graph.node('Mul', [inner, graph.scalar(Math.sqrt(2 / Math.PI), dtype)])]);
    }),
  ),
  silu: gated(unary('Sigmoid')),
  mish: gated((call, graph) => graph.node('Tanh', [graph.node('Softplus', [call.name(0)])])),
  hardswish: gated(hardsigmoid),
  hardsigmoid,
  // log sigmoid(x) = -log(1 + exp(-x))
  logSigmoid: (call, graph) => graph.node('Neg', [graph.node('Softplus', [graph.node('Neg', [call.name(0)])])]),
  leakyRelu: (call, graph) => graph.node('LeakyRelu', [call.name(0)], { alpha: { float: call.attributes.negativeSlope } }),
  hardtanh: (call, graph) => clip(call, graph, call.attributes.minVal, call.attributes.maxVal),
  elu: (call, graph) => graph.node('Elu', [call.name(0)], { alpha: { float: call.attributes.alpha } }),
  softplus: (call, graph) => {
    const { beta } = call.attributes;
    const { name, dtype } = call.input(0);
    if (beta === 1) return graph.node('Softplus', [name]);
    const factor = graph.scalar(beta, dtype);
    return graph.node('Div', [graph.node('Softplus', [graph.node('Mul', [name, factor])]), factor]);
  },
} satisfies Lowerings<typeof groups.activation>;
