import { ValueError } from '@flambeau/core';
import type { Optimizer, ParamGroup } from '../optimizer.js';
import { LRScheduler, type LRSchedulerOptions } from './lr-scheduler.js';
import { type MomentumGroup, type PerGroup, perGroup, setMomentum, startMomentum } from './momentum.js';
import type { SchedulerStateDict } from './state.js';

export interface CyclicLROptions extends LRSchedulerOptions {
  /** The lowest learning rate, for all groups or one each. */
  readonly baseLr: PerGroup;
  /** The highest learning rate of the first cycle, for all groups or one each. */
  readonly maxLr: PerGroup;
  /** Steps in which the learning rate rises. Default 2000. */
  readonly stepSizeUp?: number;
  /** Steps in which it falls. Default `stepSizeUp`. */
  readonly stepSizeDown?: number;
  /** Cycles of the same height, of half the height each time, or lower by `gamma` with every step. Default `'triangular'`. */
  readonly mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** Factor per step of the mode `exp_range`. Default 1. */
  readonly gamma?: number;
  /** The height of a cycle in place of `mode`'s: a factor, from the cycle (from 1) or the step (from 0). Not saved. */
  readonly scaleFn?: (x: number) => number;
  /** What `scaleFn` gets. Default `'cycle'`. */
  readonly scaleMode?: 'cycle' | 'iterations';
  /** Moves momentum (or Adam's beta1) against the learning rate. Default true. */
  readonly cycleMomentum?: boolean;
  /** Default 0.8. */
  readonly baseMomentum?: PerGroup;
  /** Default 0.9. */
  readonly maxMomentum?: PerGroup;
}

const MODES: Record<string, { scaleMode: 'cycle' | 'iterations'; scale: (x: number, gamma: number) => number }> = {
  triangular: { scaleMode: 'cycle', scale: () => 1 },
  triangular2: { scaleMode: 'cycle', scale: (cycle) => 1 / 2 ** (cycle - 1) },
  exp_range: { scaleMode: 'iterations', scale: (iteration, gamma) => gamma ** iteration },
};

/**
 * Moves the learning rate up and down between two bounds. Call `step()` after every batch.
 *
 * @see Smith 2017, "Cyclical Learning Rates for Training Neural Networks". PyTorch: `CyclicLR`.
 */
export class CyclicLR extends LRScheduler {
  protected maxLrs: number[];
  protected totalSize: number;
  protected stepRatio: number;
  protected mode: string;
  protected gamma: number;
  protected scaleMode: 'cycle' | 'iterations';
  protected cycleMomentum: boolean;
  protected baseMomentums: number[] = [];
  protected maxMomentums: number[] = [];
  readonly #scaleFn: ((x: number) => number) | undefined;

  constructor(
    optimizer: Optimizer,
    {
      baseLr,
      maxLr,
      stepSizeUp = 2000,
      stepSizeDown = stepSizeUp,
      mode = 'triangular',
      gamma = 1,
      scaleFn,
      scaleMode = 'cycle',
      cycleMomentum = true,
      baseMomentum = 0.8,
      maxMomentum = 0.9,
      lastEpoch = -1,
    }: CyclicLROptions,
  ) {
    if (scaleFn === undefined && MODES[mode] === undefined)
      throw new ValueError(`CyclicLR: mode must be one of ${Object.keys(MODES).join(', ')}, got ${mode}; or give scaleFn`);
    super(optimizer);
    const each = (name: string, value: PerGroup): number[] => perGroup('CyclicLR', name, optimizer, value);
    const baseLrs = each('baseLr', baseLr);
    this.maxLrs = each('maxLr', maxLr);
    this.totalSize = stepSizeUp + stepSizeDown;
    this.stepRatio = stepSizeUp / this.totalSize;
    this.mode = mode;
    this.gamma = gamma;
    this.#scaleFn = scaleFn;
    this.scaleMode = scaleFn === undefined ? MODES[mode].scaleMode : scaleMode;
    this.cycleMomentum = cycleMomentum;
    if (lastEpoch === -1) for (const [i, group] of optimizer.paramGroups.entries()) group.lr = baseLrs[i];
    if (cycleMomentum) {
      this.baseMomentums = each('baseMomentum', baseMomentum);
      this.maxMomentums = each('maxMomentum', maxMomentum);
      if (lastEpoch === -1) startMomentum('CyclicLR', optimizer, this.maxMomentums, this.baseMomentums);
    }
    this.start({ lastEpoch });
    this.baseLrs = baseLrs;
  }

  protected override nextLr(group: ParamGroup, baseLr: number): number {
    const { lastEpoch, totalSize, stepRatio, scaleMode } = this;
    const cycle = Math.floor(1 + lastEpoch / totalSize);
    const part = 1 + lastEpoch / totalSize - cycle;
    const height = part <= stepRatio ? part / stepRatio : (part - 1) / (stepRatio - 1);
    const scale = this.scale(scaleMode === 'cycle' ? cycle : lastEpoch);
    const i = this.optimizer.paramGroups.indexOf(group);
    if (this.cycleMomentum) {
      const fall = (this.maxMomentums[i] - this.baseMomentums[i]) * height;
      setMomentum('CyclicLR', group as MomentumGroup, this.maxMomentums[i] - fall * scale);
    }
    return baseLr + (this.maxLrs[i] - baseLr) * height * scale;
  }

  private scale(x: number): number {
    return this.#scaleFn === undefined ? MODES[this.mode].scale(x, this.gamma) : this.#scaleFn(x);
  }

  // as PyTorch saves a plain function
  override stateDict(): SchedulerStateDict {
    return { ...super.stateDict(), _scale_fn_custom: null };
  }
}
