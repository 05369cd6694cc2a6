import type { Trainer } from '../trainer.js';
import type { Callback } from './callback.js';

/** Logs the learning rate of every parameter group: the one that the logged step, or the epoch, began with. Lightning: `LearningRateMonitor`. */
export class LearningRateMonitor implements Callback {
  private readonly interval: 'step' | 'epoch';
  private rates: Record<string, number> = {};

  constructor({ loggingInterval = 'step' }: { readonly loggingInterval?: 'step' | 'epoch' } = {}) {
    this.interval = loggingInterval;
  }

  onTrainBatchStart(trainer: Trainer): void {
    if (this.interval === 'step') this.rates = ratesOf(trainer);
  }
  onTrainBatchEnd(trainer: Trainer): void {
    if (this.interval === 'step' && trainer.atOptimizerStep && trainer.isLoggingStep) trainer.logMetrics(this.rates);
  }
  onTrainEpochStart(trainer: Trainer): void {
    if (this.interval === 'epoch') this.rates = ratesOf(trainer);
  }
  onTrainEpochEnd(trainer: Trainer): void {
    if (this.interval === 'epoch') trainer.logMetrics(this.rates);
  }
}

function ratesOf({ optimizers }: Trainer): Record<string, number> {
  const rates: Record<string, number> = {};
  for (const [i, optimizer] of optimizers.entries()) {
    const { paramGroups } = optimizer;
    const name = `lr-${optimizer.constructor.name}${optimizers.length > 1 ? `-${i}` : ''}`;
    for (const [g, { lr }] of paramGroups.entries()) rates[paramGroups.length > 1 ? `${name}/pg${g + 1}` : name] = lr;
  }
  return rates;
}
