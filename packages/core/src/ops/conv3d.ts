/**
 * Convolutions over depth, height and width, layout (N, C, D, H, W). A window of several planes is an image with as many times the
 * channels, so one two-dimensional convolution per output plane does all the work.
 */
import type { Tensor } from '../tensor.js';
import { conv2dBackwardInput, convolution2d } from './conv.js';
import { type ConvOptions, conv, type Geometry } from './conv-parts.js';
import { type ConvTransposeOptions, convTranspose } from './conv-transpose-parts.js';
import { constantPad } from './padding.js';
import { sliceBackward } from './view-backward.js';

/** The two-dimensional part of a geometry. */
const planar = ({ stride, padding, dilation, groups }: Geometry): Geometry => ({
  stride: stride.slice(1),
  padding: padding.slice(1),
  dilation: dilation.slice(1),
  groups,
});

/** (out, in, kD, kH, kW) as (out, in * kD, kH, kW). */
const planarWeight = (weight: Tensor): Tensor => weight.flatten(1, 2);

function convolution3d(input: Tensor, weight: Tensor, bias: Tensor | null, geometry: Geometry): Tensor {
  const [stride, padding, dilation] = [geometry.stride[0], geometry.padding[0], geometry.dilation[0]];
  const depth = weight.shape[2];
  const padded = padding === 0 ? input : constantPad(input, [0, 0, 0, 0, padding, padding]);
  const [n, channels, , height, width] = padded.shape;
  // (N, C, D', H, W, kD): the planes of each window
  const windows = padded.unfold(2, dilation * (depth - 1) + 1, stride).slice(-1, 0, null, dilation);
  const images = windows.permute([0, 2, 1, 5, 3, 4]).reshape([-1, channels * depth, height, width]);
  const planes = convolution2d(images, planarWeight(weight), bias, planar(geometry));
  return planes.unflatten(0, [n, -1]).transpose(1, 2);
}

/** The adjoint of `convolution3d`: planes of the windows, added where they came from. */
function backwardInput3d(grad: Tensor, weight: Tensor, geometry: Geometry, inputSize: readonly number[]): Tensor {
  const [stride, padding, dilation] = [geometry.stride[0], geometry.padding[0], geometry.dilation[0]];
  const [n, channels, size, height, width] = inputSize;
  const depth = weight.shape[2];
  const count = grad.shape[2];
  const planes = conv2dBackwardInput(grad.transpose(1, 2).flatten(0, 1), planarWeight(weight), planar(geometry), [
    n * count,
    channels * depth,
    height,
    width,
  ]);
  const windows = planes.reshape([n, count, channels, depth, height, width]);
  const inputShape = [n, channels, size + 2 * padding, height, width];
  // plane k of window i belongs to input plane i * stride + k * dilation - padding
  const parts = Array.from({ length: depth }, (_, k) => {
    const start = k * dilation;
    const end = start + (count - 1) * stride + 1;
    return sliceBackward(windows.select(3, k).transpose(1, 2), { inputShape, dim: 2, start, end, step: stride });
  });
  return parts.reduce((sum, part) => sum.add(part)).narrow(2, padding, size);
}

/**
 * A three-dimensional convolution (cross-correlation). PyTorch: `torch.nn.functional.conv3d`.
 *
 * @param input - Shape `(N, C, D, H, W)` or `(C, D, H, W)`.
 * @param weight - Shape `(out, C / groups, kD, kH, kW)`, same dtype.
 * @param bias - Shape `(out)`, or none.
 * @throws {ShapeError} If the shapes do not fit together.
 */
export function conv3d(input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv('conv3d', 3, input, weight, bias, options, convolution3d);
}

/**
 * A transposed convolution: the gradient of `conv3d` with respect to its input. PyTorch: `torch.nn.functional.conv_transpose3d`.
 *
 * @param input - Shape `(N, C, D, H, W)` or `(C, D, H, W)`.
 * @param weight - Shape `(C, out / groups, kD, kH, kW)`.
 */
export function convTranspose3d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTransposeOptions = {},
): Tensor {
  return convTranspose('convTranspose3d', 3, input, weight, bias, options, backwardInput3d);
}
