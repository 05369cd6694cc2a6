import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const matrixProduct = {
  matrixProduct: (call, graph) => {
    const [self, other, bias] = [call.input(0), call.input(1), call.name(2)];
    // runtimes have Gemm for floats only
    if (bias !== null && self.shape.length === 2 && self.dtype.startsWith('float'))
      return graph.node('Gemm', [self.name, other.name, bias]);
    const product = graph.node('MatMul', [self.name, other.name]);
    return bias === null ? product : graph.node('Add', [product, bias]);
  },
} satisfies Lowerings<typeof groups.matrixProduct>;
