import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';

export interface StepLROptions extends LRSchedulerOptions {
  /** Epochs between two decays. */
  readonly stepSize: number;
  /** Factor of a decay. Default 0.1. */
  readonly gamma?: number;
}

/** Decays the learning rate by `gamma` every `stepSize` epochs. PyTorch: `StepLR`. */
export class StepLR extends LRScheduler {
  protected stepSize: number;
  protected gamma: number;

  constructor(optimizer: Optimizer, { stepSize, gamma = 0.1, ...options }: StepLROptions) {
    super(optimizer);
    this.stepSize = stepSize;
    this.gamma = gamma;
    this.start(options);
  }

  protected override nextLr({ lr }: ParamGroup): number {
    return this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0 ? lr : lr * this.gamma;
  }
  protected override closedFormLr(baseLr: number): number {
    return baseLr * this.gamma ** Math.floor(this.lastEpoch / this.stepSize);
  }
}
