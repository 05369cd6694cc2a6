import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';

export interface ExponentialLROptions extends LRSchedulerOptions {
  /** Factor per epoch. */
  readonly gamma: number;
}

/** Decays the learning rate by `gamma` every epoch. PyTorch: `ExponentialLR`. */
export class ExponentialLR extends LRScheduler {
  protected gamma: number;

  constructor(optimizer: Optimizer, { gamma, ...options }: ExponentialLROptions) {
    super(optimizer);
    this.gamma = gamma;
    this.start(options);
  }

  protected override nextLr({ lr }: ParamGroup): number {
    return this.isInitial ? lr : lr * this.gamma;
  }
  protected override closedFormLr(baseLr: number): number {
    return baseLr * this.gamma ** this.lastEpoch;
  }
}
