import { formatShape, ShapeError, type Tensor } from '@flambeau/core';
import { instanceNorm } from '../functional/channel-norm.js';
import { NormBase, type NormOptions } from './norm-base.js';

/** `affine` and `trackRunningStats` are false by default. */
export type InstanceNormOptions = NormOptions;

/** What instance norms share. */
abstract class InstanceNorm extends NormBase {
  /** @param numFeatures - Number of channels `C`. */
  constructor(numFeatures: number, { affine = false, trackRunningStats = false, ...options }: InstanceNormOptions = {}) {
    super(numFeatures, { ...options, affine, trackRunningStats });
  }

  /** Number of dimensions of a batch. */
  protected abstract get batchDims(): number;

  forward(input: Tensor): Tensor {
    const { batchDims, numFeatures } = this;
    if (input.ndim === batchDims - 1) return this.forward(input.unsqueeze(0)).squeeze(0);
    if (input.ndim !== batchDims || (numFeatures > 0 && input.shape[1] !== numFeatures))
      throw new ShapeError(
        `${this.constructor.name}: expected ${numFeatures} channels in an input of ${batchDims - 1} or ${batchDims} dimensions, got ${formatShape(input.shape)}`,
      );
    const { weight, bias, runningMean, runningVar, momentum, eps } = this;
    const useInputStats = this.training || runningMean === null;
    return instanceNorm(input, { runningMean, runningVar, weight, bias, useInputStats, momentum: momentum ?? 0, eps });
  }
}

/**
 * Normalizes each channel of each sample. Input `(N, C, L)` or `(C, L)`.
 *
 * @see Ulyanov et al. 2016, "Instance Normalization". PyTorch: `torch.nn.InstanceNorm1d`.
 */
export class InstanceNorm1d extends InstanceNorm {
  protected override get batchDims(): number {
    return 3;
  }
}

/** The same for `(N, C, H, W)` or `(C, H, W)`. PyTorch: `torch.nn.InstanceNorm2d`. */
export class InstanceNorm2d extends InstanceNorm {
  protected override get batchDims(): number {
    return 4;
  }
}

/** The same for `(N, C, D, H, W)` or `(C, D, H, W)`. PyTorch: `torch.nn.InstanceNorm3d`. */
export class InstanceNorm3d extends InstanceNorm {
  protected override get batchDims(): number {
    return 5;
  }
}
