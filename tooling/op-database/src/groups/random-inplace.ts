/** Samples of `core/src/ops/random-inplace.ts`. */
import { ALL, FLOAT, REAL } from '../dtype.js';
import type { Group } from '../sample.js';
import { normal } from '../spec.js';

/** Drawn at random: the random suite has its own tests. */
const random = { random: true, dtypes: FLOAT, samples: [] };

export const randomInplace: Group = {
  fill: {
    torch: 'torch.fill',
    dtypes: ALL,
    samples: [
      [normal([3, 4]), 5],
      [normal([]), 1],
      [normal([0, 2]), 1],
      { args: [normal([3]), -2.5], dtypes: FLOAT },
      { args: [normal([3]), Number.NaN], dtypes: FLOAT, kink: true },
    ],
    large: [[normal([263, 301]), 3]],
    errors: [{ args: [3, 5], throws: 'TypeError', says: ['tensor'] }],
  },
  fill_: {
    dtypes: REAL,
    noExpand: true,
    samples: [
      [normal([3, 4]), 5],
      [normal([3]), normal([])],
    ],
    errors: [{ args: [normal([2]), normal([2])], throws: 'ValueError', says: ['0-d'] }],
  },
  zero_: { dtypes: ALL, noExpand: true, samples: [[normal([3, 4])], [normal([])], [normal([0])]] },
  uniform: random,
  gaussian: random,
  bernoulliFill: random,
  integers: random,
  uniform_: random,
  normal_: random,
  bernoulli_: random,
  random_: random,
  exponential_: random,
  logNormal_: random,
  cauchy_: random,
  geometric_: random,
};
