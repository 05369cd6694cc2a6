/** Transposed convolutions: the gradients of convolutions with respect to their inputs, as functions of their own. */
import type { Tensor } from '../tensor.js';
import { conv2dBackwardInput } from './conv.js';
import { type BackwardInput, type ConvTransposeOptions, convTranspose } from './conv-transpose-parts.js';

export type { ConvTransposeOptions } from './conv-transpose-parts.js';

/** A row is an image of height 1. */
const backwardRows: BackwardInput = (grad, weight, { stride, padding, dilation, groups }, [n, channels, length]) =>
  conv2dBackwardInput(
    grad.unsqueeze(2),
    weight.unsqueeze(2),
    { stride: [1, ...stride], padding: [0, ...padding], dilation: [1, ...dilation], groups },
    [n, channels, 1, length],
  ).squeeze(2);

/**
 * A transposed convolution: the gradient of `conv2d` with respect to its input. PyTorch: `torch.nn.functional.conv_transpose2d`.
 *
 * @param input - Shape `(N, C, H, W)` or `(C, H, W)`.
 * @param weight - Shape `(C, out / groups, kH, kW)`.
 */
export function convTranspose2d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose('convTranspose2d', 2, input, weight, bias, options, conv2dBackwardInput);
}
/** A transposed one-dimensional convolution. PyTorch: `torch.nn.functional.conv_transpose1d`. */
export function convTranspose1d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose('convTranspose1d', 1, input, weight, bias, options, backwardRows);
}
