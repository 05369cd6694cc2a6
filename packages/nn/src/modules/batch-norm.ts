import { batchNorm, type DType, ones, ShapeError, type Tensor, zeros } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Weight of the newest batch in the running statistics; null for their plain average. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether to learn a scale and a shift per channel. Default true. */
  readonly affine?: boolean;
  /** Whether to keep running statistics for evaluation. Default true. */
  readonly trackRunningStats?: boolean;
  /** Dtype of parameters and statistics. Default: the default dtype. */
  readonly dtype?: DType;
}

/** What batch norms share. */
abstract class BatchNorm extends Module {
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  runningMean: Tensor | null;
  runningVar: Tensor | null;
  numBatchesTracked: Tensor | null;
  private count = 0;
  private countVersion = -1;

  /** @param numFeatures - Number of channels `C`. */
  constructor(
    readonly numFeatures: number,
    { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, dtype }: BatchNormOptions = {},
  ) {
    super();
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    this.weight = affine ? new Parameter(ones([numFeatures], { dtype })) : null;
    this.bias = affine ? new Parameter(zeros([numFeatures], { dtype })) : null;
    this.runningMean = this.registerBuffer('runningMean', trackRunningStats ? zeros([numFeatures], { dtype }) : null);
    this.runningVar = this.registerBuffer('runningVar', trackRunningStats ? ones([numFeatures], { dtype }) : null);
    this.numBatchesTracked = this.registerBuffer('numBatchesTracked', trackRunningStats ? zeros([], { dtype: 'int64' }) : null);
  }

  /** Starts the running statistics anew. */
  resetRunningStats(): void {
    this.runningMean?.zero_();
    this.runningVar?.fill_(1);
    this.numBatchesTracked?.zero_();
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

  /** Counts a batch; returns its weight in the running statistics. */
  private countBatch(): number {
    const { numBatchesTracked } = this;
    if (numBatchesTracked === null) return 0;
    // the tensor is only read back when somebody else has written to it, so that a step waits for nothing
    if (this.momentum === null && numBatchesTracked.version !== this.countVersion) this.count = Number(numBatchesTracked.item());
    noGrad(() => numBatchesTracked.add_(1));
    this.countVersion = numBatchesTracked.version;
    return this.momentum ?? 1 / ++this.count;
  }

  // checkpoints of PyTorch before 0.4.1 have no count
  override isOptionalInStateDict(property: string): boolean {
    return property === 'numBatchesTracked';
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, affine, trackRunningStats } = this;
    return `${numFeatures}, eps=${eps}, momentum=${momentum}, affine=${affine}, trackRunningStats=${trackRunningStats}`;
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
