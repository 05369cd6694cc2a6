/** Derivatives of `core/src/ops/indexing.ts`: what was read is added back, what was written is read. Indices have none. */
import type { Tensor } from '@flambeau/core';
import { groups, Layer } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { indexLeading, indexPutLeading, indexPutLeading_ } = groups.indexing;

const zerosFor = (g: Tensor, shape: readonly number[]): Tensor => g.newZeros(shape);

/** Whether zeros of ours can be written to: transforms must see each step that what they wrapped takes part in. */
const isPlain = (...tensors: Tensor[]): boolean => tensors.every(({ layers }) => (layers & Layer.Transform) === 0);

const scaled = (g: Tensor, alpha: number): Tensor => (alpha === 1 ? g : g.mul(alpha));

export const indexing = {
  indexSelect: {
    self: {
      saves: ['index'],
      vjp: (g, { index }, { dim }, { self }) => {
        const sum = zerosFor(g, self);
        return isPlain(g, index) ? sum.indexAdd_(dim, index, g) : sum.indexAdd(dim, index, g);
      },
    },
  },
  indexAdd: {
    self: { vjp: (g) => g },
    source: { saves: ['index'], vjp: (g, { index }, { dim, alpha }) => scaled(g.indexSelect(dim, index), alpha) },
  },
  gather: {
    self: {
      saves: ['index'],
      vjp: (g, { index }, { dim }, { self }) => {
        const sum = zerosFor(g, self);
        return isPlain(g, index) ? sum.scatterAdd_(dim, index, g) : sum.scatterAdd(dim, index, g);
      },
    },
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
    self: {
      saves: ['indices'],
      vjp: (g, { indices }, _, { self }) =>
        (isPlain(g, indices) ? indexPutLeading_ : indexPutLeading)(zerosFor(g, self), g, indices, true),
    },
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
