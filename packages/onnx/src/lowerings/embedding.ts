import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const embedding = {
  embeddingLookup: (call, graph) => graph.node('Gather', [call.name(0), call.name(1)], { axis: 0 }),
} satisfies Lowerings<typeof groups.embedding>;
