import type { groups } from '@flambeau/core/internal';
import type { Lowering, Lowerings } from '../lowering.js';

const direct =
  (opType: string): Lowering<object> =>
  (call, graph) =>
    graph.node(opType, [call.name(0)]);

/** Most special functions have no ONNX form. */
export const special = {
  acosh: direct('Acosh'),
  asinh: direct('Asinh'),
  atanh: direct('Atanh'),
  lgamma: 'none',
  digamma: 'none',
  polygammaOp: 'none',
  igamma: 'none',
  igammac: 'none',
  erfinv: 'none',
  i0: 'none',
  sinc: 'none',
  logit: (call, graph) => {
    const { dtype, name } = call.input(0);
    const { eps } = call.attributes;
    const x = Number.isNaN(eps) ? name : graph.node('Clip', [name, graph.scalar(eps, dtype), graph.scalar(1 - eps, dtype)]);
    return graph.node('Log', [graph.node('Div', [x, graph.node('Sub', [graph.scalar(1, dtype), x])])]);
  },
  xlogy: 'none',
} satisfies Lowerings<typeof groups.special>;
