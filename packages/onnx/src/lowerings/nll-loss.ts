import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

const REDUCTIONS = ['none', 'mean', 'sum'];

export const nllLoss = {
  nllLossForward: (call, graph) => {
    if (call.uses(1)) call.fail('the total weight is not an output');
    const { reduction, ignoreIndex } = call.attributes;
    const inputs = [call.name(0), call.name(1), call.name(2)];
    return [graph.node('NegativeLogLikelihoodLoss', inputs, { reduction: REDUCTIONS[reduction], ignore_index: ignoreIndex }), ''];
  },
} satisfies Lowerings<typeof groups.nllLoss>;
