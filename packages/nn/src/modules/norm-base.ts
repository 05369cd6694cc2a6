import { ones, type Tensor, zeros } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import type { FactoryOptions } from '../factory-options.js';
import { ones_, zeros_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface NormOptions extends FactoryOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Weight of the newest batch in the running statistics; null for their plain average. Default 0.1. */
  readonly momentum?: number | null;
  /** Whether to learn a scale and a shift per channel. */
  readonly affine?: boolean;
  /** Whether to keep running statistics for evaluation. */
  readonly trackRunningStats?: boolean;
}

/** What the normalisations share that keep running statistics per channel. */
export abstract class NormBase extends Module {
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
    { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, dtype, device }: NormOptions,
  ) {
    super();
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    this.weight = affine ? new Parameter(ones([numFeatures], { dtype, device })) : null;
    this.bias = affine ? new Parameter(zeros([numFeatures], { dtype, device })) : null;
    this.runningMean = this.registerBuffer('runningMean', trackRunningStats ? zeros([numFeatures], { dtype, device }) : null);
    this.runningVar = this.registerBuffer('runningVar', trackRunningStats ? ones([numFeatures], { dtype, device }) : null);
    this.numBatchesTracked = this.registerBuffer(
      'numBatchesTracked',
      trackRunningStats ? zeros([], { dtype: 'int64', device }) : null,
    );
  }

  /** Starts the running statistics anew. */
  resetRunningStats(): void {
    this.runningMean?.zero_();
    this.runningVar?.fill_(1);
    this.numBatchesTracked?.zero_();
  }

  /** Starts everything anew: scale 1, shift 0. */
  resetParameters(): void {
    this.resetRunningStats();
    if (this.weight !== null) ones_(this.weight);
    if (this.bias !== null) zeros_(this.bias);
  }

  /** Counts a batch; returns its weight in the running statistics. */
  protected countBatch(): number {
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
