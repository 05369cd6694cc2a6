import { ValueError } from '@flambeau/core';
import type { Trainer } from '../trainer.js';
import type { Callback } from './callback.js';
import { isBetter, type Mode } from './mode.js';

export interface EarlyStoppingOptions {
  /** The logged metric to watch. */
  readonly monitor: string;
  /** Whether smaller or larger is better. Default 'min'. */
  readonly mode?: Mode;
  /** Looks without improvement before training stops. Default 3. */
  readonly patience?: number;
  /** What counts as an improvement. Default 0. */
  readonly minDelta?: number;
  /** Stop as soon as the metric is this good. */
  readonly stoppingThreshold?: number;
  /** Stop if the metric is NaN or infinite. Default true. */
  readonly checkFinite?: boolean;
}

/** Stops training when a metric no longer improves. Looks after each validation or, without validation data, each epoch. Lightning: `EarlyStopping`. */
export class EarlyStopping implements Callback {
  readonly stateKey: string;
  best: number;
  waitCount = 0;
  stoppedEpoch: number | null = null;
  private readonly options: Required<Omit<EarlyStoppingOptions, 'stoppingThreshold'>> &
    Pick<EarlyStoppingOptions, 'stoppingThreshold'>;

  constructor(options: EarlyStoppingOptions) {
    this.options = { mode: 'min', patience: 3, minDelta: 0, checkFinite: true, ...options };
    const { mode, patience } = this.options;
    if (!Number.isInteger(patience) || patience < 0)
      throw new ValueError(`EarlyStopping: patience must be a non-negative integer, got ${patience}`);
    this.best = mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.stateKey = `EarlyStopping{monitor:${options.monitor},mode:${mode}}`;
  }

  onValidationEnd(trainer: Trainer): void {
    if (trainer.fitting && trainer.stage !== 'sanity') this.check(trainer);
  }
  onTrainEpochEnd(trainer: Trainer): void {
    if (!trainer.hasValidation) this.check(trainer);
  }

  private check(trainer: Trainer): void {
    const { monitor, mode, patience, minDelta, stoppingThreshold, checkFinite } = this.options;
    const value = trainer.metrics.monitored('EarlyStopping', monitor);
    const stop = (why: string) => {
      this.stoppedEpoch = trainer.currentEpoch;
      trainer.stop(`EarlyStopping: ${monitor} ${why}`);
    };
    if (checkFinite && !Number.isFinite(value)) return stop(`is ${value}`);
    if (stoppingThreshold !== undefined && isBetter(mode, value, stoppingThreshold)) return stop(`reached ${stoppingThreshold}`);
    if (isBetter(mode, value, mode === 'min' ? this.best - minDelta : this.best + minDelta)) {
      this.best = value;
      this.waitCount = 0;
    } else if (++this.waitCount >= patience) stop(`did not improve on ${this.best} ${this.waitCount} times in a row`);
  }

  stateDict(): Record<string, unknown> {
    return { best: this.best, waitCount: this.waitCount };
  }
  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    this.best = state.best as number;
    this.waitCount = state.waitCount as number;
  }
}
