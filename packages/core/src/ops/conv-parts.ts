/** What convolutions over any number of dimensions share. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import type { Inputs } from '../op.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { requireSameDtype } from './dtype-checks.js';
import { constantPad } from './padding.js';

/** One number for all spatial dimensions, or one for each. */
export type PerDim = number | readonly number[];

/** One number for each of `n` spatial dimensions. */
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

export interface Geometry {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** The shape of a convolution over as many dimensions as there are strides. */
export function convolvedShape(op: string, [input, weight, bias]: Inputs, geometry: Geometry): number[] {
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

export type Convolution = (input: Tensor, weight: Tensor, bias: Tensor | null, geometry: Geometry) => Tensor;

/** Checks the parameters of a convolution over `n` dimensions, adds the batch dimension and calls `run`. */
export function conv(
  op: string,
  n: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvOptions,
  run: Convolution,
): Tensor {
  checkTensor(op, 'input', input);
  checkTensor(op, 'weight', weight);
  if (bias !== null) checkTensor(op, 'bias', bias);
  if (input.ndim === n + 1) return conv(op, n, input.unsqueeze(0), weight, bias, options, run).squeeze(0);
  if (input.ndim !== n + 2 || weight.ndim !== n + 2)
    throw new ShapeError(
      `${op}: expected an input of ${n + 1} or ${n + 2} dimensions and a weight of ${n + 2}, got ${formatShape(input.shape)} and ${formatShape(weight.shape)}`,
    );
  const stride = perSpatialDim(op, 'stride', options.stride ?? 1, n, 1);
  const dilation = perSpatialDim(op, 'dilation', options.dilation ?? 1, n, 1);
  const groups = perSpatialDim(op, 'groups', options.groups ?? 1, 1, 1)[0];
  const [padded, padding] = applyPadding(op, input, weight, stride, dilation, options.padding ?? 0);
  // errors in the caller's dimensions; the operator itself checks two of them
  if (n !== 2) convolvedShape(op, [padded, weight, bias], { stride, padding, dilation, groups });
  return run(padded, weight, bias, { stride, padding, dilation, groups });
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
