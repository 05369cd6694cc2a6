import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const randomInplace = {
  fill: (call, graph) => {
    const { shape, dtype } = call.output;
    return graph.node('Expand', [
      graph.scalar(dtype === 'bool' ? call.attributes.re !== 0 : call.attributes.re, dtype),
      graph.sizes(shape),
    ]);
  },
  uniform: 'none',
  gaussian: 'none',
  bernoulliFill: 'none',
  integers: 'none',
} satisfies Lowerings<typeof groups.randomInplace>;
