/** Derivatives of `core/src/ops/indexing.ts`: what was read is added back, what was written is read. Indices have none. */
import { type Tensor, zeros } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { indexLeading, indexPutLeading } = groups.indexing;

const zerosFor = (g: Tensor, shape: readonly number[]): Tensor => zeros(shape, { dtype: g.dtype });

const scaled = (g: Tensor, alpha: number): Tensor => (alpha === 1 ? g : g.mul(alpha));

export const indexing = {
  indexSelect: {
    self: { saves: ['index'], vjp: (g, { index }, { dim }, { self }) => zerosFor(g, self).indexAdd(dim, index, g) },
  },
  indexAdd: {
    self: { vjp: (g) => g },
    source: { saves: ['index'], vjp: (g, { index }, { dim, alpha }) => scaled(g.indexSelect(dim, index), alpha) },
  },
  gather: {
    self: { saves: ['index'], vjp: (g, { index }, { dim }, { self }) => zerosFor(g, self).scatterAdd(dim, index, g) },
  },
  // where an index appears twice, one of the sources was lost; like PyTorch, each is given the gradient
  scatterTensor: {
    self: { saves: ['index'], vjp: (g, { index }, { dim }) => g.scatter(dim, index, 0) },
    src: { saves: ['index'], vjp: (g, { index }, { dim }, { src }) => fromCorner(g.gather(dim, index), src) },
  },
  scatterFill: { self: { saves: ['index'], vjp: (g, { index }, { dim }) => g.scatter(dim, index, 0) } },
  scatterAdd: {
    self: { vjp: (g) => g },
    src: { saves: ['index'], vjp: (g, { index }, { dim }, { src }) => fromCorner(g.gather(dim, index), src) },
  },
  indexLeading: {
    self: { saves: ['indices'], vjp: (g, { indices }, _, { self }) => indexPutLeading(zerosFor(g, self), g, indices, true) },
  },
  indexPutLeading: {
    self: {
      saves: ['indices'],
      vjp: (g, { indices }, { accumulate }) => (accumulate ? g : indexPutLeading(g, zerosFor(g, []), indices, false)),
    },
    values: { saves: ['indices'], vjp: (g, { indices }) => indexLeading(g, indices) },
  },
} satisfies Derivatives<typeof groups.indexing>;

/** The sources may be larger than the index; what lies beyond was not used. */
export function fromCorner(g: Tensor, shape: readonly number[]): Tensor {
  return shape.reduce(
    (x, size, dim) =>
      x.shape[dim] === size
        ? x
        : groups.viewBackward.sliceBackward(x, {
            inputShape: x.shape.map((n, d) => (d === dim ? size : n)),
            dim,
            start: 0,
            end: x.shape[dim],
            step: 1,
          }),
    g,
  );
}
