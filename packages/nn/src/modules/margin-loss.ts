/** Losses that ask for a margin between scores, as modules; each calls the function of the same name. */
import type { Indices, LossOptions, Tensor } from '@flambeau/core';
import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  type MarginOptions,
  type MultilabelSoftMarginLossOptions,
  type MultiMarginLossOptions,
  marginRankingLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  softMarginLoss,
} from '../functional/margin-loss.js';
import {
  type TripletMarginLossOptions,
  type TripletMarginWithDistanceLossOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from '../functional/triplet-loss.js';
import { Loss } from './loss-base.js';

/** `max(0, -y (x1 - x2) + margin)`, margin 0 by default. PyTorch: `torch.nn.MarginRankingLoss`. */
export class MarginRankingLoss extends Loss<MarginOptions> {
  constructor(options: MarginOptions = {}) {
    super(options);
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this.options);
  }
}

/** Distances should be small where the target is 1 and above a margin where it is -1. PyTorch: `torch.nn.HingeEmbeddingLoss`. */
export class HingeEmbeddingLoss extends Loss<MarginOptions> {
  constructor(options: MarginOptions = {}) {
    super(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this.options);
  }
}

/** Vectors should be alike where the target is 1 and different where it is -1. PyTorch: `torch.nn.CosineEmbeddingLoss`. */
export class CosineEmbeddingLoss extends Loss<MarginOptions> {
  constructor(options: MarginOptions = {}) {
    super(options);
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this.options);
  }
}

/** `log(1 + exp(-y x))` for targets y of 1 and -1. PyTorch: `torch.nn.SoftMarginLoss`. */
export class SoftMarginLoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this.options);
  }
}

/** The score of the target class should be a margin above the others. PyTorch: `torch.nn.MultiMarginLoss`. */
export class MultiMarginLoss extends Loss<MultiMarginLossOptions> {
  readonly weight: Tensor | null;
  constructor(options: MultiMarginLossOptions = {}) {
    super(options);
    this.weight = this.registerBuffer('weight', options.weight ?? null);
  }
  forward(input: Tensor, target: Indices): Tensor {
    return multiMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** The scores of all target classes should be a margin above the others. PyTorch: `torch.nn.MultiLabelMarginLoss`. */
export class MultiLabelMarginLoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(options);
  }
  forward(input: Tensor, target: Indices): Tensor {
    return multilabelMarginLoss(input, target, this.options);
  }
}

/** The binary cross-entropy of scores, averaged over the classes. PyTorch: `torch.nn.MultiLabelSoftMarginLoss`. */
export class MultiLabelSoftMarginLoss extends Loss<MultilabelSoftMarginLossOptions> {
  readonly weight: Tensor | null;
  constructor(options: MultilabelSoftMarginLossOptions = {}) {
    super(options);
    this.weight = this.registerBuffer('weight', options.weight ?? null);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** An anchor should be a margin nearer to the positive than to the negative. PyTorch: `torch.nn.TripletMarginLoss`. */
export class TripletMarginLoss extends Loss<TripletMarginLossOptions> {
  constructor(options: TripletMarginLossOptions = {}) {
    super(options);
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this.options);
  }
}

/** The same with any distance. PyTorch: `torch.nn.TripletMarginWithDistanceLoss`. */
export class TripletMarginWithDistanceLoss extends Loss<TripletMarginWithDistanceLossOptions> {
  constructor(options: TripletMarginWithDistanceLossOptions = {}) {
    super(options);
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginWithDistanceLoss(anchor, positive, negative, this.options);
  }
}
