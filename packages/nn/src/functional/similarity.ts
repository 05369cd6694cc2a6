/** Lengths, angles and distances of vectors. */
import type { Tensor } from '@flambeau/core';

export interface NormalizeOptions {
  /** The p of the p-norm. Default 2. */
  readonly p?: number;
  /** Default 1. */
  readonly dim?: number;
  /** Smallest divisor. Default 1e-12. */
  readonly eps?: number;
}

/** `x / max(‖x‖, eps)` along `dim`. PyTorch: `torch.nn.functional.normalize`. */
export function normalize(input: Tensor, { p = 2, dim = 1, eps = 1e-12 }: NormalizeOptions = {}): Tensor {
  return input.div(input.norm(p, dim, { keepdim: true }).clamp(eps));
}

export interface CosineSimilarityOptions {
  /** Default 1. */
  readonly dim?: number;
  /** Smallest divisor. Default 1e-8. */
  readonly eps?: number;
}

/** The cosine of the angle between vectors along `dim`; the others broadcast. PyTorch: `torch.nn.functional.cosine_similarity`. */
export function cosineSimilarity(x1: Tensor, x2: Tensor, { dim = 1, eps = 1e-8 }: CosineSimilarityOptions = {}): Tensor {
  const unit = (x: Tensor): Tensor => x.div(x.norm(2, dim, { keepdim: true }).clamp(eps));
  return unit(x1).mul(unit(x2)).sum(dim);
}

export interface PairwiseDistanceOptions {
  /** The p of the p-norm. Default 2. */
  readonly p?: number;
  /** Added to the differences. Default 1e-6. */
  readonly eps?: number;
  readonly keepdim?: boolean;
}

/** The norm of the difference along the last dimension. PyTorch: `torch.nn.functional.pairwise_distance`. */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  { p = 2, eps = 1e-6, keepdim = false }: PairwiseDistanceOptions = {},
): Tensor {
  return x1.sub(x2).add(eps).norm(p, -1, { keepdim });
}
