import type { groups } from '@flambeau/core/internal';
import type { Graph } from '../graph.js';
import type { Lowerings, Value } from '../lowering.js';
import { throughWider } from '../shapes.js';

/** `self` where the condition is true, else `other`. */
export const choose = (graph: Graph, condition: string, self: Value, other: Value): string =>
  throughWider(graph, [self, other], (a, b) => graph.node('Where', [condition, a, b]));

export const where = {
  where: (call, graph) => choose(graph, call.input(0).name, call.input(1), call.input(2)),
} satisfies Lowerings<typeof groups.where>;
