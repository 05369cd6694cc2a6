/** Derivatives of `core/src/ops/scan.ts`. */
import type { Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { constantPad } = groups.padding;

/** s with s_i = g_i + f_i s_{i+1} along the last dimension, in doubling steps. */
function sumsFromHere(g: Tensor, factor: Tensor): Tensor {
  let [s, f] = [g, factor];
  for (let step = 1; step < g.shape[g.ndim - 1]; step *= 2) {
    s = s.add(f.mul(constantPad(s, [-step, step], 0)));
    f = f.mul(constantPad(f, [-step, step], 0));
  }
  return s;
}

/** dP_k/dx_i summed over k ≥ i: the product before i times s_i with f_i = x_{i+1}. Exact where elements are 0, too. */
function cumprodGradient(g: Tensor, x: Tensor, product: Tensor): Tensor {
  return constantPad(product, [1, -1], 1).mul(sumsFromHere(g, constantPad(x, [-1, 1], 0)));
}

/** Σ g_k exp(x_i - y_k) over k ≥ i: exp(x_i - y_i) s_i with f_i = exp(y_i - y_{i+1}), neither of which exceeds 1. */
function logcumsumexpGradient(g: Tensor, x: Tensor, y: Tensor): Tensor {
  const last = y.shape[y.ndim - 1] - 1;
  const [here, next] = [y.narrow(-1, 0, last), y.narrow(-1, 1, last)];
  const factor = here.sub(next).maskedFill(here.eq(next), 0).exp(); // of two equal infinities the difference is not 0
  return x
    .sub(y)
    .exp()
    .mul(sumsFromHere(g, constantPad(factor, [0, 1], 0)));
}

/** A gradient along the last dimension, along `dim`. */
function alongDim(dim: number, gradient: (...last: Tensor[]) => Tensor, tensors: readonly Tensor[]): Tensor {
  const [g] = tensors;
  if (g.ndim === 0 || g.numel === 0) return g;
  return gradient(...tensors.map((t) => t.transpose(dim, -1))).transpose(dim, -1);
}

export const scan = {
  cumprod: {
    self: { saves: ['self', 'result'], vjp: (g, { self, result }, { dim }) => alongDim(dim, cumprodGradient, [g, self, result]) },
  },
  logcumsumexp: {
    self: {
      saves: ['self', 'result'],
      vjp: (g, { self, result }, { dim }) => alongDim(dim, logcumsumexpGradient, [g, self, result]),
    },
  },
} satisfies Derivatives<typeof groups.scan>;
