/** Dropout for networks with SELU: keeps mean 0 and variance 1. Klambauer et al. 2017. */
import { bernoulli, type DropoutOptions, type Tensor, ValueError } from '@flambeau/core';

/** The value of SELU far below zero, `-scale * alpha`. */
const LOWEST = -1.7580993408473766;

function drop(op: string, input: Tensor, p: number, training: boolean, shape: readonly number[]): Tensor {
  if (!(p >= 0 && p <= 1)) throw new ValueError(`${op}: p must be a probability in [0, 1], got ${p}`);
  if (!training || p === 0) return input;
  if (p === 1) return input.mul(0);
  const kept = bernoulli(input.newFull(shape, 1 - p));
  const scale = 1 / Math.sqrt((LOWEST ** 2 * p + 1) * (1 - p));
  // kept elements become scale * x + shift, others scale * LOWEST + shift, where the shift brings the mean back to 0
  const shift = kept
    .neg()
    .add(1)
    .mul(scale * LOWEST)
    .sub(scale * LOWEST * p);
  return input.mul(kept.mul(scale)).add(shift);
}

/** Sets elements to SELU's lowest value with probability `p`. PyTorch: `torch.nn.functional.alpha_dropout`. */
export function alphaDropout(input: Tensor, p = 0.5, { training = false }: DropoutOptions = {}): Tensor {
  return drop('alphaDropout', input, p, training, input.shape);
}

/** The same for whole channels of (N, C, *). PyTorch: `torch.nn.functional.feature_alpha_dropout`. */
export function featureAlphaDropout(input: Tensor, p = 0.5, { training = false }: DropoutOptions = {}): Tensor {
  const channels = input.shape.map((size, dim) => (dim < 2 ? size : 1));
  return drop('featureAlphaDropout', input, p, training, channels);
}
