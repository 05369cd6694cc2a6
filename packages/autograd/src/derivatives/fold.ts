/** Derivatives of `core/src/ops/fold.ts`: each of the two linear maps is the other's transpose. */
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { columnsToImage, imageToColumns } = groups.fold;

export const fold = {
  imageToColumns: { self: { vjp: (g, _saved, blocks, { self }) => columnsToImage(g, self.slice(2), blocks) } },
  columnsToImage: { self: { vjp: (g, _saved, blocks) => imageToColumns(g, blocks) } },
} satisfies Derivatives<typeof groups.fold>;
