import { ValueError } from '@flambeau/core';
import type { Optimizer } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';
import type { SchedulerStateDict } from './state.js';

export interface SequentialLROptions extends LRSchedulerOptions {
  readonly schedulers: readonly LRScheduler[];
  /** The epochs at which the second, third, … scheduler takes over; each then begins at its epoch 0. */
  readonly milestones: readonly number[];
}

/** Runs schedulers one after the other, e.g. a warm-up and a decay. PyTorch: `SequentialLR`. */
export class SequentialLR extends LRScheduler {
  readonly #schedulers: readonly LRScheduler[];
  readonly #milestones: readonly number[];

  constructor(optimizer: Optimizer, { schedulers, milestones, lastEpoch = -1 }: SequentialLROptions) {
    super(optimizer);
    if (schedulers.length === 0) throw new ValueError('SequentialLR: there are no schedulers');
    if (milestones.length !== schedulers.length - 1)
      throw new ValueError(
        `SequentialLR: ${schedulers.length} schedulers need ${schedulers.length - 1} milestones, got ${milestones.length}`,
      );
    if (schedulers.some((scheduler) => scheduler.optimizer !== optimizer))
      throw new ValueError('SequentialLR: all schedulers must belong to the same optimizer');
    this.#schedulers = schedulers;
    this.#milestones = milestones;
    this.lastEpoch = lastEpoch + 1;
    // the schedulers' constructors have set the learning rates already; only the one whose turn it is may
    for (const group of optimizer.paramGroups) group.lr = group.initialLr as number;
    this.undoInitialStep();
    const first = schedulers[this.#indexAt(0)];
    first.initialStep();
    this.lastLr = first.getLastLr();
  }

  #indexAt(epoch: number): number {
    return this.#milestones.filter((milestone) => milestone <= epoch).length;
  }

  override updateLr(epoch?: number): void {
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    const index = this.#indexAt(this.lastEpoch);
    const scheduler = this.#schedulers[index];
    const begins = epoch !== undefined || (index > 0 && this.#milestones[index - 1] === this.lastEpoch);
    if (begins) scheduler.updateLr(0);
    else scheduler.step();
    this.lastLr = scheduler.getLastLr();
  }

  override undoInitialStep(): void {
    for (const scheduler of this.#schedulers) scheduler.undoInitialStep();
  }

  override stateDict(): SchedulerStateDict {
    return { ...super.stateDict(), _schedulers: this.#schedulers.map((scheduler) => scheduler.stateDict()) };
  }
  override loadStateDict(saved: SchedulerStateDict): void {
    super.loadStateDict(saved);
    for (const [i, state] of (saved._schedulers as SchedulerStateDict[]).entries()) this.#schedulers[i].loadStateDict(state);
  }
}
