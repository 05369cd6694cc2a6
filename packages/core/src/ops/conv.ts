/** Convolutions over the last one or two dimensions. Layout (N, C, H, W); the batch dimension N may be absent. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Inputs } from '../op.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { requireSameDtype } from './dtype-checks.js';
import { constantPad } from './padding.js';

/** One number for all spatial dimensions, or one for each. */
export type PerDim = number | readonly number[];

/** @internal One number for each of `n` spatial dimensions. */
export function perSpatialDim(op: string, name: string, value: PerDim, n: number, least: number): readonly number[] {
  const list =
    typeof value === 'number'
      ? new Array<number>(n).fill(value)
      : value.length === 1
        ? new Array<number>(n).fill(value[0])
        : value;
  if (list.length !== n || !list.every((x) => Number.isSafeInteger(x) && x >= least))
    throw new ValueError(
      `${op}: ${name} must be ${n === 1 ? 'an integer' : `an integer or ${n} of them`}, at least ${least}, got ${JSON.stringify(value)}`,
    );
  return list;
}

interface Geometry {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}
type ConvAttributes = { readonly [K in keyof Geometry]: Geometry[K] };

/** The shape of a convolution over as many dimensions as there are strides. */
function convolvedShape(op: string, [input, weight, bias]: Inputs, geometry: ConvAttributes): number[] {
  const { stride, padding, dilation, groups } = geometry;
  const [x, w] = [input as Tensor, weight as Tensor];
  requireSameDtype(op, ['input', 'weight', 'bias'], [x, w, bias]);
  const ndim = stride.length + 2;
  if (x.ndim !== ndim || w.ndim !== ndim)
    throw new ShapeError(
      `${op}: expected an input and a weight of ${ndim} dimensions, got ${formatShape(x.shape)} and ${formatShape(w.shape)}`,
    );
  const [n, channels] = x.shape;
  const [out, perGroup] = w.shape;
  if (channels !== perGroup * groups)
    throw new ShapeError(
      `${op}: input ${formatShape(x.shape)} has ${channels} channels, but weight ${formatShape(w.shape)} with ${groups} groups takes ${perGroup * groups}`,
    );
  if (out % groups !== 0)
    throw new ShapeError(
      `${op}: the ${out} output channels of weight ${formatShape(w.shape)} do not divide into ${groups} groups`,
    );
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== out))
    throw new ShapeError(`${op}: expected a bias of shape (${out},), got ${formatShape(bias.shape)}`);
  const spatial = stride.map((s, i) => {
    const kernel = dilation[i] * (w.shape[2 + i] - 1) + 1;
    const size = x.shape[2 + i] + 2 * padding[i];
    if (kernel > size || w.shape[2 + i] === 0)
      throw new ShapeError(
        `${op}: a kernel of ${w.shape[2 + i]} (${kernel} with dilation) does not fit into dimension ${2 + i} of input ${formatShape(x.shape)} (${size} with padding)`,
      );
    return Math.floor((size - kernel) / s) + 1;
  });
  return [n, out, ...spatial];
}

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

export interface ConvOptions {
  /** Step of the kernel. Default 1. */
  readonly stride?: PerDim;
  /** Zeros on both sides; `'same'` keeps the size (stride 1 only), `'valid'` is 0. Default 0. */
  readonly padding?: PerDim | 'same' | 'valid';
  /** Distance between the kernel's elements. Default 1. */
  readonly dilation?: PerDim;
  /** Blocks of channels that do not mix. Default 1. */
  readonly groups?: number;
}

function conv(op: string, n: 1 | 2, input: Tensor, weight: Tensor, bias: Tensor | null, options: ConvOptions): Tensor {
  checkTensor(op, 'input', input);
  checkTensor(op, 'weight', weight);
  if (bias !== null) checkTensor(op, 'bias', bias);
  if (input.ndim === n + 1) return conv(op, n, input.unsqueeze(0), weight, bias, options).squeeze(0);
  if (input.ndim !== n + 2 || weight.ndim !== n + 2)
    throw new ShapeError(
      `${op}: expected an input of ${n + 1} or ${n + 2} dimensions and a weight of ${n + 2}, got ${formatShape(input.shape)} and ${formatShape(weight.shape)}`,
    );
  const stride = perSpatialDim(op, 'stride', options.stride ?? 1, n, 1);
  const dilation = perSpatialDim(op, 'dilation', options.dilation ?? 1, n, 1);
  const groups = perSpatialDim(op, 'groups', options.groups ?? 1, 1, 1)[0];
  const [padded, padding] = applyPadding(op, input, weight, stride, dilation, options.padding ?? 0);
  if (n === 2) return convolution2d(padded, weight, bias, { stride, padding, dilation, groups });
  convolvedShape(op, [padded, weight, bias], { stride, padding, dilation, groups }); // errors in the caller's dimensions
  // a row is an image of height 1
  const geometry = { stride: [1, ...stride], padding: [0, ...padding], dilation: [1, ...dilation], groups };
  return convolution2d(padded.unsqueeze(2), weight.unsqueeze(2), bias, geometry).squeeze(2);
}

/** The padding in numbers. `'same'` may need one more zero at the end than at the start, which is added to the input. */
function applyPadding(
  op: string,
  input: Tensor,
  weight: Tensor,
  stride: readonly number[],
  dilation: readonly number[],
  padding: PerDim | 'same' | 'valid',
): [Tensor, readonly number[]] {
  const n = stride.length;
  if (padding === 'valid') return [input, new Array<number>(n).fill(0)];
  if (padding !== 'same') {
    if (typeof padding === 'string')
      throw new ValueError(`${op}: padding must be numbers, 'same' or 'valid', got '${String(padding)}'`);
    return [input, perSpatialDim(op, 'padding', padding, n, 0)];
  }
  if (stride.some((s) => s !== 1)) throw new ValueError(`${op}: padding 'same' needs stride 1, got ${JSON.stringify(stride)}`);
  const total = dilation.map((d, i) => d * (weight.shape[2 + i] - 1));
  const odd = total.map((t) => t % 2);
  const padded = odd.some((x) => x === 1)
    ? constantPad(
        input,
        odd.toReversed().flatMap((x) => [0, x]),
      )
    : input;
  return [padded, total.map((t) => (t - (t % 2)) / 2)];
}

/**
 * A two-dimensional convolution (cross-correlation). PyTorch: `torch.nn.functional.conv2d`.
 *
 * @param input - Shape `(N, C, H, W)` or `(C, H, W)`.
 * @param weight - Shape `(out, C / groups, kH, kW)`, same dtype.
 * @param bias - Shape `(out)`, or none.
 * @throws {ShapeError} If the shapes do not fit together.
 */
export function conv2d(input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv('conv2d', 2, input, weight, bias, options);
}

/**
 * A one-dimensional convolution (cross-correlation). PyTorch: `torch.nn.functional.conv1d`.
 *
 * @param input - Shape `(N, C, L)` or `(C, L)`.
 * @param weight - Shape `(out, C / groups, k)`, same dtype.
 * @param bias - Shape `(out)`, or none.
 */
export function conv1d(input: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvOptions = {}): Tensor {
  return conv('conv1d', 1, input, weight, bias, options);
}
