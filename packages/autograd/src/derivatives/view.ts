/** Derivatives of `core/src/ops/view.ts`: of a view of everything another view, of a part the part put back into zeros. */
import { arange, type Tensor } from '@flambeau/core';
import { extentOf, groups, mayOverlap } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { asStridedBackward, diagonalBackward, selectBackward, sliceBackward, unfoldBackward } = groups.viewBackward;
type Shape = readonly number[];

const inverse = (dims: Shape): number[] => dims.map((_, i) => dims.indexOf(i));

export const view = {
  expand: { self: { vjp: (g) => g } }, // the engine sums over repeated dimensions
  view: { self: { vjp: (g, _, __, { self }) => g.reshape(self) } },
  squeezeOp: { self: { vjp: (g, _, __, { self }) => g.reshape(self) } },
  unsqueeze: { self: { vjp: (g, _, { dim }) => g.squeeze(dim) } },
  transpose: { self: { vjp: (g, _, { dim0, dim1 }) => g.transpose(dim0, dim1) } },
  permute: { self: { vjp: (g, _, { dims }) => g.permute(inverse(dims)) } },
  alias: { self: { vjp: (g) => g } },
  select: {
    self: {
      vjp: (g, _, attributes, { self }) => selectBackward(g, { inputShape: self, ...attributes }),
      addTo: (sum, g, { dim, index }) => void sum.select(dim, index).add_(g),
    },
  },
  slice: {
    self: {
      vjp: (g, _, attributes, { self }) => sliceBackward(g, { inputShape: self, ...attributes }),
      addTo: (sum, g, { dim, start, end, step }) => void groups.view.slice(sum, dim, start, end, step).add_(g),
    },
  },
  diagonal: {
    self: {
      vjp: (g, _, attributes, { self }) => diagonalBackward(g, { inputShape: self, ...attributes }),
      addTo: (sum, g, { offset, dim1, dim2 }) => void sum.diagonal(offset, dim1, dim2).add_(g),
    },
  },
  unfold: { self: { vjp: (g, _, attributes, { self }) => unfoldBackward(g, { inputShape: self, ...attributes }) } },
  asStrided: { self: { vjp: (g, _, attributes, { self }) => asStridedGradient(g, attributes, self) } },
} satisfies Derivatives<typeof groups.view>;

interface Strided {
  readonly size: Shape;
  readonly stride: Shape;
  readonly storageOffset: number;
  readonly selfStride: Shape;
  readonly selfOffset: number;
}

/** The gradient goes to the places in memory that the result had, all of them together, and is read from where the input lay. */
function asStridedGradient(
  g: Tensor,
  { size, stride, storageOffset, selfStride, selfOffset }: Strided,
  selfShape: Shape,
): Tensor {
  const start = Math.min(storageOffset, selfOffset);
  const end = Math.max(storageOffset + extentOf(size, stride), selfOffset + extentOf(selfShape, selfStride));
  const memory = mayOverlap(size, stride)
    ? addInto(g.newZeros([end - start]), g, stride, storageOffset - start)
    : asStridedBackward(g, { inputShape: [end - start], size, stride, storageOffset: storageOffset - start });
  if (!mayOverlap(selfShape, selfStride)) return memory.asStrided(selfShape, selfStride, selfOffset - start);
  // elements of the input at one place in memory share what arrives there
  const ones = g.newOnes(selfShape);
  const sharers = addInto(g.newZeros([end - start]), ones, selfStride, selfOffset - start);
  return memory.div(sharers.clamp(1)).asStrided(selfShape, selfStride, selfOffset - start);
}

/** Adds the elements of `t` into the row `memory`, where a tensor of its shape with strides `stride` from `offset` on has them. */
function addInto(memory: Tensor, t: Tensor, stride: Shape, offset: number): Tensor {
  let places = arange(offset, offset + 1, { dtype: 'int64', device: t.device });
  t.shape.forEach((size, i) => {
    places = places.unsqueeze(-1).add(arange(0, size, { dtype: 'int64', device: t.device }).mul(stride[i]));
  });
  return memory.indexAdd(0, places.flatten(), t.flatten());
}
