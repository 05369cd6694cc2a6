import { batchNorm, ShapeError, type Tensor } from '@flambeau/core';
import { NormBase, type NormOptions } from './norm-base.js';

/** `affine` and `trackRunningStats` are true by default. */
export type BatchNormOptions = NormOptions;

/** What batch norms share. */
abstract class BatchNorm extends NormBase {
  /** @param numFeatures - Number of channels `C`. */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super(numFeatures, options);
  }

  /** @throws {ShapeError} If the input has the wrong number of dimensions. */
  protected abstract checkInput(input: Tensor): void;

  forward(input: Tensor): Tensor {
    this.checkInput(input);
    const { weight, bias, runningMean, runningVar, eps } = this;
    // without running statistics, evaluation uses the batch's own
    const training = this.training || runningMean === null;
    const momentum = this.training ? this.countBatch() : 0;
    return batchNorm(input, runningMean, runningVar, { weight, bias, training, momentum, eps });
  }
}

/**
 * Normalizes each channel over the batch: `y = (x - mean) / sqrt(var + eps) * weight + bias`. In evaluation with the running
 * statistics.
 *
 * Input `(N, C)` or `(N, C, L)`.
 *
 * @see Ioffe and Szegedy 2015, "Batch Normalization". PyTorch: `torch.nn.BatchNorm1d`.
 */
export class BatchNorm1d extends BatchNorm {
  protected override checkInput({ ndim }: Tensor): void {
    if (ndim !== 2 && ndim !== 3) throw new ShapeError(`BatchNorm1d: expected an input of 2 or 3 dimensions, got ${ndim}`);
  }
}

/**
 * Normalizes each channel over the batch and all places. Input `(N, C, H, W)`.
 *
 * @see Ioffe and Szegedy 2015, "Batch Normalization". PyTorch: `torch.nn.BatchNorm2d`.
 */
export class BatchNorm2d extends BatchNorm {
  protected override checkInput({ ndim }: Tensor): void {
    if (ndim !== 4) throw new ShapeError(`BatchNorm2d: expected an input of 4 dimensions, got ${ndim}`);
  }
}

/**
 * Normalizes each channel over the batch and all places. Input `(N, C, D, H, W)`.
 *
 * @see Ioffe and Szegedy 2015, "Batch Normalization". PyTorch: `torch.nn.BatchNorm3d`.
 */
export class BatchNorm3d extends BatchNorm {
  protected override checkInput({ ndim }: Tensor): void {
    if (ndim !== 5) throw new ShapeError(`BatchNorm3d: expected an input of 5 dimensions, got ${ndim}`);
  }
}
