/** Losses of triples: an anchor should be nearer to the positive than to the negative. */
import { type LossOptions, minimum, type Tensor, ValueError } from '@flambeau/core';
import { autocasting, inFloat32, reduceLosses } from '@flambeau/core/internal';
import { pairwiseDistance } from './similarity.js';

export interface TripletMarginWithDistanceLossOptions extends LossOptions {
  /** The distance of two batches of vectors. Default: `pairwiseDistance`. */
  readonly distanceFunction?: ((x1: Tensor, x2: Tensor) => Tensor) | null;
  /** How much nearer. Default 1. */
  readonly margin?: number;
  /** Take the distance of positive and negative instead where that is smaller. Default false. Balntas et al. 2016. */
  readonly swap?: boolean;
}

/**
 * `max(0, d(anchor, positive) - d(anchor, negative) + margin)`. PyTorch:
 * `torch.nn.functional.triplet_margin_with_distance_loss`.
 */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { distanceFunction, margin = 1, swap = false, reduction = 'mean' }: TripletMarginWithDistanceLossOptions = {},
): Tensor {
  if (!(margin > 0)) throw new ValueError(`tripletMarginWithDistanceLoss: margin must be positive, got ${margin}`);
  const distance = distanceFunction ?? pairwiseDistance;
  const near = distance(anchor, positive);
  const far = distance(anchor, negative);
  const farther = swap ? minimum(far, distance(positive, negative)) : far;
  return reduceLosses('tripletMarginWithDistanceLoss', near.sub(farther).add(margin).clamp(0), reduction);
}

export interface TripletMarginLossOptions extends Omit<TripletMarginWithDistanceLossOptions, 'distanceFunction'> {
  /** The p of the p-norm. Default 2. */
  readonly p?: number;
  /** Added to the differences. Default 1e-6. */
  readonly eps?: number;
}

/** The same with the p-norm of the difference as distance. PyTorch: `torch.nn.functional.triplet_margin_loss`. */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  { p = 2, eps = 1e-6, ...options }: TripletMarginLossOptions = {},
): Tensor {
  if (autocasting() !== null)
    return inFloat32([anchor, positive, negative], (a, y, n) => tripletMarginLoss(a, y, n, { p, eps, ...options }));
  const distanceFunction = (x1: Tensor, x2: Tensor): Tensor => pairwiseDistance(x1, x2, { p, eps });
  return tripletMarginWithDistanceLoss(anchor, positive, negative, { ...options, distanceFunction });
}
