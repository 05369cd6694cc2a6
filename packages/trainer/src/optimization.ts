/** Optimizers and learning-rate schedulers of a run. */
import { ValueError } from '@flambeau/core';
import { type Optimizer, ReduceLROnPlateau } from '@flambeau/optim';
import type { LightningModule, OptimizerConfig, Scheduler, SchedulerConfig } from './lightning-module.js';
import type { Metrics } from './metrics.js';
import type { TrainerOptions } from './options.js';

/** A scheduler with all of its settings. */
export type ActiveScheduler = Required<Omit<SchedulerConfig, 'monitor'>> & Pick<SchedulerConfig, 'monitor'>;

export interface Optimization {
  readonly optimizers: Optimizer[];
  readonly schedulers: ActiveScheduler[];
}

/**
 * What `configureOptimizers` returned, checked.
 *
 * @throws {ValueError} If it does not go with the module or the trainer's options.
 */
export function configureOptimization(module: LightningModule, options: TrainerOptions): Optimization {
  const name = module.constructor.name;
  const configured = module.configureOptimizers();
  const list = (Array.isArray(configured) ? configured : [configured]) as (Optimizer | OptimizerConfig | undefined)[];
  if (list.length === 0 || list.some((entry) => !entry))
    throw new ValueError(`${name}.configureOptimizers must return an optimizer`);
  if (module.automaticOptimization && list.length > 1)
    throw new ValueError(
      `${name} has several optimizers, which need manual optimization: set automaticOptimization = false and step them in trainingStep`,
    );
  if (!module.automaticOptimization)
    for (const option of ['accumulateGradBatches', 'gradientClipVal'] as const)
      if ((options[option] ?? 1) !== 1 || (option === 'gradientClipVal' && options[option] !== undefined))
        throw new ValueError(`Trainer: ${option} does not go with manual optimization; ${name}.trainingStep does this itself`);
  const configs = (list as (Optimizer | OptimizerConfig)[]).map((entry) => ('optimizer' in entry ? entry : { optimizer: entry }));
  return { optimizers: configs.map((c) => c.optimizer), schedulers: configs.flatMap((c: OptimizerConfig) => activeScheduler(c)) };
}

function activeScheduler({ lrScheduler }: OptimizerConfig): ActiveScheduler[] {
  if (lrScheduler === undefined) return [];
  const config: SchedulerConfig = 'scheduler' in lrScheduler ? lrScheduler : { scheduler: lrScheduler as Scheduler };
  const active = { interval: 'epoch' as const, frequency: 1, ...config };
  if (!Number.isInteger(active.frequency) || active.frequency < 1)
    throw new ValueError(`the frequency of a learning-rate scheduler must be a positive integer, got ${active.frequency}`);
  if (active.scheduler instanceof ReduceLROnPlateau && active.monitor === undefined)
    throw new ValueError(
      "ReduceLROnPlateau needs a metric: return { optimizer, lrScheduler: { scheduler, monitor: 'valLoss' } }",
    );
  return [active];
}

/** Steps what is due after `count` steps or epochs. @throws {ValueError} If a scheduler watches a metric that was not logged. */
export function stepSchedulers(
  schedulers: readonly ActiveScheduler[],
  interval: 'epoch' | 'step',
  count: number,
  metrics: Metrics,
): void {
  for (const { scheduler, monitor, ...due } of schedulers) {
    if (due.interval !== interval || count % due.frequency !== 0) continue;
    if (monitor === undefined) scheduler.step();
    else scheduler.step(metrics.monitored('the learning-rate scheduler', monitor));
  }
}
