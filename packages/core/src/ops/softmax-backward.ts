/** Gradients of the softmax functions in one pass, from their results. Derivatives are their only users. */
import { defineOp } from '../op.js';
import { broadcastMeta } from '../promotion.js';
import type { Tensor } from '../tensor.js';
import { exp, mul, sub } from './elementwise.js';
import { sum } from './reduction.js';

/** `y (g - Σ g y)`. */
export const softmaxBackward = defineOp({
  name: 'softmax_backward',
  inputs: ['grad', 'result'],
  args: (grad: Tensor, result: Tensor, dim: number) => [[grad, result], { dim }],
  infer: (inputs) => broadcastMeta('softmax_backward', inputs),
  kernel: 'softmax_backward',
  contiguous: true,
  decompose: ([grad, result], { dim }): Tensor => {
    const weighted = mul(grad as Tensor, result as Tensor);
    return sub(weighted, mul(result as Tensor, sum(weighted, dim, { keepdim: true })));
  },
  differentiable: true,
});

/** `g - exp(y) Σ g`. */
export const logSoftmaxBackward = defineOp({
  name: 'log_softmax_backward',
  inputs: ['grad', 'result'],
  args: (grad: Tensor, result: Tensor, dim: number) => [[grad, result], { dim }],
  infer: (inputs) => broadcastMeta('log_softmax_backward', inputs),
  kernel: 'log_softmax_backward',
  contiguous: true,
  decompose: ([grad, result], { dim }): Tensor =>
    sub(grad as Tensor, mul(exp(result as Tensor), sum(grad as Tensor, dim, { keepdim: true }))),
  differentiable: true,
});
