import type { Optimizer } from '@flambeau/optim';
import type { LightningModule, StepOutput } from '../lightning-module.js';
import type { Trainer } from '../trainer.js';

type Hook = void | Promise<void>;

/** Code that runs at points of training. Every method is optional. Lightning: `Callback`. */
export interface Callback {
  /** Names the callback's state in checkpoints; different for two callbacks of one class. */
  readonly stateKey?: string;
  stateDict?(): Record<string, unknown>;
  loadStateDict?(state: Readonly<Record<string, unknown>>): void;

  onFitStart?(trainer: Trainer, module: LightningModule): Hook;
  onFitEnd?(trainer: Trainer, module: LightningModule): Hook;
  onSanityCheckStart?(trainer: Trainer, module: LightningModule): Hook;
  onSanityCheckEnd?(trainer: Trainer, module: LightningModule): Hook;
  onTrainStart?(trainer: Trainer, module: LightningModule): Hook;
  onTrainEnd?(trainer: Trainer, module: LightningModule): Hook;
  onTrainEpochStart?(trainer: Trainer, module: LightningModule): Hook;
  /** After validation and the schedulers: the epoch is complete. */
  onTrainEpochEnd?(trainer: Trainer, module: LightningModule): Hook;
  onTrainBatchStart?(trainer: Trainer, module: LightningModule, batch: unknown, batchIndex: number): Hook;
  onTrainBatchEnd?(trainer: Trainer, module: LightningModule, output: StepOutput, batch: unknown, batchIndex: number): Hook;
  onBeforeOptimizerStep?(trainer: Trainer, module: LightningModule, optimizer: Optimizer): Hook;
  onValidationStart?(trainer: Trainer, module: LightningModule): Hook;
  onValidationBatchEnd?(trainer: Trainer, module: LightningModule, output: unknown, batch: unknown, batchIndex: number): Hook;
  onValidationEnd?(trainer: Trainer, module: LightningModule): Hook;
  onTestStart?(trainer: Trainer, module: LightningModule): Hook;
  onTestBatchEnd?(trainer: Trainer, module: LightningModule, output: unknown, batch: unknown, batchIndex: number): Hook;
  onTestEnd?(trainer: Trainer, module: LightningModule): Hook;
  onPredictStart?(trainer: Trainer, module: LightningModule): Hook;
  onPredictBatchEnd?(trainer: Trainer, module: LightningModule, output: unknown, batch: unknown, batchIndex: number): Hook;
  onPredictEnd?(trainer: Trainer, module: LightningModule): Hook;
  /** Something threw; the error goes on. */
  onException?(trainer: Trainer, module: LightningModule, error: unknown): Hook;
}

type Hooks = { [K in keyof Callback as K extends `on${string}` ? K : never]-?: NonNullable<Callback[K]> };
export type HookName = keyof Hooks;
export type HookArguments<K extends HookName> = Hooks[K] extends (
  trainer: Trainer,
  module: LightningModule,
  ...rest: infer R
) => Hook
  ? R
  : never;

/** Under which name a checkpoint holds a callback's state. */
export const stateKeyOf = (callback: Callback): string => callback.stateKey ?? callback.constructor.name;
