/** The pooling operators, with all parameters given; layout (N, C, H, W). Users call the functions of `pool.ts`. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op } from '../op.js';
import { INT64 } from '../promotion.js';
import type { Tensor } from '../tensor.js';

/** @internal */
export interface Window {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}
type MaxWindow = { readonly [K in keyof Window]: Window[K] } & {
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;
};
type AverageWindow = { readonly [K in keyof Window]: Window[K] } & {
  readonly countIncludePad: boolean;
  readonly divisorOverride: number;
  readonly ceilMode: boolean;
};
type Sized = { readonly outputSize: readonly number[] };
type BackwardSized = { readonly inputSize: readonly number[] };

/** How often a window fits; in ceil mode a last one may hang over the end, if it starts inside of the input or its left border. */
function pooledSize(
  op: string,
  self: Tensor,
  dim: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
  ceilMode: boolean,
): number {
  const size = self.shape[dim];
  const reach = dilation * (kernel - 1) + 1;
  const steps = (size + 2 * padding - reach) / stride;
  let n = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
  if (ceilMode && (n - 1) * stride >= size + padding) n--;
  if (n < 1)
    throw new ShapeError(`${op}: a window of ${kernel} does not fit into dimension ${dim} of ${formatShape(self.shape)}`);
  return n;
}

/** @internal The shape of a pooled tensor (N, C, …), over as many dimensions as the window has. */
export function pooledShape(op: string, self: Tensor, window: Window, dilation: readonly number[], ceilMode: boolean): number[] {
  const { kernelSize, stride, padding } = window;
  padding.forEach((p, i) => {
    if (2 * p > kernelSize[i])
      throw new ValueError(`${op}: padding must be at most half of kernelSize, got ${p} and ${kernelSize[i]}`);
  });
  const spatial = kernelSize.map((size, i) => pooledSize(op, self, 2 + i, size, stride[i], padding[i], dilation[i], ceilMode));
  return [self.shape[0], self.shape[1], ...spatial];
}

/** @internal The largest of each window and its index in the plane. */
export const maxPool2dWithIndices: Op<[self: Tensor, window: MaxWindow], Tensor[], 'self', MaxWindow, true> = defineOp({
  name: 'max_pool2d',
  inputs: ['self'],
  args: (self: Tensor, { kernelSize, stride, padding, dilation, ceilMode }: MaxWindow) => [
    [self],
    { kernelSize, stride, padding, dilation, ceilMode },
  ],
  infer: ([self], window) => {
    const shape = pooledShape('maxPool2d', self as Tensor, window, window.dilation, window.ceilMode);
    return [
      { shape, dtype: (self as Tensor).info },
      { shape, dtype: INT64 },
    ];
  },
  kernel: 'max_pool2d',
  contiguous: true,
  differentiable: true,
});

/** @internal Gradients go to the elements that were chosen. */
export const maxPool2dBackward: Op<
  [grad: Tensor, indices: Tensor, inputSize: readonly number[]],
  Tensor,
  'grad' | 'indices',
  BackwardSized,
  true
> = defineOp({
  name: 'max_pool2d_backward',
  inputs: ['grad', 'indices'],
  args: (grad: Tensor, indices: Tensor, inputSize: readonly number[]) => [[grad, indices], { inputSize }],
  infer: ([grad], { inputSize }) => ({ shape: inputSize, dtype: (grad as Tensor).info }),
  kernel: 'max_pool2d_backward',
  contiguous: true,
  differentiable: true,
});

/** @internal The average of each window; a divisor of 0 is the number of elements. */
export const averagePool2d: Op<[self: Tensor, window: AverageWindow], Tensor, 'self', AverageWindow, true> = defineOp({
  name: 'avg_pool2d',
  inputs: ['self'],
  args: (self: Tensor, { kernelSize, stride, padding, countIncludePad, divisorOverride, ceilMode }: AverageWindow) => [
    [self],
    { kernelSize, stride, padding, countIncludePad, divisorOverride, ceilMode },
  ],
  infer: ([self], window) => ({
    shape: pooledShape('avgPool2d', self as Tensor, window, [1, 1], window.ceilMode),
    dtype: (self as Tensor).info,
  }),
  kernel: 'avg_pool2d',
  contiguous: true,
  differentiable: true,
});

/** @internal */
export const avgPool2dBackward: Op<
  [grad: Tensor, window: AverageWindow, inputSize: readonly number[]],
  Tensor,
  'grad',
  AverageWindow & BackwardSized,
  true
> = defineOp({
  name: 'avg_pool2d_backward',
  inputs: ['grad'],
  args: (grad: Tensor, window: AverageWindow, inputSize: readonly number[]) => {
    const { kernelSize, stride, padding, countIncludePad, divisorOverride, ceilMode } = window;
    return [[grad], { kernelSize, stride, padding, countIncludePad, divisorOverride, ceilMode, inputSize }];
  },
  infer: ([grad], { inputSize }) => ({ shape: inputSize, dtype: (grad as Tensor).info }),
  kernel: 'avg_pool2d_backward',
  contiguous: true,
  differentiable: true,
});

/** @internal Averages over windows that are chosen so that the result has size `outputSize`. */
export const adaptiveAveragePool2d: Op<[self: Tensor, outputSize: readonly number[]], Tensor, 'self', Sized, true> = defineOp({
  name: 'adaptive_avg_pool2d',
  inputs: ['self'],
  args: (self: Tensor, outputSize: readonly number[]) => [[self], { outputSize }],
  infer: ([self], { outputSize }) => ({
    shape: [...(self as Tensor).shape.slice(0, 2), ...outputSize],
    dtype: (self as Tensor).info,
  }),
  kernel: 'adaptive_avg_pool2d',
  contiguous: true,
  differentiable: true,
});

/** @internal */
export const adaptiveAvgPool2dBackward: Op<[grad: Tensor, inputSize: readonly number[]], Tensor, 'grad', BackwardSized, true> =
  defineOp({
    name: 'adaptive_avg_pool2d_backward',
    inputs: ['grad'],
    args: (grad: Tensor, inputSize: readonly number[]) => [[grad], { inputSize }],
    infer: ([grad], { inputSize }) => ({ shape: inputSize, dtype: (grad as Tensor).info }),
    kernel: 'adaptive_avg_pool2d_backward',
    contiguous: true,
    differentiable: true,
  });

/** @internal The largest of each adaptive window and its index in the plane. */
export const adaptiveMaxPool2dWithIndices: Op<[self: Tensor, outputSize: readonly number[]], Tensor[], 'self', Sized, true> =
  defineOp({
    name: 'adaptive_max_pool2d',
    inputs: ['self'],
    args: (self: Tensor, outputSize: readonly number[]) => [[self], { outputSize }],
    infer: ([self], { outputSize }) => {
      const shape = [...(self as Tensor).shape.slice(0, 2), ...outputSize];
      return [
        { shape, dtype: (self as Tensor).info },
        { shape, dtype: INT64 },
      ];
    },
    kernel: 'adaptive_max_pool2d',
    contiguous: true,
    differentiable: true,
  });
