import { ValueError } from '@flambeau/core';
import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';
import type { SchedulerStateDict } from './state.js';

export interface LambdaLROptions extends LRSchedulerOptions {
  /** From the epoch to a factor of the initial learning rate; one function for all groups, or one each. Not saved. */
  readonly lrLambda: LrLambda | readonly LrLambda[];
}
export type LrLambda = (epoch: number) => number;

/** Sets the learning rate to the initial one times a function of the epoch. PyTorch: `LambdaLR`. */
export class LambdaLR extends LRScheduler {
  readonly #lambdas: readonly LrLambda[];

  constructor(optimizer: Optimizer, { lrLambda, ...options }: LambdaLROptions) {
    super(optimizer);
    this.#lambdas = lambdasFor('LambdaLR', optimizer, lrLambda);
    this.start(options);
  }

  protected override nextLr(group: ParamGroup, baseLr: number): number {
    return baseLr * this.#lambdas[this.optimizer.paramGroups.indexOf(group)](this.lastEpoch);
  }

  // as PyTorch saves plain functions
  override stateDict(): SchedulerStateDict {
    return { ...super.stateDict(), lr_lambdas: this.#lambdas.map(() => null) };
  }
}

/** One function for each parameter group. */
export function lambdasFor(
  scheduler: string,
  { paramGroups }: Optimizer,
  lrLambda: LrLambda | readonly LrLambda[],
): readonly LrLambda[] {
  const lambdas = typeof lrLambda === 'function' ? paramGroups.map(() => lrLambda) : lrLambda;
  if (lambdas.length !== paramGroups.length)
    throw new ValueError(`${scheduler}: ${lambdas.length} functions for ${paramGroups.length} parameter groups`);
  return lambdas;
}
