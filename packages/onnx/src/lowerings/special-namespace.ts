import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const specialNamespace = {
  zeta: 'none',
  ndtr: (call, graph) => {
    // (1 + erf(x / √2)) / 2
    const { dtype, name } = call.input(0);
    const erf = graph.node('Erf', [graph.node('Mul', [name, graph.scalar(Math.SQRT1_2, dtype)])]);
    return graph.node('Mul', [graph.node('Add', [erf, graph.scalar(1, dtype)]), graph.scalar(0.5, dtype)]);
  },
  logNdtr: 'none',
  ndtri: 'none',
  erfcx: 'none',
  entr: 'none',
  xlog1py: 'none',
  i0e: 'none',
  i1: 'none',
  i1e: 'none',
  besselJ0: 'none',
  besselJ1: 'none',
  besselY0: 'none',
  besselY1: 'none',
  sphericalBesselJ0: 'none',
} satisfies Lowerings<typeof groups.specialNamespace>;
