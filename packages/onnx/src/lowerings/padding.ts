import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';
import { throughWider } from '../shapes.js';

export const padding = {
  constantPad: (call, graph) => {
    const { padding: pairs, value } = call.attributes;
    const self = call.input(0);
    const sides = (side: 0 | 1) => self.shape.map((_, dim) => pairs[2 * (self.shape.length - 1 - dim) + side] ?? 0);
    const wide = self.dtype === 'bool' ? 'int32' : self.dtype;
    const pads = graph.ints([...sides(0), ...sides(1)]);
    if (wide === self.dtype) return graph.node('Pad', [self.name, pads, graph.scalar(value, wide)]);
    return throughWider(graph, [self], (x) => graph.node('Pad', [x, pads, graph.scalar(value, wide)]));
  },
} satisfies Lowerings<typeof groups.padding>;
