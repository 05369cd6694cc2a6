import { FlambeauError, ValueError } from '@flambeau/core';
import type { Optimizer, ParamGroup } from '../optimizer.js';
import { loadFields, type SchedulerStateDict, saveFields } from './state.js';

export interface LRSchedulerOptions {
  /** The last epoch that was run, when resuming. Default -1: a new start. */
  readonly lastEpoch?: number;
}

/**
 * The base class of schedulers, which set the learning rate of each parameter group. Call `step()` after the optimizer's, once
 * per epoch (or batch). A subclass calls `start` at the end of its constructor. PyTorch: `torch.optim.lr_scheduler.LRScheduler`.
 */
export abstract class LRScheduler {
  lastEpoch = -1;
  protected baseLrs: number[] = [];
  protected lastLr: number[] = [];
  protected stepCount = 0;
  #initial = false;

  constructor(readonly optimizer: Optimizer) {}

  /** The next learning rate of a group, from its present one. */
  protected nextLr(_group: ParamGroup, _baseLr: number): number {
    throw new FlambeauError(`${this.constructor.name} has no nextLr; a scheduler computes its learning rates there`);
  }

  /** The learning rate at `lastEpoch` from the initial one alone, where there is a formula for it. */
  protected closedFormLr?(baseLr: number): number;

  /** Notes the initial learning rates and makes the first step. */
  protected start({ lastEpoch = -1 }: LRSchedulerOptions): void {
    for (const [i, group] of this.optimizer.paramGroups.entries()) {
      if (lastEpoch === -1) group.initialLr ??= group.lr;
      else if (group.initialLr === undefined)
        throw new ValueError(
          `${this.constructor.name}: group ${i} has no initialLr, which resuming at epoch ${lastEpoch} needs; load the optimizer's state first`,
        );
    }
    this.baseLrs = this.optimizer.paramGroups.map((group) => group.initialLr as number);
    this.lastEpoch = lastEpoch;
    this.initialStep();
  }

  /** @internal The step that sets the learning rates of epoch 0. */
  initialStep(): void {
    this.stepCount = 0;
    this.#initial = true;
    try {
      this.step();
    } finally {
      this.#initial = false;
    }
  }
  /** True during `initialStep`. */
  protected get isInitial(): boolean {
    return this.#initial;
  }

  /** Goes on to the next epoch. */
  step(): void {
    this.stepCount++;
    this.updateLr();
  }

  /** @internal Sets the learning rates of the next epoch, or of `epoch`. */
  updateLr(epoch?: number): void {
    this.lastEpoch = epoch ?? this.lastEpoch + 1;
    const { paramGroups } = this.optimizer;
    const closed = epoch !== undefined && this.closedFormLr !== undefined;
    this.applyLrs(closed ? paramGroups.map((_, i) => this.closedFormLr?.(this.baseLrs[i]) as number) : this.getLr());
  }

  /** Sets the learning rates. */
  protected applyLrs(lrs: number[]): void {
    for (const [i, group] of this.optimizer.paramGroups.entries()) group.lr = lrs[i];
    this.lastLr = lrs;
  }

  /** @internal Takes the constructor's step back; `SequentialLR` makes it when the scheduler's turn comes. */
  undoInitialStep(): void {
    this.lastEpoch--;
  }

  /**
   * The learning rates of `lastEpoch` as `step` computes them, from the present ones of the groups. For those set last call
   * `getLastLr`. PyTorch: `get_lr`.
   */
  getLr(): number[] {
    return this.optimizer.paramGroups.map((group, i) => this.nextLr(group, this.baseLrs[i]));
  }

  /** The learning rates set last, one per group. */
  getLastLr(): number[] {
    return [...this.lastLr];
  }

  /** Everything but the optimizer, by PyTorch's names. PyTorch: `state_dict`. */
  stateDict(): SchedulerStateDict {
    return saveFields(this);
  }
  loadStateDict(saved: SchedulerStateDict): void {
    loadFields(this, saved);
  }
}
