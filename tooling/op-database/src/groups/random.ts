/** `core/src/ops/random.ts`: numbers drawn at random, which the random suite has its own tests for. */
import { FLOAT } from '../dtype.js';
import type { Group } from '../sample.js';

const drawn = { random: true, dtypes: FLOAT, samples: [] };

export const random: Group = {
  rand: { ...drawn, covers: ['rand'] },
  randn: { ...drawn, covers: ['randn'] },
  randint: { ...drawn, covers: ['randint'] },
  randperm: { ...drawn, covers: ['randperm'] },
  randLike: drawn,
  randnLike: drawn,
  randintLike: drawn,
  normal: drawn,
  bernoulli: drawn,
  multinomial: drawn,
  poissonQuantile: drawn,
  poisson: drawn,
};
