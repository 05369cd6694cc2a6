import type { Optimizer, ParamGroup } from '../optimizer.js';
import { type LrLambda, lambdasFor } from './lambda-lr.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';
import type { SchedulerStateDict } from './state.js';

export interface MultiplicativeLROptions extends LRSchedulerOptions {
  /** From the epoch to a factor of the present learning rate; one function for all groups, or one each. Not saved. */
  readonly lrLambda: LrLambda | readonly LrLambda[];
}

/** Multiplies the learning rate by a function of the epoch. PyTorch: `MultiplicativeLR`. */
export class MultiplicativeLR extends LRScheduler {
  readonly #lambdas: readonly LrLambda[];

  constructor(optimizer: Optimizer, { lrLambda, ...options }: MultiplicativeLROptions) {
    super(optimizer);
    this.#lambdas = lambdasFor('MultiplicativeLR', optimizer, lrLambda);
    this.start(options);
  }

  protected override nextLr(group: ParamGroup): number {
    return this.isInitial ? group.lr : group.lr * this.#lambdas[this.optimizer.paramGroups.indexOf(group)](this.lastEpoch);
  }

  override stateDict(): SchedulerStateDict {
    return { ...super.stateDict(), lr_lambdas: this.#lambdas.map(() => null) };
  }
}
