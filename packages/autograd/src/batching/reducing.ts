/** Batching of what works along dimensions: reductions, running sums, softmax, orders, joining, padding. */
import { groups } from '@flambeau/core/internal';
import type { Tensor } from '@flambeau/core';
import { aligned, type BatchRules, leading, shifted } from './rule.js';

const { layerNormWithStatistics } = groups.layerNorm;
const over = shifted('dim');

export const reducing: BatchRules = {
  sum: over,
  nansum: over,
  prod: over,
  mean: over,
  amax: over,
  amin: over,
  any: over,
  all: over,
  count_nonzero: over,
  var: over,
  norm: over,
  logsumexp: over,
  cumsum: over,
  softmax: over,
  log_softmax: over,
  softmax_backward: over,
  log_softmax_backward: over,
  max_dim: over,
  min_dim: over,
  argmax: over,
  argmin: over,
  flip: shifted('dims'),
  _fft_c2c: over,
  _fft_r2c: over,
  _fft_c2r: over,
  tril: leading,
  triu: leading,
  where: aligned,
  masked_fill: aligned,
  cat: (call) => call.run(call.allSpread(), { dim: (call.attributes.dim as number) + 1 }),
  constant_pad_nd: (call) => call.run(call.values),
  fill: leading,
  copy: leading,
  // normalises trailing dimensions; factors that differ between examples are applied apart
  native_layer_norm: (call) => {
    const [input, weight, bias] = call.values as readonly (Tensor | null)[];
    const { inner, eps } = call.attributes as { inner: number; eps: number };
    const perExample = (t: Tensor): Tensor => t.reshape([call.size, -1]);
    if (!call.batched[1] && !call.batched[2]) {
      const [result, mean, rstd] = layerNormWithStatistics(input as Tensor, weight, bias, inner, eps);
      return [result, perExample(mean), perExample(rstd)];
    }
    const [normal, mean, rstd] = layerNormWithStatistics(call.spread(0), null, null, inner, eps);
    const affine = (i: number): Tensor => {
      const t = call.spread(i);
      return t.reshape([call.size, ...new Array<number>(normal.ndim - t.ndim).fill(1), ...t.shape.slice(1)]);
    };
    const scaled = weight === null ? normal : normal.mul(affine(1));
    return [bias === null ? scaled : scaled.add(affine(2)), perExample(mean), perExample(rstd)];
  },
};
