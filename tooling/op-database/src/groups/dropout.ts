/** `core/src/ops/dropout.ts`: zeros drawn at random, which the random suite has its own tests for. */
import { FLOAT } from '../dtype.js';
import type { Group } from '../sample.js';

const random = { random: true, dtypes: FLOAT, samples: [] };

export const dropout: Group = {
  dropout: { ...random, covers: ['native_dropout'] },
  dropout1d: random,
  dropout2d: random,
  dropout3d: random,
};
