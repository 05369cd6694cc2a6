import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';

export interface MultiStepLROptions extends LRSchedulerOptions {
  /** Epochs at which the learning rate decays. One that is named twice decays twice. */
  readonly milestones: readonly number[];
  /** Factor of a decay. Default 0.1. */
  readonly gamma?: number;
}

/** Decays the learning rate by `gamma` at each milestone. PyTorch: `MultiStepLR`. */
export class MultiStepLR extends LRScheduler {
  /** How often each milestone is named. */
  protected milestones: Record<number, number> = {};
  protected gamma: number;

  constructor(optimizer: Optimizer, { milestones, gamma = 0.1, ...options }: MultiStepLROptions) {
    super(optimizer);
    for (const epoch of milestones) this.milestones[epoch] = (this.milestones[epoch] ?? 0) + 1;
    this.gamma = gamma;
    this.start(options);
  }

  protected override nextLr({ lr }: ParamGroup): number {
    const times = this.milestones[this.lastEpoch];
    return times === undefined ? lr : lr * this.gamma ** times;
  }
  protected override closedFormLr(baseLr: number): number {
    let times = 0;
    for (const [epoch, count] of Object.entries(this.milestones)) if (Number(epoch) <= this.lastEpoch) times += count;
    return baseLr * this.gamma ** times;
  }
}
