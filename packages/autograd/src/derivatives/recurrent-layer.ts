/** Derivatives of `core/src/ops/recurrent-layer.ts`. What a layer keeps is for its gradients alone and has none. */
import { cat, type Tensor } from '@flambeau/core';
import { CellKind, groups, type LayerAttributes } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { fusedRecurrentLayerBackward, stepwiseRecurrentLayerBackward } = groups.recurrentLayer;
type BackwardOp = typeof fusedRecurrentLayerBackward;

/** The hidden states before all steps, in the order of the outputs `y`. */
function statesBefore(y: Tensor, h: Tensor, { reverse, runs }: LayerAttributes): Tensor {
  if (runs.length === 2) {
    const others = y.shape[0] - runs[0];
    return cat(reverse ? [y.narrow(0, runs[0], others), h] : [h, y.narrow(0, 0, others)]);
  }
  const parts: Tensor[] = [];
  let start = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const [rows, count, after = 0] = [runs[run], runs[run + 1], runs[run + 2]];
    const length = rows * count;
    if (reverse) {
      // the last step of a run comes after fewer sequences: those that end here begin
      parts.push(y.narrow(0, start + rows, length - rows), y.narrow(0, start + length, after), h.narrow(0, after, rows - after));
    } else if (run === 0) parts.push(h, y.narrow(0, 0, length - rows));
    else parts.push(y.narrow(0, start - runs[run - 2], rows), y.narrow(0, start, length - rows));
    start += length;
  }
  return cat(parts);
}

/** The rule of a layer whose gradients `backward` finds. */
const layerRule = (backward: BackwardOp) =>
  ({
    saves: ['x', 'h', 'c', 'weightHh', 'biasHh', 'weightHr', 'result0', 'result3'],
    all: ([gy, gh, gc], { x, h, weightHh, result0: y, result3: kept, ...optional }, attributes, _shapes, needs) => {
      const [c, biasHh, weightHr] = [optional.c ?? null, optional.biasHh ?? null, optional.weightHr ?? null];
      const operands = [gy, gh, gc, y, kept, x, h, c, weightHh, biasHh, weightHr] as const;
      const [gx, gState, gh0, gc0, gProjection] = backward(...operands, attributes);
      const gHidden = attributes.kind === CellKind.gru ? gState : gx;
      return [
        gx,
        gh0,
        c === null ? null : gc0,
        needs[3] ? gHidden.t().mm(statesBefore(y, h, attributes)) : null,
        needs[4] ? gHidden.sum(0) : null,
        needs[5] ? gProjection : null,
      ];
    },
  }) satisfies Derivatives<typeof groups.recurrentLayer>['fusedRecurrentLayer'];

export const recurrentLayer = {
  fusedRecurrentLayer: layerRule(fusedRecurrentLayerBackward),
  fusedRecurrentLayerBackward: 'decompose',
  fusedRecurrentInference: 'decompose',
  stepwiseRecurrentLayer: layerRule(stepwiseRecurrentLayerBackward),
  stepwiseRecurrentLayerBackward: 'decompose',
} satisfies Derivatives<typeof groups.recurrentLayer>;
