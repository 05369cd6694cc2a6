import { ValueError } from '@flambeau/core';
import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';

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
    const groups = optimizer.paramGroups.length;
    this.#lambdas = typeof lrLambda === 'function' ? Array(groups).fill(lrLambda) : lrLambda;
    if (this.#lambdas.length !== groups)
      throw new ValueError(`LambdaLR: ${this.#lambdas.length} functions for ${groups} parameter groups`);
    this.start(options);
  }

  protected override nextLr(group: ParamGroup, baseLr: number): number {
    return baseLr * this.#lambdas[this.optimizer.paramGroups.indexOf(group)](this.lastEpoch);
  }
}
