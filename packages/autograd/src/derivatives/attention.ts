/** Derivatives of `core/src/ops/attention.ts`. The weights are computed anew from the queries, the keys and each row's sum. */
import { attentionScoresBackward, groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { attentionBackward } = groups.attention;

export const attention = {
  attentionWithStatistics: {
    saves: ['q', 'k', 'v', 'mask', 'result0', 'result1'],
    all: ([g], { q, k, v, mask, result0: out, result1: lse }, { scale, causal }, _shapes, needs) => {
      if (g === null) return [null, null, null, null];
      const some = needs[0] || needs[1] || needs[2];
      const gradients = some ? attentionBackward(g, q, k, v, mask ?? null, out, lse, scale, causal) : [null, null, null];
      return [...gradients, needs[3] ? attentionScoresBackward(g, [q, k, v, mask], { scale, causal }) : null];
    },
  },
  attentionBackward: 'decompose',
} satisfies Derivatives<typeof groups.attention>;
