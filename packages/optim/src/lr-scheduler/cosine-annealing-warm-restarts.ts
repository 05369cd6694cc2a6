import { ValueError } from '@flambeau/core';
import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';

export interface CosineAnnealingWarmRestartsOptions extends LRSchedulerOptions {
  /** Epochs until the first restart. */
  readonly t0: number;
  /** How much longer each period is than the one before. Default 1. */
  readonly tMult?: number;
  /** The minimum. Default 0. */
  readonly etaMin?: number;
}

/**
 * Lowers the learning rate along half a cosine, and starts again at the top when it is at the bottom.
 *
 * @see Loshchilov and Hutter 2016, "SGDR: Stochastic Gradient Descent with Warm Restarts". PyTorch: `CosineAnnealingWarmRestarts`.
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  protected t0: number;
  /** Epochs in this period, and since its start. */
  protected tI: number;
  protected tCur: number;
  protected tMult: number;
  protected etaMin: number;

  constructor(optimizer: Optimizer, { t0, tMult = 1, etaMin = 0, ...options }: CosineAnnealingWarmRestartsOptions) {
    if (!Number.isInteger(t0) || t0 <= 0)
      throw new ValueError(`CosineAnnealingWarmRestarts: t0 must be a positive integer, got ${t0}`);
    if (!Number.isInteger(tMult) || tMult < 1)
      throw new ValueError(`CosineAnnealingWarmRestarts: tMult must be an integer of at least 1, got ${tMult}`);
    super(optimizer);
    this.t0 = t0;
    this.tI = t0;
    this.tCur = options.lastEpoch ?? -1;
    this.tMult = tMult;
    this.etaMin = etaMin;
    this.start(options);
  }

  protected override nextLr(_group: ParamGroup, baseLr: number): number {
    return this.etaMin + ((baseLr - this.etaMin) * (1 + Math.cos((Math.PI * this.tCur) / this.tI))) / 2;
  }

  /**
   * Goes on to the next epoch, or to `epoch`, which may lie between two: `step(epoch + batch / batches)`.
   *
   * @throws {ValueError} If `epoch` is negative.
   */
  override step(epoch?: number): void {
    const next = epoch ?? (this.lastEpoch < 0 ? 0 : undefined);
    if (next === undefined) {
      this.tCur++;
      if (this.tCur >= this.tI) {
        this.tCur %= this.tI;
        this.tI *= this.tMult;
      }
      this.lastEpoch++;
    } else {
      if (!(next >= 0)) throw new ValueError(`CosineAnnealingWarmRestarts: epoch must be at least 0, got ${next}`);
      this.goTo(next);
      this.lastEpoch = Math.floor(next);
    }
    this.applyLrs(this.getLr());
  }

  private goTo(epoch: number): void {
    const { t0, tMult } = this;
    if (epoch < t0) {
      this.tI = t0;
      this.tCur = epoch;
    } else if (tMult === 1) this.tCur = epoch % t0;
    else {
      const period = Math.trunc(Math.log((epoch / t0) * (tMult - 1) + 1) / Math.log(tMult));
      this.tCur = epoch - (t0 * (tMult ** period - 1)) / (tMult - 1);
      this.tI = t0 * tMult ** period;
    }
  }
}
