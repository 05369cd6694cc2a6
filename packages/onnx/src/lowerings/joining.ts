import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';

export const joining = {
  catOp: (call, graph) =>
    graph.node(
      'Concat',
      call.inputs.map((_, i) => call.name(i)),
      { axis: call.attributes.dim },
    ),
} satisfies Lowerings<typeof groups.joining>;
