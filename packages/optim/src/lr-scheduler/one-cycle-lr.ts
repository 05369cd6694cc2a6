import { ValueError } from '@flambeau/core';
import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';
import { type MomentumGroup, type PerGroup, perGroup, setMomentum, startMomentum } from './momentum.js';

export interface OneCycleLROptions extends LRSchedulerOptions {
  /** The highest learning rate, for all groups or one each. */
  readonly maxLr: PerGroup;
  /** Steps in the cycle; or give `epochs` and `stepsPerEpoch`. */
  readonly totalSteps?: number;
  readonly epochs?: number;
  readonly stepsPerEpoch?: number;
  /** The part of the cycle in which the learning rate rises, in [0, 1]. Default 0.3. */
  readonly pctStart?: number;
  readonly annealStrategy?: 'cos' | 'linear';
  /** Moves momentum (or Adam's beta1) against the learning rate. Default true. */
  readonly cycleMomentum?: boolean;
  /** Default 0.85. */
  readonly baseMomentum?: PerGroup;
  /** Default 0.95. */
  readonly maxMomentum?: PerGroup;
  /** `maxLr` divided by the initial learning rate. Default 25. */
  readonly divFactor?: number;
  /** The initial learning rate divided by the last one. Default 1e4. */
  readonly finalDivFactor?: number;
  /** Adds a third phase, so that the first two are symmetric. Default false. */
  readonly threePhase?: boolean;
}

interface CycleGroup extends MomentumGroup {
  maxLr: number;
  minLr: number;
}

type Lr = 'initialLr' | 'maxLr' | 'minLr';
type Momentum = 'maxMomentum' | 'baseMomentum';
interface Phase {
  readonly end: number;
  readonly lr: readonly [from: Lr, to: Lr];
  readonly momentum: readonly [from: Momentum, to: Momentum];
}

/**
 * Raises the learning rate to `maxLr` and lowers it to almost nothing, once. Call `step()` after every batch.
 *
 * @see Smith and Topin 2017, "Super-Convergence". PyTorch: `OneCycleLR`.
 */
export class OneCycleLR extends LRScheduler {
  protected totalSteps: number;
  protected cycleMomentum: boolean;
  readonly #phases: readonly Phase[];
  readonly #anneal: (from: number, to: number, part: number) => number;

  constructor(
    optimizer: Optimizer,
    {
      maxLr,
      totalSteps,
      epochs,
      stepsPerEpoch,
      pctStart = 0.3,
      annealStrategy = 'cos',
      cycleMomentum = true,
      baseMomentum = 0.85,
      maxMomentum = 0.95,
      divFactor = 25,
      finalDivFactor = 1e4,
      threePhase = false,
      lastEpoch = -1,
    }: OneCycleLROptions,
  ) {
    super(optimizer);
    const steps = totalSteps ?? (epochs as number) * (stepsPerEpoch as number);
    if (!Number.isInteger(steps) || steps <= 0)
      throw new ValueError('OneCycleLR: totalSteps, or epochs and stepsPerEpoch, must be positive integers');
    if (!(pctStart >= 0 && pctStart <= 1)) throw new ValueError(`OneCycleLR: pctStart must be in [0, 1], got ${pctStart}`);
    this.totalSteps = steps;
    this.cycleMomentum = cycleMomentum;
    this.#phases = phases(pctStart, steps, threePhase);
    this.#anneal = annealStrategy === 'cos' ? cosine : linear;
    if (lastEpoch === -1) {
      const each = (name: string, value: PerGroup): number[] => perGroup('OneCycleLR', name, optimizer, value);
      const highest = each('maxLr', maxLr);
      for (const [i, group] of (optimizer.paramGroups as CycleGroup[]).entries()) {
        group.initialLr = highest[i] / divFactor;
        group.maxLr = highest[i];
        group.minLr = group.initialLr / finalDivFactor;
      }
      if (cycleMomentum)
        startMomentum('OneCycleLR', optimizer, each('maxMomentum', maxMomentum), each('baseMomentum', baseMomentum));
    }
    this.start({ lastEpoch });
  }

  protected override nextLr(group: ParamGroup): number {
    if (this.lastEpoch > this.totalSteps)
      throw new ValueError(`OneCycleLR: step ${this.lastEpoch} of a cycle of ${this.totalSteps}; give more totalSteps`);
    const cycle = group as CycleGroup & { initialLr: number };
    const index = this.#phases.findIndex(({ end }, i) => this.lastEpoch <= end || i === this.#phases.length - 1);
    const { end, lr, momentum } = this.#phases[index];
    const begin = index === 0 ? 0 : this.#phases[index - 1].end;
    const part = (this.lastEpoch - begin) / (end - begin);
    if (this.cycleMomentum) setMomentum('OneCycleLR', cycle, this.#anneal(cycle[momentum[0]], cycle[momentum[1]], part));
    return this.#anneal(cycle[lr[0]], cycle[lr[1]], part);
  }
}

function phases(pctStart: number, steps: number, three: boolean): Phase[] {
  const rise: Phase = { end: pctStart * steps - 1, lr: ['initialLr', 'maxLr'], momentum: ['maxMomentum', 'baseMomentum'] };
  if (!three) return [rise, { end: steps - 1, lr: ['maxLr', 'minLr'], momentum: ['baseMomentum', 'maxMomentum'] }];
  return [
    rise,
    { end: 2 * pctStart * steps - 2, lr: ['maxLr', 'initialLr'], momentum: ['baseMomentum', 'maxMomentum'] },
    { end: steps - 1, lr: ['initialLr', 'minLr'], momentum: ['maxMomentum', 'maxMomentum'] },
  ];
}

const cosine = (from: number, to: number, part: number): number => to + ((from - to) / 2) * (Math.cos(Math.PI * part) + 1);
const linear = (from: number, to: number, part: number): number => (to - from) * part + from;
