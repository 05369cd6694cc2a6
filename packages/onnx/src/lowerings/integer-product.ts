import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const integerProduct = {
  intMm: (call, graph) => graph.node('MatMulInteger', [call.name(0), call.name(1)]),
} satisfies Lowerings<typeof groups.integerProduct>;
