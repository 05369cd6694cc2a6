import { ValueError } from '@flambeau/core';
import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';
import { type PerGroup, perGroup } from './momentum.js';

export interface SWALROptions extends LRSchedulerOptions {
  /** The learning rate to go to and stay at, for all groups or one each. */
  readonly swaLr: PerGroup;
  /** Steps until it is reached. Default 10. */
  readonly annealEpochs?: number;
  /** Default `'cos'`. */
  readonly annealStrategy?: 'cos' | 'linear';
}

interface SWAGroup extends ParamGroup {
  swaLr: number;
}

const ANNEAL: Record<string, (t: number) => number> = {
  cos: (t) => (1 - Math.cos(Math.PI * t)) / 2,
  linear: (t) => t,
};

/**
 * Takes the learning rate to a constant, at which weights are averaged.
 *
 * @see Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization". PyTorch: `SWALR`.
 */
export class SWALR extends LRScheduler {
  protected annealEpochs: number;
  protected annealStrategy: string;

  constructor(optimizer: Optimizer, { swaLr, annealEpochs = 10, annealStrategy = 'cos', ...options }: SWALROptions) {
    if (ANNEAL[annealStrategy] === undefined)
      throw new ValueError(`SWALR: annealStrategy must be 'cos' or 'linear', got ${annealStrategy}`);
    if (!Number.isInteger(annealEpochs) || annealEpochs < 0)
      throw new ValueError(`SWALR: annealEpochs must be an integer of at least 0, got ${annealEpochs}`);
    super(optimizer);
    const swaLrs = perGroup('SWALR', 'swaLr', optimizer, swaLr);
    for (const [i, group] of (optimizer.paramGroups as SWAGroup[]).entries()) group.swaLr = swaLrs[i];
    this.annealEpochs = annealEpochs;
    this.annealStrategy = annealStrategy;
    this.start(options);
  }

  // from the present learning rate, so that another scheduler may have changed it
  protected override nextLr(group: ParamGroup): number {
    const { swaLr } = group as SWAGroup;
    const step = this.annealEpochs === 0 ? Math.max(1, this.stepCount - 1) : this.stepCount - 1;
    const before = this.progress(step - 1);
    const start = before === 1 ? swaLr : (group.lr - before * swaLr) / (1 - before);
    const now = this.progress(step);
    return swaLr * now + start * (1 - now);
  }

  /** The part of the way, from 0 to 1. */
  private progress(step: number): number {
    return ANNEAL[this.annealStrategy](Math.max(0, Math.min(1, step / Math.max(1, this.annealEpochs))));
  }
}
