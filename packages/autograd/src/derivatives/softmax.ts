/** Derivatives of `core/src/ops/softmax.ts`. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { logSoftmaxBackward, softmaxBackward } = groups.softmaxBackward;

export const softmax = {
  softmax: { self: { saves: ['result'], vjp: (g, { result }, { dim }) => softmaxBackward(g, result, dim) } },
  logSoftmax: { self: { saves: ['result'], vjp: (g, { result }, { dim }) => logSoftmaxBackward(g, result, dim) } },
} satisfies Derivatives<typeof groups.softmax>;
