import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';

export interface CosineAnnealingLROptions extends LRSchedulerOptions {
  /** Epochs until the minimum. */
  readonly tMax: number;
  /** The minimum. Default 0. */
  readonly etaMin?: number;
}

/**
 * Lowers the learning rate along half a cosine, then raises it again.
 *
 * `lr = etaMin + (baseLr - etaMin) * (1 + cos(π * epoch / tMax)) / 2`
 *
 * @see Loshchilov and Hutter 2016, "SGDR" (without the restarts). PyTorch: `CosineAnnealingLR`.
 */
export class CosineAnnealingLR extends LRScheduler {
  protected tMax: number;
  protected etaMin: number;

  constructor(optimizer: Optimizer, { tMax, etaMin = 0, ...options }: CosineAnnealingLROptions) {
    super(optimizer);
    this.tMax = tMax;
    this.etaMin = etaMin;
    this.start(options);
  }

  // from the present learning rate, so that it goes with other schedulers on the same optimizer
  protected override nextLr({ lr }: ParamGroup, baseLr: number): number {
    const { lastEpoch, tMax, etaMin } = this;
    if (this.isInitial) return lr;
    if (this.stepCount === 1 && lastEpoch > 0) return this.closedFormLr(baseLr);
    // just past a minimum, where the quotient below would be 0 / 0
    if ((lastEpoch - 1 - tMax) % (2 * tMax) === 0) return lr + ((baseLr - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
    const now = 1 + Math.cos((Math.PI * lastEpoch) / tMax);
    const before = 1 + Math.cos((Math.PI * (lastEpoch - 1)) / tMax);
    return (now / before) * (lr - etaMin) + etaMin;
  }
  protected override closedFormLr(baseLr: number): number {
    return this.etaMin + ((baseLr - this.etaMin) * (1 + Math.cos((Math.PI * this.lastEpoch) / this.tMax))) / 2;
  }
}
