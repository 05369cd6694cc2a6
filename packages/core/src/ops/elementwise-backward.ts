/**
 * Gradients of pointwise functions in one pass: `grad` times the derivative at `self`, or at `result` where that is cheaper.
 * Derivatives are their only users.
 */
import { defineOp, type Op } from '../op.js';
import { broadcastMeta, NO_ATTRIBUTES } from '../promotion.js';
import type { Tensor } from '../tensor.js';
import { add, mul, sigmoid, square, sub, tanh } from './elementwise.js';

type OfResult = Op<[grad: Tensor, result: Tensor], Tensor, 'grad' | 'result', Record<never, never>, true>;
type OfSelf = Op<[grad: Tensor, self: Tensor], Tensor, 'grad' | 'self', Record<never, never>, true>;

function ofResult(name: string): OfResult {
  return defineOp({
    name,
    inputs: ['grad', 'result'],
    args: (grad: Tensor, result: Tensor) => [[grad, result], NO_ATTRIBUTES],
    infer: (inputs) => broadcastMeta(name, inputs),
    kernel: name,
    pointwise: true,
    differentiable: true,
  });
}

function ofSelf(name: string, decompose?: (inputs: readonly (Tensor | null)[]) => Tensor): OfSelf {
  return defineOp({
    name,
    inputs: ['grad', 'self'],
    args: (grad: Tensor, self: Tensor) => [[grad, self], NO_ATTRIBUTES],
    infer: (inputs) => broadcastMeta(name, inputs),
    kernel: name,
    pointwise: true,
    decompose,
    differentiable: true,
  });
}

export const reluBackward: OfResult = ofResult('relu_backward');
export const tanhBackward: OfResult = ofResult('tanh_backward');
export const sigmoidBackward: OfResult = ofResult('sigmoid_backward');

export const geluBackward: OfSelf = ofSelf('gelu_backward');
export const hardswishBackward: OfSelf = ofSelf('hardswish_backward');
export const hardsigmoidBackward: OfSelf = ofSelf('hardsigmoid_backward');

/** `grad · d/dx [x/2 (1 + tanh u)]` with `u = √(2/π) (x + 0.044715 x³)`. */
export const geluTanhBackward: OfSelf = ofSelf('gelu_tanh_backward', ([grad, x]): Tensor => {
  const slope = Math.sqrt(2 / Math.PI);
  const x2 = square(x as Tensor);
  const t = tanh(mul(mul(x as Tensor, add(mul(x2, 0.044715), 1)), slope));
  const du = mul(add(mul(x2, 3 * 0.044715), 1), slope);
  const sech2 = sub(mul(square(t), -1), -1); // 1 - t²
  return mul(grad as Tensor, mul(add(add(t, 1), mul(mul(x as Tensor, sech2), du)), 0.5));
});

/** `grad · s (1 + x (1 - s))` with `s = sigmoid(x)`. */
export const siluBackward: OfSelf = ofSelf('silu_backward', ([grad, x]): Tensor => {
  const s = sigmoid(x as Tensor);
  return mul(grad as Tensor, mul(s, add(mul(x as Tensor, sub(mul(s, -1), -1)), 1)));
});

/** `grad` where `self > 0`, else `grad · negativeSlope`. */
export const leakyReluBackward = defineOp({
  name: 'leaky_relu_backward',
  inputs: ['grad', 'self'],
  args: (grad: Tensor, self: Tensor, negativeSlope: number) => [[grad, self], { negativeSlope }],
  infer: (inputs) => broadcastMeta('leaky_relu_backward', inputs),
  kernel: 'leaky_relu_backward',
  pointwise: true,
  differentiable: true,
});

/** `grad` where `result > 0`, else `grad · (result + alpha)`. */
export const eluBackward = defineOp({
  name: 'elu_backward',
  inputs: ['grad', 'result'],
  args: (grad: Tensor, result: Tensor, alpha: number) => [[grad, result], { alpha }],
  infer: (inputs) => broadcastMeta('elu_backward', inputs),
  kernel: 'elu_backward',
  pointwise: true,
  differentiable: true,
});

/** `grad · sigmoid(beta · self)`; `grad` where `beta · self > threshold`. */
export const softplusBackward = defineOp({
  name: 'softplus_backward',
  inputs: ['grad', 'self'],
  args: (grad: Tensor, self: Tensor, beta: number, threshold: number) => [[grad, self], { beta, threshold }],
  infer: (inputs) => broadcastMeta('softplus_backward', inputs),
  kernel: 'softplus_backward',
  pointwise: true,
  differentiable: true,
});

/** `grad` where `self` lies within the bounds, borders included; a bound of NaN is an absent one. */
export const clampBackward = defineOp({
  name: 'clamp_backward',
  inputs: ['grad', 'self'],
  args: (grad: Tensor, self: Tensor, min: number, max: number) => [[grad, self], { min, max }],
  infer: (inputs) => broadcastMeta('clamp_backward', inputs),
  kernel: 'clamp_backward',
  pointwise: true,
  differentiable: true,
});
