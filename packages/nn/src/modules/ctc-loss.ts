import { type CtcLossOptions, ctcLoss, type Indices, type Tensor } from '@flambeau/core';
import { Loss } from './loss-base.js';

/**
 * The negative log-likelihood of target sequences that are not aligned with the input. PyTorch: `torch.nn.CTCLoss`.
 * Graves et al. 2006.
 *
 * @example
 * const logProbs = randn([50, 2, 20]).logSoftmax(2);
 * new CTCLoss()(logProbs, [[3, 1, 4], [1, 5, 0]], [50, 40], [3, 2]).item();
 */
export class CTCLoss extends Loss<CtcLossOptions> {
  constructor(options: CtcLossOptions = {}) {
    super(options);
  }
  /** Shapes are those of `ctcLoss`. */
  forward(logProbs: Tensor, targets: Indices, inputLengths: Indices | number, targetLengths: Indices | number): Tensor {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, this.options);
  }
}
