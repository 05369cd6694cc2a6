import { infoByCode, type groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';
import { cast } from '../shapes.js';

export const copying = {
  clone: (call) => call.input(0).name,
  toDtype: (call, graph) => cast(graph, call.input(0).name, call.input(0).dtype, infoByCode(call.attributes.dtype).name),
  copy: (call) => call.input(1).name,
} satisfies Lowerings<typeof groups.copying>;
