/** Normalisation of groups of channels of each sample. */
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { numelOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { requireFloating } from './dtype-checks.js';
import { layerNormWithStatistics } from './layer-norm.js';
import { perChannel, requirePerChannel } from './norm-parts.js';

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
  const inner = numelOf(input.shape.slice(1)) / numGroups;
  const normalized = layerNormWithStatistics(input, null, null, inner, eps)[0];
  const scaled = weight === null ? normalized : normalized.mul(perChannel(weight, input.ndim));
  return bias === null ? scaled : scaled.add(perChannel(bias, input.ndim));
}

/** Normalises each channel of each sample, by its own statistics. PyTorch: `torch.nn.functional.instance_norm`. Ulyanov et al. 2016. */
export function instanceNorm(input: Tensor, options: ChannelNormOptions = {}): Tensor {
  requireFloating('instanceNorm', 'input', input);
  if (input.ndim < 3) throw new ShapeError(`instanceNorm: expected (N, C, *), got ${formatShape(input.shape)}`);
  return groupNorm(input, input.shape[1], options);
}
