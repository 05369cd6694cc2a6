import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';
import { sameExtent } from './indexing.js';

/** By core's numbers. */
const REDUCTIONS = ['mul', 'max', 'min'];

export const scatterReduction = {
  scatterReduceOp: (call, graph) => {
    const { dim, reduce, includeSelf } = call.attributes;
    const [self, index, src] = [call.input(0).name, call.input(1), sameExtent(graph, call.input(2), call.input(1))];
    // without its own elements: their places hold some of those that come there, or for a product 1
    const neutral =
      REDUCTIONS[reduce] === 'mul' ? graph.node('Expand', [graph.scalar(1, call.input(0).dtype), graph.sizes(index.shape)]) : src;
    const data = includeSelf ? self : graph.node('ScatterElements', [self, index.name, neutral], { axis: dim });
    return graph.node('ScatterElements', [data, index.name, src], { axis: dim, reduction: REDUCTIONS[reduce] });
  },
} satisfies Lowerings<typeof groups.scatterReduction>;
