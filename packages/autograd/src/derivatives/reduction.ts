/** Derivatives of `core/src/ops/reduction.ts`. */
import type { Tensor } from '@flambeau/core';
import { groups, reducedShape } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { constantPad } = groups.padding;

type Shape = readonly number[];
type Reduction = { readonly dim: readonly number[] };

/** Gives a reduced tensor its reduced dimensions back, with size 1. */
const keepDims = (t: Tensor, shape: Shape, { dim }: Reduction): Tensor => t.reshape(reducedShape(shape, dim, true));

const count = (shape: Shape, { dim }: Reduction): number => dim.reduce((n, d) => n * shape[d], 1);

/** The elements that are the extreme one share the gradient equally. */
function shareAmongExtremes(g: Tensor, self: Tensor, result: Tensor, attributes: Reduction): Tensor {
  const shape = self.shape;
  const extreme = self.eq(keepDims(result, shape, attributes)).to(g.dtype);
  const ties = extreme.sum(attributes.dim, { keepdim: true });
  return extreme.mul(keepDims(g, shape, attributes).div(ties));
}

/** 2 (x - mean) / (N - correction) */
function varianceSlope(self: Tensor, { dim, correction }: Reduction & { readonly correction: number }): Tensor {
  const centered = self.sub(self.mean(dim, { keepdim: true }));
  return centered.mul(2 / Math.max(0, count(self.shape, { dim }) - correction));
}

/** Along the last dimension, the product of all elements before each one. Doubling steps: exact for zeros, too. */
function productBefore(x: Tensor): Tensor {
  let product = constantPad(x, [1, -1], 1);
  for (let step = 1; step < x.shape[x.ndim - 1]; step *= 2) product = product.mul(constantPad(product, [step, -step], 1));
  return product;
}

/** The product of all other elements, along the last dimension. */
const productOfOthers = (x: Tensor): Tensor => productBefore(x).mul(productBefore(x.flip([-1])).flip([-1]));

/** d‖x‖ for each p; 0 where the norm is 0. */
function normSlope(self: Tensor, norm: Tensor, p: number, dim: readonly number[]): Tensor {
  if (p === 1) return self.sign();
  if (p === 2) return self.div(norm).maskedFill(norm.eq(0), 0);
  const magnitude = self.abs();
  if (Math.abs(p) === Number.POSITIVE_INFINITY) {
    const extreme = magnitude.eq(norm).to(self.dtype);
    return self
      .sign()
      .mul(extreme)
      .div(extreme.sum(dim, { keepdim: true }));
  }
  // sign(x) (|x| / ‖x‖)^(p-1), which has a pole at 0 for p < 1
  const slope = self
    .sign()
    .mul(magnitude.div(norm).pow(p - 1))
    .maskedFill(norm.eq(0), 0);
  return p < 1 ? slope.maskedFill(self.eq(0), 0) : slope;
}

export const reduction = {
  sum: { self: { vjp: (g, _, attributes, { self: shape }) => keepDims(g, shape, attributes).expand(shape) } },
  nansum: {
    self: {
      saves: ['self'],
      vjp: (g, { self }, attributes) => keepDims(g, self.shape, attributes).mul(self.eq(self)),
    },
  },
  mean: {
    self: {
      vjp: (g, _, attributes, { self: shape }) => keepDims(g.div(count(shape, attributes)), shape, attributes).expand(shape),
    },
  },
  prod: {
    self: {
      saves: ['self'],
      vjp: (g, { self }, attributes) => {
        const { shape } = self;
        const grad = keepDims(g, shape, attributes);
        if (self.numel === 0) return grad.expand(shape); // there are no others to shift
        if (attributes.dim.length !== 1) return grad.mul(productOfOthers(self.reshape([self.numel])).reshape(shape));
        const [dim] = attributes.dim;
        return grad.mul(productOfOthers(self.transpose(dim, -1)).transpose(dim, -1));
      },
    },
  },
  amax: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }, attributes) => shareAmongExtremes(g, self, result, attributes),
    },
  },
  amin: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }, attributes) => shareAmongExtremes(g, self, result, attributes),
    },
  },
  var: {
    self: {
      saves: ['self'],
      vjp: (g, { self }, attributes) => keepDims(g, self.shape, attributes).mul(varianceSlope(self, attributes)),
    },
  },
  // d√v = dv / 2√v, and 0 where the elements are all equal
  std: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }, attributes) => {
        const slope = g.div(result.mul(2)).maskedFill(result.eq(0), 0);
        return keepDims(slope, self.shape, attributes).mul(varianceSlope(self, attributes));
      },
    },
  },
  norm: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }, attributes) => {
        if (attributes.p === 0) return null; // a count
        const norm = keepDims(result, self.shape, attributes);
        return keepDims(g, self.shape, attributes).mul(normSlope(self, norm, attributes.p, attributes.dim));
      },
    },
  },
  // the softmax
  logsumexp: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }, attributes) =>
        keepDims(g, self.shape, attributes).mul(self.sub(keepDims(result, self.shape, attributes)).exp()),
    },
  },
  // the sum of the gradients from each element on
  cumsum: { self: { vjp: (g, _, { dim }) => (g.ndim === 0 ? g : g.flip([dim]).cumsum(dim).flip([dim])) } },
} satisfies Derivatives<typeof groups.reduction>;
