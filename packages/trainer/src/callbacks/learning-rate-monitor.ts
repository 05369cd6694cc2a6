import type { Trainer } from '../trainer.js';
import type { Callback } from './callback.js';

/** Logs the learning rate of every parameter group. Lightning: `LearningRateMonitor`. */
export class LearningRateMonitor implements Callback {
  constructor(private readonly options: { readonly loggingInterval?: 'step' | 'epoch' } = {}) {}

  onTrainBatchStart(trainer: Trainer): void {
    if ((this.options.loggingInterval ?? 'step') === 'step' && trainer.isLoggingStep) this.log(trainer);
  }
  onTrainEpochStart(trainer: Trainer): void {
    if (this.options.loggingInterval === 'epoch') this.log(trainer);
  }

  private log(trainer: Trainer): void {
    const rates: Record<string, number> = {};
    trainer.optimizers.forEach((optimizer, i) => {
      const name = `lr-${optimizer.constructor.name}${trainer.optimizers.length > 1 ? `-${i}` : ''}`;
      optimizer.paramGroups.forEach((group, g) => {
        rates[optimizer.paramGroups.length > 1 ? `${name}/pg${g + 1}` : name] = group.lr;
      });
    });
    trainer.logMetrics(rates);
  }
}
