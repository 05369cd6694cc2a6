/** Derivatives of `core/src/ops/nll-loss.ts`. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { nllLossBackward, nllLossForward } = groups.nllLoss;

export const nllLoss = {
  nllLossForward: {
    logProbs: {
      saves: ['target', 'weight', 'result1'],
      vjp: ([g], { target, weight, result1: totalWeight }, { reduction, ignoreIndex }, { logProbs }) =>
        g === null ? null : nllLossBackward(g, target, weight ?? null, totalWeight, reduction, ignoreIndex, logProbs),
    },
  },
  nllLossBackward: {
    grad: {
      saves: ['target', 'weight'],
      vjp: (g, { target, weight }, { reduction, ignoreIndex }) =>
        nllLossForward(g, target, weight ?? null, reduction, ignoreIndex)[0],
    },
  },
} satisfies Derivatives<typeof groups.nllLoss>;
