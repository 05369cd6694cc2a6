/** Derivatives of `core/src/ops/batch-norm.ts`. One kernel finds all three gradients. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { batchNormBackward, batchNormEvalBackward } = groups.batchNorm;

export const batchNorm = {
  batchNormTraining: {
    saves: ['input', 'weight', 'result1', 'result2'],
    all: ([g], { input, weight, result1: mean, result2: invstd }, { eps }) => {
      if (g === null) return [null, null, null, null, null];
      const [gradInput, gradWeight, gradBias] = batchNormBackward(g, input, weight ?? null, mean, invstd, eps);
      return [gradInput, gradWeight, gradBias, null, null];
    },
  },
  batchNormBackward: 'decompose',
  batchNormEval: {
    saves: ['input', 'weight', 'runningMean', 'runningVar'],
    all: (g, { input, weight, runningMean, runningVar }, { eps }) => [
      ...batchNormEvalBackward(g, input, weight ?? null, runningMean, runningVar, eps),
      null,
      null,
    ],
  },
  batchNormEvalBackward: 'decompose',
} satisfies Derivatives<typeof groups.batchNorm>;
