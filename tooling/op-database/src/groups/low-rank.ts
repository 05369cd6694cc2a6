/** Samples of `core/src/ops/low-rank.ts`, which draws random numbers. */
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

export const lowRank: Group = {
  svdLowrank: {
    dtypes: ['float32', 'float64'],
    random: true,
    samples: [[normal([20, 10])], [normal([10, 20])], [normal([2, 9, 9])]],
  },
};
