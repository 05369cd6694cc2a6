/** What transposed convolutions over any number of dimensions share. */
import { lowered } from '../autocast.js';
import { dtypeInfo } from '../dtype.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { type Geometry, type PerDim, perSpatialDim } from './conv-parts.js';
import { castTo } from './copy.js';
import { requireFloating, requireSameDtype } from './dtype-checks.js';

export interface ConvTransposeOptions {
  /** Step of the kernel over the output. Default 1. */
  readonly stride?: PerDim;
  /** How much the output loses on both sides. Default 0. */
  readonly padding?: PerDim;
  /** Size added to one side of the output, where several sizes are possible. Default 0. */
  readonly outputPadding?: PerDim;
  /** Blocks of channels that do not mix. Default 1. */
  readonly groups?: number;
  /** Distance between the kernel's elements. Default 1. */
  readonly dilation?: PerDim;
}

export type BackwardInput = (grad: Tensor, weight: Tensor, geometry: Geometry, inputSize: readonly number[]) => Tensor;

/** Checks the parameters of a transposed convolution over `n` dimensions; `run` is the gradient of a convolution. */
export function convTranspose(
  op: string,
  n: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTransposeOptions,
  run: BackwardInput,
): Tensor {
  requireFloating(op, 'input', input);
  checkTensor(op, 'weight', weight);
  if (bias !== null) checkTensor(op, 'bias', bias);
  if (input.ndim === n + 1) return convTranspose(op, n, input.unsqueeze(0), weight, bias, options, run).squeeze(0);
  if (input.ndim !== n + 2 || weight.ndim !== n + 2)
    throw new ShapeError(
      `${op}: expected an input of ${n + 1} or ${n + 2} dimensions and a weight of ${n + 2}, got ${formatShape(input.shape)} and ${formatShape(weight.shape)}`,
    );
  const cast = [lowered(input), lowered(weight), lowered(bias)] as const;
  if (cast[0] !== input || cast[1] !== weight || cast[2] !== bias) return convTranspose(op, n, ...cast, options, run);
  requireSameDtype(op, ['input', 'weight', 'bias'], [input, weight, bias]);
  const stride = perSpatialDim(op, 'stride', options.stride ?? 1, n, 1);
  const padding = perSpatialDim(op, 'padding', options.padding ?? 0, n, 0);
  const outputPadding = perSpatialDim(op, 'outputPadding', options.outputPadding ?? 0, n, 0);
  const dilation = perSpatialDim(op, 'dilation', options.dilation ?? 1, n, 1);
  const groups = perSpatialDim(op, 'groups', options.groups ?? 1, 1, 1)[0];
  if (input.shape[1] !== weight.shape[0] || weight.shape[0] % groups !== 0)
    throw new ShapeError(
      `${op}: input ${formatShape(input.shape)} has ${input.shape[1]} channels, but weight ${formatShape(weight.shape)} (in, out / groups, …) takes ${weight.shape[0]} in ${groups} groups`,
    );
  const channels = weight.shape[1] * groups;
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== channels))
    throw new ShapeError(`${op}: expected a bias of shape (${channels},), got ${formatShape(bias.shape)}`);
  const spatial = stride.map((s, i) => {
    if (outputPadding[i] >= Math.max(s, dilation[i]))
      throw new ValueError(
        `${op}: outputPadding ${outputPadding[i]} must be smaller than the stride or the dilation (${s}, ${dilation[i]})`,
      );
    const size = (input.shape[2 + i] - 1) * s - 2 * padding[i] + dilation[i] * (weight.shape[2 + i] - 1) + outputPadding[i] + 1;
    if (size < 1)
      throw new ShapeError(
        `${op}: the output's dimension ${2 + i} would have size ${size} for input ${formatShape(input.shape)}`,
      );
    return size;
  });
  // float16 and bfloat16 are computed in float32, so that the sum with the bias is rounded only once
  const dtype = input.itemSize === 2 ? dtypeInfo('float32') : input.info;
  const [x, w] = [castTo(input, dtype), castTo(weight, dtype)];
  const product = run(x, w, { stride, padding, dilation, groups }, [input.shape[0], channels, ...spatial]);
  const sum = bias === null ? product : product.add(castTo(bias, dtype).reshape([channels, ...stride.map(() => 1)]));
  return castTo(sum, input.info);
}
