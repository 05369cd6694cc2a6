/** Derivatives of `core/src/ops/ctc-loss.ts`. */
import { AutogradError, onesLike } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { ctcLossBackward } = groups.ctcLoss;

export const ctcLoss = {
  ctcLossWithAlpha: {
    logProbs: {
      saves: ['logProbs', 'targets', 'result0', 'result1'],
      vjp: ([g], { logProbs, targets, result0: loss, result1: alpha }, attributes) =>
        g === null ? null : ctcLossBackward(g, logProbs, targets, loss, alpha, attributes),
    },
  },
  ctcLossBackward: {
    // a product of each sequence's gradient with what does not depend on it
    grad: {
      saves: ['grad', 'logProbs', 'targets', 'loss', 'alpha'],
      vjp: (g, { grad, logProbs, targets, loss, alpha }, attributes) =>
        ctcLossBackward(onesLike(grad), logProbs, targets, loss, alpha, attributes).mul(g).sum([0, 2]),
    },
    logProbs: {
      vjp: () => {
        throw new AutogradError('ctcLoss has no second derivatives (nor has PyTorch); do not use createGraph through it');
      },
    },
  },
} satisfies Derivatives<typeof groups.ctcLoss>;
