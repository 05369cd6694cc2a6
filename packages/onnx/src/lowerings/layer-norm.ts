import { ones, zeros } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Lowerings } from '../lowering.js';
import { reshape } from '../shapes.js';
import { combine, Extent, product, type Size, sameSize } from '../size.js';

/** The first of the last dimensions that have `inner` elements together; null if none are that. */
function normalizedAxis(shape: readonly Size[], inner: Size): number | null {
  for (let axis = shape.length - 1; axis > 0; axis--) if (sameSize(product(shape.slice(axis)), inner)) return axis;
  return sameSize(product(shape), inner) && shape.length > 0 ? 0 : null;
}

export const layerNorm = {
  layerNormWithStatistics: (call, graph) => {
    if (call.uses(1) || call.uses(2)) call.fail('the statistics of a layer norm are not outputs');
    const { name, shape, dtype } = call.input(0);
    const [weight, bias] = [call.inputs[1], call.inputs[2]];
    const eps = { float: call.attributes.eps };
    const inner = call.size('inner');
    const axis = weight === null ? normalizedAxis(shape, inner) : shape.length - weight.shape.length;
    const sizes = axis === null ? [] : shape.slice(axis);
    if (axis !== null && !sizes.some((size) => size instanceof Extent)) {
      const scale = weight?.name ?? graph.constant(ones(sizes as number[], { dtype }));
      return [graph.node('LayerNormalization', [name, scale, bias?.name ?? null], { axis, epsilon: eps }), '', ''];
    }
    // Groups of channels: as many as there are rows in each sample.
    const groupCount = call.fixed(
      combine((a, b) => a / b, product(shape.slice(1)), inner),
      'the number of groups',
    );
    const rows = [shape[0], groupCount, inner];
    const grouped = graph.node(
      'InstanceNormalization',
      [
        reshape(graph, name, shape, rows),
        graph.constant(ones([groupCount], { dtype })),
        graph.constant(zeros([groupCount], { dtype })),
      ],
      { epsilon: eps },
    );
    return [reshape(graph, grouped, rows, shape), '', ''];
  },
} satisfies Lowerings<typeof groups.layerNorm>;
