import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';
import { choose } from './where.js';

export const masking = {
  maskedFill: (call, graph) => choose(graph, call.input(1).name, call.input(2), call.input(0)),
  // the result's size depends on the data
  nonzero: 'none',
} satisfies Lowerings<typeof groups.masking>;
