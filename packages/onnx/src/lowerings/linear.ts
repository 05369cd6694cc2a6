import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const linear = {
  linear: (call, graph) => {
    const [input, weight, bias] = [call.input(0), call.name(1), call.name(2)];
    // runtimes have Gemm for floats only
    if (input.shape.length === 2 && input.dtype.startsWith('float'))
      return graph.node('Gemm', [input.name, weight, bias], { transB: 1 });
    const product = graph.node('MatMul', [input.name, graph.node('Transpose', [weight], { perm: [1, 0] })]);
    return bias === null ? product : graph.node('Add', [product, bias]);
  },
  linearActivation: 'decompose',
} satisfies Lowerings<typeof groups.linear>;
