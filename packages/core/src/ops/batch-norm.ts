/** Batch normalisation: each channel by its mean and variance over the batch. */
import { isRecorded } from '../dispatch.js';
import { formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Op, type TensorMeta } from '../op.js';
import type { Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { requireFloating } from './dtype-checks.js';
import { gradientsOf, normalizedBackward, perChannel, requirePerChannel, statisticsDtype } from './norm-parts.js';

type BatchInputs = 'input' | 'weight' | 'bias' | 'runningMean' | 'runningVar';
type BatchAttributes = { readonly training: true; readonly momentum: number; readonly eps: number };

/** @internal Normalisation by the batch's own statistics: output, mean, 1 / standard deviation. Updates the running statistics. */
export const batchNormTraining: Op<
  [
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    runningMean: Tensor | null,
    runningVar: Tensor | null,
    momentum: number,
    eps: number,
  ],
  Tensor[],
  BatchInputs,
  BatchAttributes,
  true
> = defineOp({
  name: 'native_batch_norm',
  inputs: ['input', 'weight', 'bias', 'runningMean', 'runningVar'],
  args: (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    runningMean: Tensor | null,
    runningVar: Tensor | null,
    momentum: number,
    eps: number,
  ) => [[input, weight, bias, runningMean, runningVar], { training: true, momentum, eps }],
  infer: ([input]) => {
    const x = input as Tensor;
    const statistics: TensorMeta = { shape: [x.shape[1]], dtype: statisticsDtype(x) };
    return [{ shape: x.shape, dtype: x.info }, statistics, statistics];
  },
  kernel: 'batch_norm',
  contiguous: true,
  mutates: [3, 4],
  differentiable: true,
});

type BatchBackwardInputs = 'grad' | 'input' | 'weight' | 'runningMean' | 'runningVar' | 'mean' | 'invstd';
type BatchBackwardAttributes = { readonly training: true; readonly eps: number };

/** @internal Gradients of input, weight and bias of `batchNormTraining`. */
export const batchNormBackward: Op<
  [grad: Tensor, input: Tensor, weight: Tensor | null, mean: Tensor, invstd: Tensor, eps: number],
  Tensor[],
  BatchBackwardInputs,
  BatchBackwardAttributes,
  true
> = defineOp({
  name: 'native_batch_norm_backward',
  inputs: ['grad', 'input', 'weight', 'runningMean', 'runningVar', 'mean', 'invstd'],
  args: (grad: Tensor, input: Tensor, weight: Tensor | null, mean: Tensor, invstd: Tensor, eps: number) => [
    [grad, input, weight, null, null, mean, invstd],
    { training: true, eps },
  ],
  infer: ([, input, weight]) => gradientsOf(input as Tensor, weight),
  kernel: 'batch_norm_backward',
  contiguous: true,
  // The statistics are functions of the input, so higher derivatives must see how they are computed.
  decompose: ([grad, input, weight], { eps }): Tensor[] => {
    const [g, x] = [grad as Tensor, input as Tensor];
    const dims = x.shape.flatMap((_, dim) => (dim === 1 ? [] : [dim]));
    return normalizedBackward(g, x, weight === null ? null : perChannel(weight, x.ndim), dims, dims, eps);
  },
  differentiable: true,
});

type EvalAttributes = { readonly eps: number };

/** @internal Normalisation by given statistics, of which there are no gradients. */
export const batchNormEval: Op<
  [input: Tensor, weight: Tensor | null, bias: Tensor | null, runningMean: Tensor, runningVar: Tensor, eps: number],
  Tensor,
  BatchInputs,
  EvalAttributes,
  true
> = defineOp({
  name: 'batch_norm_eval',
  inputs: ['input', 'weight', 'bias', 'runningMean', 'runningVar'],
  args: (input: Tensor, weight: Tensor | null, bias: Tensor | null, runningMean: Tensor, runningVar: Tensor, eps: number) => [
    [input, weight, bias, runningMean, runningVar],
    { eps },
  ],
  infer: ([input]) => {
    const { shape, info: dtype } = input as Tensor;
    return { shape, dtype };
  },
  kernel: 'batch_norm_eval',
  contiguous: true,
  decompose: ([input, weight, bias, mean, variance], { eps }): Tensor =>
    normalizeBy(input as Tensor, mean as Tensor, variance as Tensor, weight, bias, eps),
  differentiable: true,
});

/** @internal Gradients of input, weight and bias of `batchNormEval`. */
export const batchNormEvalBackward: Op<
  [grad: Tensor, input: Tensor, weight: Tensor | null, runningMean: Tensor, runningVar: Tensor, eps: number],
  Tensor[],
  'grad' | 'input' | 'weight' | 'runningMean' | 'runningVar',
  EvalAttributes,
  true
> = defineOp({
  name: 'batch_norm_eval_backward',
  inputs: ['grad', 'input', 'weight', 'runningMean', 'runningVar'],
  args: (grad: Tensor, input: Tensor, weight: Tensor | null, runningMean: Tensor, runningVar: Tensor, eps: number) => [
    [grad, input, weight, runningMean, runningVar],
    { eps },
  ],
  infer: ([, input, weight]) => gradientsOf(input as Tensor, weight),
  kernel: 'batch_norm_eval_backward',
  contiguous: true,
  decompose: ([grad, input, weight, mean, variance], { eps }): Tensor[] => {
    const [g, x] = [grad as Tensor, input as Tensor];
    const dims = x.shape.flatMap((_, dim) => (dim === 1 ? [] : [dim]));
    const row = (t: Tensor): Tensor => perChannel(castTo(t, x.info), x.ndim);
    const invstd = (variance as Tensor).add(eps).rsqrt();
    const y = x.sub(row(mean as Tensor)).mul(row(invstd));
    return [g.mul(row(weight === null ? invstd : invstd.mul(weight))), g.mul(y).sum(dims), g.sum(dims)];
  },
  differentiable: true,
});

export interface BatchNormOptions {
  /** Factor for each channel, shape `(C)`. */
  readonly weight?: Tensor | null;
  /** Addend for each channel, shape `(C)`. */
  readonly bias?: Tensor | null;
  /** Use the batch's own statistics and update the running ones. Default false. */
  readonly training?: boolean;
  /** Weight of the new statistics in the running ones. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/**
 * Normalises each channel: `(x - mean) / √(var + eps) · weight + bias`. PyTorch: `torch.nn.functional.batch_norm`. Ioffe and
 * Szegedy 2015.
 *
 * @param input - Shape `(N, C)` or `(N, C, *)`.
 * @param runningMean - Shape `(C)`. Used when not training; updated in place when training.
 * @param runningVar - The same for the variance (unbiased).
 */
export function batchNorm(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions = {},
): Tensor {
  const { weight = null, bias = null, training = false, momentum = 0.1, eps = 1e-5 } = options;
  requireFloating('batchNorm', 'input', input);
  if (input.ndim < 2) throw new ShapeError(`batchNorm: expected (N, C) or (N, C, *), got ${formatShape(input.shape)}`);
  const channels = input.shape[1];
  for (const [name, t] of Object.entries({ weight, bias, runningMean, runningVar }))
    requirePerChannel('batchNorm', name, t, channels);
  if (training) {
    if (input.numel === channels && channels > 0)
      throw new ValueError(
        `batchNorm: training needs more than one value for each channel, got input ${formatShape(input.shape)}`,
      );
    return batchNormTraining(input, weight, bias, runningMean, runningVar, momentum, eps)[0];
  }
  if (runningMean === null || runningVar === null)
    throw new ValueError('batchNorm: runningMean and runningVar are needed when not training');
  // the kernel has no gradients of the statistics
  if (isRecorded([runningMean, runningVar])) return normalizeBy(input, runningMean, runningVar, weight, bias, eps);
  return batchNormEval(input, weight, bias, runningMean, runningVar, eps);
}

/** `x · scale + shift` with everything that does not depend on x folded into scale and shift. */
function normalizeBy(
  input: Tensor,
  mean: Tensor,
  variance: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: number,
): Tensor {
  const invstd = variance.add(eps).rsqrt();
  const scale = weight === null ? invstd : invstd.mul(weight);
  const offset = mean.mul(scale).neg();
  const shift = bias === null ? offset : offset.add(bias);
  const row = (t: Tensor): Tensor => perChannel(castTo(t, input.info), input.ndim);
  return row(shift).addcmul(input, row(scale));
}
