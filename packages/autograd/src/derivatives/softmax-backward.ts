/** Derivatives of `core/src/ops/softmax-backward.ts`. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const softmaxBackward = {
  softmaxBackward: 'decompose',
  logSoftmaxBackward: 'decompose',
} satisfies Derivatives<typeof groups.softmaxBackward>;
