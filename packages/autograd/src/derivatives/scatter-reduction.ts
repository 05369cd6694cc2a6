/** Derivatives of `core/src/ops/scatter-reduction.ts`. */
import { type Tensor, zerosLike } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';
import { fromCorner } from './indexing.js';

interface Scattered {
  readonly dim: number;
  readonly reduce: number;
  readonly includeSelf: boolean;
}
const PROD = 0;

/** The source's part that has the index's shape. */
const corner = (src: Tensor, { shape }: Tensor): Tensor => shape.reduce((x, size, d) => x.narrow(d, 0, size), src);

/** Elements that are the extreme one share the gradient equally. */
function extremeGradients(g: Tensor, self: Tensor, index: Tensor, src: Tensor, result: Tensor, { dim, includeSelf }: Scattered) {
  const selfIs = self.eq(result).to(g.dtype);
  const ownShare = includeSelf ? selfIs : selfIs.scatter(dim, index, 0);
  const srcIs = src.eq(result.gather(dim, index)).to(g.dtype);
  const share = g.div(ownShare.scatterAdd(dim, index, srcIs).clamp(1));
  return [share.mul(ownShare), share.gather(dim, index).mul(srcIs)] as const;
}

/**
 * For each factor the product of the others: of those that are not 0, times those that are. Of the latter, one is written as
 * itself, so that second derivatives see it; two make all derivatives 0.
 */
function productGradients(g: Tensor, self: Tensor, index: Tensor, src: Tensor, { dim, includeSelf }: Scattered) {
  const own = includeSelf ? self : self.scatter(dim, index, 1);
  const [ownIsZero, srcIsZero] = [own.eq(0), src.eq(0)];
  const [ownFactor, srcFactor] = [own.maskedFill(ownIsZero, 1), src.maskedFill(srcIsZero, 1)];
  const product = g.mul(ownFactor.scatterReduce(dim, index, srcFactor, 'prod'));
  const [ownOne, srcOne] = [ownIsZero.to(g.dtype), srcIsZero.to(g.dtype)];
  const count = ownOne.scatterAdd(dim, index, srcOne);
  const [ownZero, srcZero] = [own.mul(ownOne), src.mul(srcOne)];
  const zeros = ownZero.scatterAdd(dim, index, srcZero);
  /** The product of the zeros among the other factors, `others` of them. */
  const zerosAmong = (others: Tensor, zero: Tensor) => others.eq(0).to(g.dtype).add(others.eq(1).to(g.dtype).mul(zero));
  const gradSelf = product.mul(zerosAmong(count.sub(ownOne), zeros.sub(ownZero))).div(ownFactor);
  const there = (t: Tensor) => t.gather(dim, index);
  const gradSrc = there(product)
    .mul(zerosAmong(there(count).sub(srcOne), there(zeros).sub(srcZero)))
    .div(srcFactor);
  return [includeSelf ? gradSelf : gradSelf.scatter(dim, index, 0), gradSrc] as const;
}

export const scatterReduction = {
  scatterReduceOp: {
    saves: ['self', 'index', 'src', 'result'],
    all: (g, { self, index, src, result }, attributes) => {
      if (index.numel === 0) return [g, null, zerosLike(src)];
      const used = index.ndim === 0 ? src : corner(src, index);
      const [gradSelf, gradSrc] =
        attributes.reduce === PROD
          ? productGradients(g, self, index, used, attributes)
          : extremeGradients(g, self, index, used, result, attributes);
      return [gradSelf, null, fromCorner(gradSrc, src.shape)];
    },
  },
} satisfies Derivatives<typeof groups.scatterReduction>;
