import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';

export interface PolynomialLROptions extends LRSchedulerOptions {
  /** Epochs until the learning rate is 0. Default 5. */
  readonly totalIters?: number;
  /** Exponent; 1 falls linearly. Default 1. */
  readonly power?: number;
}

/** Lowers the learning rate to 0: `lr = baseLr * (1 - epoch / totalIters) ** power`. PyTorch: `PolynomialLR`. */
export class PolynomialLR extends LRScheduler {
  protected totalIters: number;
  protected power: number;

  constructor(optimizer: Optimizer, { totalIters = 5, power = 1, ...options }: PolynomialLROptions = {}) {
    super(optimizer);
    this.totalIters = totalIters;
    this.power = power;
    this.start(options);
  }

  protected override nextLr({ lr }: ParamGroup): number {
    const { lastEpoch, totalIters, power } = this;
    if (this.isInitial || lastEpoch > totalIters) return lr;
    return lr * ((1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters)) ** power;
  }
  protected override closedFormLr(baseLr: number): number {
    return baseLr * (1 - Math.min(this.totalIters, this.lastEpoch) / this.totalIters) ** this.power;
  }
}
