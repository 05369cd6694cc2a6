/** Normalisation of groups of channels of each sample. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op, type TensorMeta } from '../op.js';
import { numelOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { requireFloating } from './dtype-checks.js';
import { layerNormWithStatistics } from './layer-norm.js';
import { gradientsOf, normalizedBackward, perChannel, requirePerChannel, statisticsDtype } from './norm-parts.js';

/** In smaller planes of large tensors the sums that the kernel keeps for each channel would take more memory than the elements. */
const SMALL_PLANE = 16;
const LARGE = 2 ** 20;

type GroupAttributes = { readonly groups: number; readonly eps: number };

/** @internal Normalisation of groups of channels: output, and for each group of each sample mean and 1 / standard deviation. */
export const groupNormWithStatistics: Op<
  [input: Tensor, weight: Tensor | null, bias: Tensor | null, groups: number, eps: number],
  Tensor[],
  'input' | 'weight' | 'bias',
  GroupAttributes,
  true
> = defineOp({
  name: 'native_group_norm',
  inputs: ['input', 'weight', 'bias'],
  args: (input: Tensor, weight: Tensor | null, bias: Tensor | null, groups: number, eps: number) => [
    [input, weight, bias],
    { groups, eps },
  ],
  infer: ([input], { groups }) => {
    const x = input as Tensor;
    const statistics: TensorMeta = { shape: [x.shape[0], groups], dtype: statisticsDtype(x) };
    return [{ shape: x.shape, dtype: x.info }, statistics, statistics];
  },
  kernel: 'group_norm',
  contiguous: true,
  decompose: ([input, weight, bias], attributes): Tensor[] => normalizeByParts(input as Tensor, weight, bias, attributes),
  differentiable: true,
});

function normalizeByParts(x: Tensor, weight: Tensor | null, bias: Tensor | null, { groups, eps }: GroupAttributes): Tensor[] {
  const inner = numelOf(x.shape.slice(1)) / groups;
  const [normalized, mean, rstd] = layerNormWithStatistics(x, null, null, inner, eps);
  const row = (t: Tensor): Tensor => perChannel(castTo(t, x.info), x.ndim);
  const scaled = weight === null ? normalized : normalized.mul(row(weight));
  const perGroup = (t: Tensor): Tensor => (inner === 0 ? t.newZeros([x.shape[0], groups]) : t.reshape([x.shape[0], groups]));
  return [bias === null ? scaled : scaled.add(row(bias)), perGroup(mean), perGroup(rstd)];
}

/** @internal Gradients of input, weight and bias of `groupNormWithStatistics`. */
export const groupNormBackward: Op<
  [grad: Tensor, input: Tensor, mean: Tensor, rstd: Tensor, weight: Tensor | null, groups: number, eps: number],
  Tensor[],
  'grad' | 'input' | 'mean' | 'rstd' | 'weight',
  GroupAttributes,
  true
> = defineOp({
  name: 'native_group_norm_backward',
  inputs: ['grad', 'input', 'mean', 'rstd', 'weight'],
  args: (grad: Tensor, input: Tensor, mean: Tensor, rstd: Tensor, weight: Tensor | null, groups: number, eps: number) => [
    [grad, input, mean, rstd, weight],
    { groups, eps },
  ],
  infer: ([, input, , , weight]) => gradientsOf(input as Tensor, weight),
  kernel: 'group_norm_backward',
  contiguous: true,
  // The statistics are functions of the input, so higher derivatives must see how they are computed.
  decompose: ([grad, input, , , weight], { groups, eps }): Tensor[] => {
    const x = input as Tensor;
    const [samples, channels] = x.shape;
    const grouped = [samples, groups, channels / groups, numelOf(x.shape.slice(2))];
    const factors = weight === null ? null : weight.reshape([1, groups, -1, 1]);
    const [gx, gw, gb] = normalizedBackward((grad as Tensor).reshape(grouped), x.reshape(grouped), factors, [2, 3], [0, 3], eps);
    return [gx.reshape(x.shape), gw.reshape([channels]), gb.reshape([channels])];
  },
  differentiable: true,
});

export interface ChannelNormOptions {
  /** Factor for each channel, shape `(C)`. */
  readonly weight?: Tensor | null;
  /** Addend for each channel, shape `(C)`. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** Normalises each group of channels of each sample. PyTorch: `torch.nn.functional.group_norm`. Wu and He 2018. */
export function groupNorm(
  input: Tensor,
  numGroups: number,
  { weight = null, bias = null, eps = 1e-5 }: ChannelNormOptions = {},
): Tensor {
  requireFloating('groupNorm', 'input', input);
  if (input.ndim < 2) throw new ShapeError(`groupNorm: expected (N, C) or (N, C, *), got ${formatShape(input.shape)}`);
  const channels = input.shape[1];
  if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0)
    throw new ValueError(
      `groupNorm: the ${channels} channels of ${formatShape(input.shape)} do not divide into ${numGroups} groups`,
    );
  requirePerChannel('groupNorm', 'weight', weight, channels);
  requirePerChannel('groupNorm', 'bias', bias, channels);
  const parts = numelOf(input.shape.slice(2)) < SMALL_PLANE && input.numel > LARGE;
  if (parts) return normalizeByParts(input, weight, bias, { groups: numGroups, eps })[0];
  return groupNormWithStatistics(input, weight, bias, numGroups, eps)[0];
}

/** Normalises each channel of each sample, by its own statistics. PyTorch: `torch.nn.functional.instance_norm`. Ulyanov et al. 2016. */
export function instanceNorm(input: Tensor, options: ChannelNormOptions = {}): Tensor {
  requireFloating('instanceNorm', 'input', input);
  if (input.ndim < 3) throw new ShapeError(`instanceNorm: expected (N, C, *), got ${formatShape(input.shape)}`);
  return groupNorm(input, input.shape[1], options);
}
