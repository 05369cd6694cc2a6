/** Convolutions over the last one or two dimensions. Layout (N, C, H, W); the batch dimension N may be absent. */
import { defineOp } from '../op.js';
import type { Tensor } from '../tensor.js';
import { type ConvOptions, type Convolution, conv, convolvedShape, type Geometry } from './conv-parts.js';

export type { ConvOptions, PerDim } from './conv-parts.js';

/** @internal The convolution with all parameters given. */
export const convolution2d = defineOp({
  name: 'conv2d',
  inputs: ['input', 'weight', 'bias'],
  args: (input: Tensor, weight: Tensor, bias: Tensor | null, { stride, padding, dilation, groups }: Geometry) => [
    [input, weight, bias],
    { stride, padding, dilation, groups },
  ],
  infer: (inputs, attributes) => ({ shape: convolvedShape('conv2d', inputs, attributes), dtype: (inputs[0] as Tensor).info }),
  kernel: 'conv2d',
  contiguous: true,
  differentiable: true,
});

/** @internal The gradient of `convolution2d` with respect to its input of shape `inputSize`. */
export const conv2dBackwardInput = defineOp({
  name: 'conv2d_backward_input',
  inputs: ['grad', 'weight'],
  args: (grad: Tensor, weight: Tensor, { stride, padding, dilation, groups }: Geometry, inputSize: readonly number[]) => [
    [grad, weight],
    { stride, padding, dilation, groups, inputSize },
  ],
  infer: ([grad], { inputSize }) => ({ shape: inputSize, dtype: (grad as Tensor).info }),
  kernel: 'conv2d_backward_input',
  contiguous: true,
  differentiable: true,
});

/** @internal The gradient of `convolution2d` with respect to its weight of shape `weightSize`. */
export const conv2dBackwardWeight = defineOp({
  name: 'conv2d_backward_weight',
  inputs: ['grad', 'input'],
  args: (grad: Tensor, input: Tensor, { stride, padding, dilation, groups }: Geometry, weightSize: readonly number[]) => [
    [grad, input],
    { stride, padding, dilation, groups, weightSize },
  ],
  infer: ([grad], { weightSize }) => ({ shape: weightSize, dtype: (grad as Tensor).info }),
  kernel: 'conv2d_backward_weight',
  contiguous: true,
  differentiable: true,
});

/** A row is an image of height 1. */
const convolveRows: Convolution = (input, weight, bias, { stride, padding, dilation, groups }) =>
  convolution2d(input.unsqueeze(2), weight.unsqueeze(2), bias, {
    stride: [1, ...stride],
    padding: [0, ...padding],
    dilation: [1, ...dilation],
    groups,
  }).squeeze(2);

/**
 * A two-dimensional convolution (cross-correlation). PyTorch: `torch.nn.functional.conv2d`.
 *
 * @param input - Shape `(N, C, H, W)` or `(C, H, W)`.
 * @param weight - Shape `(out, C / groups, kH, kW)`, same dtype.
 * @param bias - Shape `(out)`, or none.
 * @throws {ShapeError} If the shapes do not fit together.
 */
export function conv2d(input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv('conv2d', 2, input, weight, bias, options, convolution2d);
}

/**
 * A one-dimensional convolution (cross-correlation). PyTorch: `torch.nn.functional.conv1d`.
 *
 * @param input - Shape `(N, C, L)` or `(C, L)`.
 * @param weight - Shape `(out, C / groups, k)`, same dtype.
 * @param bias - Shape `(out)`, or none.
 */
export function conv1d(input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv('conv1d', 1, input, weight, bias, options, convolveRows);
}
