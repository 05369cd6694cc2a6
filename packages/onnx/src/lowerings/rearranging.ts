import type { groups } from '@flambeau/core/internal';
import type { Lowering, Lowerings } from '../lowering.js';
import { cast } from '../shapes.js';

const triangle =
  (upper: 0 | 1): Lowering<{ readonly diagonal: number }> =>
  (call, graph) => {
    const { name, dtype } = call.input(0);
    // ONNX Runtime has kernels for these only
    const wide = ['float32', 'float64', 'bool'].includes(dtype) ? dtype : dtype.startsWith('float') ? 'float32' : 'int64';
    const result = graph.node('Trilu', [cast(graph, name, dtype, wide), graph.scalar(call.attributes.diagonal, 'int64')], {
      upper,
    });
    return cast(graph, result, wide, dtype);
  };

export const rearranging = {
  tril: triangle(0),
  triu: triangle(1),
  flip: (call, graph) => {
    const { dims } = call.attributes;
    const each = (value: number) => graph.ints(dims.map(() => value));
    // backwards from the last element to the one before the first
    return dims.length === 0
      ? call.input(0).name
      : graph.node('Slice', [call.name(0), each(-1), each(-Number.MAX_SAFE_INTEGER), graph.ints(dims), each(-1)]);
  },
} satisfies Lowerings<typeof groups.rearranging>;
