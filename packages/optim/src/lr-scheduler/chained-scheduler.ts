import { ValueError } from '@flambeau/core';
import type { Optimizer } from '../optimizer.js';
import { LRScheduler } from './lr-scheduler.js';
import type { SchedulerStateDict } from './state.js';

/**
 * Steps several schedulers together, each from where the one before it left the learning rate. PyTorch: `ChainedScheduler`.
 *
 * @example
 * const scheduler = new ChainedScheduler([new ConstantLR(optimizer), new ExponentialLR(optimizer, { gamma: 0.9 })]);
 */
export class ChainedScheduler extends LRScheduler {
  readonly #schedulers: readonly LRScheduler[];

  /** @throws {ValueError} If there are no schedulers, or if they belong to different optimizers. */
  constructor(schedulers: readonly LRScheduler[], optimizer: Optimizer | undefined = schedulers[0]?.optimizer) {
    if (optimizer === undefined) throw new ValueError('ChainedScheduler: there are no schedulers');
    if (schedulers.some((scheduler) => scheduler.optimizer !== optimizer))
      throw new ValueError('ChainedScheduler: all schedulers must belong to the same optimizer');
    super(optimizer);
    this.#schedulers = schedulers;
    this.lastLr = optimizer.paramGroups.map((group) => group.lr);
  }

  override step(): void {
    for (const scheduler of this.#schedulers) scheduler.step();
    this.lastLr = this.optimizer.paramGroups.map((group) => group.lr);
  }

  override undoInitialStep(): void {
    for (const scheduler of this.#schedulers) scheduler.undoInitialStep();
  }

  override stateDict(): SchedulerStateDict {
    return { _last_lr: this.getLastLr(), _schedulers: this.#schedulers.map((scheduler) => scheduler.stateDict()) };
  }
  override loadStateDict(saved: SchedulerStateDict): void {
    super.loadStateDict(saved);
    for (const [i, state] of (saved._schedulers as SchedulerStateDict[]).entries()) this.#schedulers[i].loadStateDict(state);
  }
}
