import { ValueError } from '@flambeau/core';
import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';

export interface ConstantLROptions extends LRSchedulerOptions {
  /** Factor until `totalIters`, in [0, 1]. Default 1/3. */
  readonly factor?: number;
  /** Epochs that the factor is held. Default 5. */
  readonly totalIters?: number;
}

/** Multiplies the learning rate by a factor for the first epochs. PyTorch: `ConstantLR`. */
export class ConstantLR extends LRScheduler {
  protected factor: number;
  protected totalIters: number;

  constructor(optimizer: Optimizer, { factor = 1 / 3, totalIters = 5, ...options }: ConstantLROptions = {}) {
    if (!(factor >= 0 && factor <= 1)) throw new ValueError(`ConstantLR: factor must be in [0, 1], got ${factor}`);
    super(optimizer);
    this.factor = factor;
    this.totalIters = totalIters;
    this.start(options);
  }

  protected override nextLr({ lr }: ParamGroup): number {
    if (this.lastEpoch === 0) return lr * this.factor;
    return this.lastEpoch === this.totalIters ? lr * (1 / this.factor) : lr;
  }
  protected override closedFormLr(baseLr: number): number {
    return baseLr * (this.factor + (this.lastEpoch >= this.totalIters ? 1 - this.factor : 0));
  }
}
