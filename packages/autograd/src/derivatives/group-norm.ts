/** Derivatives of `core/src/ops/group-norm.ts`. One kernel finds all three gradients. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { groupNormBackward } = groups.groupNorm;

export const groupNorm = {
  groupNormWithStatistics: {
    saves: ['input', 'weight', 'result1', 'result2'],
    all: ([g], { input, weight, result1: mean, result2: rstd }, { groups: count, eps }) =>
      g === null ? [null, null, null] : groupNormBackward(g, input, mean, rstd, weight ?? null, count, eps),
  },
  groupNormBackward: 'decompose',
} satisfies Derivatives<typeof groups.groupNorm>;
