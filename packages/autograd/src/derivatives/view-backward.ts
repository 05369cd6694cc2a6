/** Derivatives of `core/src/ops/view-backward.ts`: the views themselves. */
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

export const viewBackward = {
  selectBackward: { grad: { vjp: (g, _, { dim, index }) => g.select(dim, index) } },
  sliceBackward: { grad: { vjp: (g, _, { dim, start, end, step }) => g.slice(dim, start, end, step) } },
  diagonalBackward: { grad: { vjp: (g, _, { offset, dim1, dim2 }) => g.diagonal(offset, dim1, dim2) } },
  unfoldBackward: { grad: { vjp: (g, _, { dim, size, step }) => g.unfold(dim, size, step) } },
  asStridedBackward: {
    grad: {
      vjp: (g, _, { size, stride, storageOffset }) => {
        const row = g.contiguous(); // it may be a part of a larger tensor
        return row.asStrided(size, stride, row.offset + storageOffset);
      },
    },
  },
} satisfies Derivatives<typeof groups.viewBackward>;
