/** Derivatives of `core/src/ops/embedding.ts`. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { embeddingBackward, embeddingLookup } = groups.embedding;

export const embedding = {
  embeddingLookup: {
    weight: {
      saves: ['indices'],
      vjp: (g, { indices }, { paddingIdx }, { weight }) => embeddingBackward(g, indices, paddingIdx, weight[0]),
    },
  },
  embeddingBackward: {
    grad: {
      saves: ['indices'],
      vjp: (g, { indices }, { paddingIdx }) => {
        const rows = embeddingLookup(g, indices, paddingIdx);
        return paddingIdx < 0 ? rows : rows.maskedFill(indices.eq(paddingIdx).unsqueeze(-1), 0);
      },
    },
  },
} satisfies Derivatives<typeof groups.embedding>;
