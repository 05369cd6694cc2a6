import { type Tensor, ValueError } from '@flambeau/core';
import type { Optimizer } from '../optimizer.js';
import { loadFields, type SchedulerStateDict, saveFields } from './state.js';

export interface ReduceLROnPlateauOptions {
  /** Whether the metric is to fall or to rise. Default `'min'`. */
  readonly mode?: 'min' | 'max';
  /** Factor of a reduction, below 1. Default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement that are let pass. Default 10. */
  readonly patience?: number;
  /** What counts as an improvement. Default 1e-4. */
  readonly threshold?: number;
  /** Whether `threshold` is a part of the best value or a difference to it. Default `'rel'`. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** Epochs after a reduction that are not counted. Default 0. */
  readonly cooldown?: number;
  /** The lowest learning rate, for all groups or one each. Default 0. */
  readonly minLr?: number | readonly number[];
  /** Smaller changes are not made. Default 1e-8. */
  readonly eps?: number;
}

/** Reduces the learning rate when a metric stops improving. PyTorch: `ReduceLROnPlateau`. */
export class ReduceLROnPlateau {
  lastEpoch = 0;
  protected mode: 'min' | 'max';
  protected factor: number;
  protected patience: number;
  protected threshold: number;
  protected thresholdMode: 'rel' | 'abs';
  protected cooldown: number;
  protected minLrs: number[];
  protected eps: number;
  protected best: number;
  protected cooldownCounter = 0;
  protected numBadEpochs = 0;
  protected lastLr: number[];

  constructor(
    readonly optimizer: Optimizer,
    {
      mode = 'min',
      factor = 0.1,
      patience = 10,
      threshold = 1e-4,
      thresholdMode = 'rel',
      cooldown = 0,
      minLr = 0,
      eps = 1e-8,
    }: ReduceLROnPlateauOptions = {},
  ) {
    if (!(factor < 1)) throw new ValueError(`ReduceLROnPlateau: factor must be below 1, got ${factor}`);
    const groups = optimizer.paramGroups.length;
    this.mode = mode;
    this.factor = factor;
    this.patience = patience;
    this.threshold = threshold;
    this.thresholdMode = thresholdMode;
    this.cooldown = cooldown;
    this.minLrs = typeof minLr === 'number' ? Array<number>(groups).fill(minLr) : [...minLr];
    if (this.minLrs.length !== groups)
      throw new ValueError(`ReduceLROnPlateau: ${this.minLrs.length} minLr for ${groups} parameter groups`);
    this.eps = eps;
    this.best = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.lastLr = this.lrs();
  }

  private lrs(): number[] {
    return this.optimizer.paramGroups.map((group) => group.lr);
  }

  /** @param metric - This epoch's value; a tensor is read synchronously. */
  step(metric: number | Tensor): void {
    const value = typeof metric === 'number' ? metric : Number(metric.item());
    this.lastEpoch++;
    if (this.isBetter(value)) {
      this.best = value;
      this.numBadEpochs = 0;
    } else this.numBadEpochs++;
    if (this.cooldownCounter > 0) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      this.reduce();
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this.lastLr = this.lrs();
  }

  private isBetter(value: number): boolean {
    const { best, threshold } = this;
    if (this.thresholdMode === 'rel')
      return this.mode === 'min' ? value < best * (1 - threshold) : value > best * (threshold + 1);
    return this.mode === 'min' ? value < best - threshold : value > best + threshold;
  }

  private reduce(): void {
    for (const [i, group] of this.optimizer.paramGroups.entries()) {
      const lr = Math.max(group.lr * this.factor, this.minLrs[i] ?? 0);
      if (group.lr - lr > this.eps) group.lr = lr;
    }
  }

  /** The learning rates set last, one per group. */
  getLastLr(): number[] {
    return [...this.lastLr];
  }

  /** Everything but the optimizer, by PyTorch's names. PyTorch: `state_dict`. */
  stateDict(): SchedulerStateDict {
    return saveFields(this);
  }
  loadStateDict(saved: SchedulerStateDict): void {
    loadFields(this, saved);
  }
}
