/** Loss functions as modules; each calls the function of the same name. */
import {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type CrossEntropyOptions,
  crossEntropy,
  type HuberLossOptions,
  huberLoss,
  type Indices,
  type KlDivOptions,
  klDiv,
  type LossOptions,
  l1Loss,
  mseLoss,
  type NllLossOptions,
  nllLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
  type Tensor,
} from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import {
  type GaussianNllLossOptions,
  gaussianNllLoss,
  linearCrossEntropy,
  type PoissonNllLossOptions,
  poissonNllLoss,
} from '../functional/likelihood-loss.js';
import { Linear } from './linear.js';
import { Loss } from './loss-base.js';

/**
 * The cross-entropy between scores and classes (or class probabilities). PyTorch: `torch.nn.CrossEntropyLoss`.
 *
 * @example
 * const criterion = new CrossEntropyLoss({ labelSmoothing: 0.1 });
 * criterion(randn([3, 5]), [1, 0, 4]).item();
 */
export class CrossEntropyLoss extends Loss<CrossEntropyOptions> {
  readonly weight: Tensor | null;
  constructor(options: CrossEntropyOptions = {}) {
    super(options);
    this.weight = this.registerBuffer('weight', options.weight ?? null);
  }
  /**
   * @param input - Scores (logits), shape `(N, C)` or `(N, C, d…)`.
   * @param target - Classes of shape `(N)` or `(N, d…)`, or probabilities of the input's shape.
   */
  forward(input: Tensor, target: Indices): Tensor {
    return crossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/** The negative log-likelihood of classes under log-probabilities. PyTorch: `torch.nn.NLLLoss`. */
export class NLLLoss extends Loss<NllLossOptions> {
  readonly weight: Tensor | null;
  constructor(options: NllLossOptions = {}) {
    super(options);
    this.weight = this.registerBuffer('weight', options.weight ?? null);
  }
  forward(input: Tensor, target: Indices): Tensor {
    return nllLoss(input, target, { ...this.options, weight: this.weight });
  }
}

/** The mean of squared differences. PyTorch: `torch.nn.MSELoss`. */
export class MSELoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options);
  }
}

/** The mean of absolute differences. PyTorch: `torch.nn.L1Loss`. */
export class L1Loss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options);
  }
}

/** Squared differences below `beta`, absolute ones above. PyTorch: `torch.nn.SmoothL1Loss`. */
export class SmoothL1Loss extends Loss<SmoothL1LossOptions> {
  constructor(options: SmoothL1LossOptions = {}) {
    super(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options);
  }
}

/** Squared differences below `delta`, absolute ones times `delta` above. PyTorch: `torch.nn.HuberLoss`. */
export class HuberLoss extends Loss<HuberLossOptions> {
  constructor(options: HuberLossOptions = {}) {
    super(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}

/** The binary cross-entropy of probabilities. PyTorch: `torch.nn.BCELoss`. */
export class BCELoss extends Loss<BinaryCrossEntropyOptions> {
  readonly weight: Tensor | null;
  constructor(options: BinaryCrossEntropyOptions = {}) {
    super(options);
    this.weight = this.registerBuffer('weight', options.weight ?? null);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, { ...this.options, weight: this.weight });
  }
}

/** The binary cross-entropy of scores (logits). PyTorch: `torch.nn.BCEWithLogitsLoss`. */
export class BCEWithLogitsLoss extends Loss<BinaryCrossEntropyWithLogitsOptions> {
  readonly weight: Tensor | null;
  readonly posWeight: Tensor | null;
  constructor(options: BinaryCrossEntropyWithLogitsOptions = {}) {
    super(options);
    this.weight = this.registerBuffer('weight', options.weight ?? null);
    this.posWeight = this.registerBuffer('posWeight', options.posWeight ?? null);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, { ...this.options, weight: this.weight, posWeight: this.posWeight });
  }
}

/** The Kullback-Leibler divergence of log-probabilities from a target. PyTorch: `torch.nn.KLDivLoss`. */
export class KLDivLoss extends Loss<KlDivOptions> {
  constructor(options: KlDivOptions = {}) {
    super(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}

/** The negative log-likelihood of counts with a Poisson distribution. PyTorch: `torch.nn.PoissonNLLLoss`. */
export class PoissonNLLLoss extends Loss<PoissonNllLossOptions> {
  constructor(options: PoissonNllLossOptions = {}) {
    super(options);
  }
  forward(logInput: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(logInput, target, this.options);
  }
}

/** The negative log-likelihood of targets with a normal distribution. PyTorch: `torch.nn.GaussianNLLLoss`. */
export class GaussianNLLLoss extends Loss<GaussianNllLossOptions> {
  constructor(options: GaussianNllLossOptions = {}) {
    super(options);
  }
  forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return gaussianNllLoss(input, target, variance, this.options);
  }
}

export interface LinearCrossEntropyLossOptions extends CrossEntropyOptions, FactoryOptions {
  /** Whether the linear map has a bias. Default false. */
  readonly bias?: boolean;
}

/** A linear map to scores and their cross-entropy. PyTorch: `torch.nn.LinearCrossEntropyLoss`. */
export class LinearCrossEntropyLoss extends Loss<CrossEntropyOptions> {
  readonly weight: Tensor | null;
  linear: Linear;
  constructor(
    inFeatures: number,
    numClasses: number,
    { bias = false, dtype, device, ...options }: LinearCrossEntropyLossOptions = {},
  ) {
    super(options);
    this.weight = this.registerBuffer('weight', options.weight ?? null);
    this.linear = new Linear(inFeatures, numClasses, { bias, dtype, device });
  }
  /**
   * @param input - Shape `(N, inFeatures)` or `(inFeatures)`.
   * @param target - Classes, or probabilities.
   */
  forward(input: Tensor, target: Indices): Tensor {
    const { weight, bias: linearBias } = this.linear;
    return linearCrossEntropy(input, weight, target, { ...this.options, weight: this.weight, linearBias });
  }
}
