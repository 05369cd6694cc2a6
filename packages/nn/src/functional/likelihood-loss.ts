/** Negative log-likelihoods of distributions. */
import { noGrad } from '@flambeau/autograd';
import {
  type CrossEntropyOptions,
  crossEntropy,
  formatShape,
  fullLike,
  type Indices,
  isTensor,
  type LossOptions,
  linear,
  ShapeError,
  type Tensor,
  ValueError,
  where,
} from '@flambeau/core';
import { autocasting, inFloat32, reduceLosses } from '@flambeau/core/internal';

export interface PoissonNllLossOptions extends LossOptions {
  /** The input holds the logarithm of the rate. Default true. */
  readonly logInput?: boolean;
  /** Add Stirling's approximation of `log(target!)`. Default false. */
  readonly full?: boolean;
  /** Added to the rate before the logarithm. Default 1e-8. */
  readonly eps?: number;
}

/** The negative log-likelihood of counts with a Poisson distribution. PyTorch: `torch.nn.functional.poisson_nll_loss`. */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  { logInput = true, full = false, eps = 1e-8, reduction = 'mean' }: PoissonNllLossOptions = {},
): Tensor {
  if (autocasting() !== null)
    return inFloat32([input, target], (x, t) => poissonNllLoss(x, t, { logInput, full, eps, reduction }));
  const losses = logInput ? input.exp().sub(target.mul(input)) : input.sub(target.mul(input.add(eps).log()));
  if (!full) return reduceLosses('poissonNllLoss', losses, reduction);
  const stirling = target
    .mul(target.log())
    .sub(target)
    .add(
      target
        .mul(2 * Math.PI)
        .log()
        .mul(0.5),
    );
  return reduceLosses('poissonNllLoss', losses.add(where(target.gt(1), stirling, 0)), reduction);
}

export interface GaussianNllLossOptions extends LossOptions {
  /** Add the constant term. Default false. */
  readonly full?: boolean;
  /** Least variance. Default 1e-6. */
  readonly eps?: number;
}

/**
 * The negative log-likelihood of targets with a normal distribution. PyTorch: `torch.nn.functional.gaussian_nll_loss`.
 *
 * @param input - Means.
 * @param variance - Of the input's shape, or one for each row: with size 1, or without a last dimension; or one number.
 * @throws {ValueError} If a variance is negative.
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number,
  { full = false, eps = 1e-6, reduction = 'mean' }: GaussianNllLossOptions = {},
): Tensor {
  const given = isTensor(variance) ? variance : fullLike(input.detach(), variance);
  if (given.detach().lt(0).any().item()) throw new ValueError('gaussianNllLoss: a variance is negative');
  // gradients pass the limit unchanged
  const limited = fitted(given, input).clone();
  noGrad(() => limited.clamp_(eps));
  const losses = limited.log().add(input.sub(target).square().div(limited)).mul(0.5);
  return reduceLosses('gaussianNllLoss', full ? losses.add(0.5 * Math.log(2 * Math.PI)) : losses, reduction);
}

function fitted(variance: Tensor, { shape }: Tensor): Tensor {
  const same = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();
  if (same(variance.shape, shape)) return variance;
  if (same(variance.shape, shape.slice(0, -1))) return variance.unsqueeze(-1);
  const different = shape.flatMap((size, i) => (size === variance.shape[i] ? [] : [variance.shape[i]]));
  if (variance.ndim === shape.length && same(different, [1])) return variance;
  throw new ShapeError(
    `gaussianNllLoss: a variance of shape ${formatShape(variance.shape)} does not fit input ${formatShape(shape)}`,
  );
}

export interface LinearCrossEntropyOptions extends CrossEntropyOptions {
  /** Bias of the linear map, shape `(C)`. */
  readonly linearBias?: Tensor | null;
}

/**
 * The cross-entropy of the scores `input weightᵀ + bias`. PyTorch: `torch.nn.functional.linear_cross_entropy`.
 *
 * @param input - Shape `(N, D)` or `(D)`.
 * @param linearWeight - Shape `(C, D)`.
 */
export function linearCrossEntropy(
  input: Tensor,
  linearWeight: Tensor,
  target: Indices,
  { linearBias = null, ...options }: LinearCrossEntropyOptions = {},
): Tensor {
  return crossEntropy(linear(input, linearWeight, linearBias), target, options);
}
