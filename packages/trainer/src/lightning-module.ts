/** A model together with how it is trained. */
import { AutogradError, FlambeauError, type Tensor } from '@flambeau/core';
import { Module } from '@flambeau/nn';
import type { Optimizer } from '@flambeau/optim';
import type { LogOptions, Loggable } from './metrics.js';
import type { Trainer } from './trainer.js';

/** A learning-rate scheduler, as the trainer sees it. */
export interface Scheduler {
  // biome-ignore lint/suspicious/noExplicitAny: ReduceLROnPlateau takes a metric, the others nothing
  step(metric?: any): void;
  // biome-ignore lint/suspicious/noExplicitAny: each scheduler has its own state
  stateDict(): any;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  loadStateDict(state: any): void;
}

export interface SchedulerConfig {
  readonly scheduler: Scheduler;
  /** When it steps. Default 'epoch'. */
  readonly interval?: 'epoch' | 'step';
  /** Steps after every so many epochs or steps. Default 1. */
  readonly frequency?: number;
  /** The logged metric that a plateau scheduler watches. */
  readonly monitor?: string;
}

export interface OptimizerConfig {
  readonly optimizer: Optimizer;
  readonly lrScheduler?: Scheduler | SchedulerConfig;
}

/** What `configureOptimizers` may return. */
// biome-ignore lint/suspicious/noExplicitAny: an optimizer with any settings
export type Optimizers = Optimizer<any, any> | OptimizerConfig | readonly (Optimizer<any, any> | OptimizerConfig)[];

/** What `trainingStep` returns: the loss, alone or among other things; null skips the batch. */
export type StepOutput = Tensor | { readonly loss: Tensor } | null | undefined;

/**
 * A module with its training code: `trainingStep`, `configureOptimizers`, and what else the phases need. Lightning:
 * `LightningModule`.
 *
 * @example
 * class Classifier extends LightningModule {
 *   net = new Linear(784, 10);
 *   forward(x: Tensor) { return this.net(x); }
 *   trainingStep([x, y]: [Tensor, Tensor]) {
 *     const loss = crossEntropy(this.net(x), y);
 *     this.log('loss', loss, { progBar: true });
 *     return loss;
 *   }
 *   configureOptimizers() { return new Adam(this.parameters(), { lr: 1e-3 }); }
 * }
 */
export abstract class LightningModule extends Module {
  /** Whether the trainer runs backward and the optimizer. False: `trainingStep` does, with `manualBackward` and `optimizers`. */
  automaticOptimization = true;
  #trainer: Trainer | null = null;
  #hyperParameters: Readonly<Record<string, unknown>> = {};

  // biome-ignore lint/suspicious/noExplicitAny: a batch is what the loader makes
  abstract trainingStep(batch: any, batchIndex: number): StepOutput | Promise<StepOutput>;
  abstract configureOptimizers(): Optimizers;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  validationStep?(batch: any, batchIndex: number): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  testStep?(batch: any, batchIndex: number): unknown;
  /** Default: calls the module with the batch, or with its first part if it is a list. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  predictStep(batch: any, _batchIndex: number): unknown {
    return (this as (input: unknown) => unknown)(Array.isArray(batch) ? batch[0] : batch);
  }

  // Hooks, in the order in which they run.
  onFitStart?(): void | Promise<void>;
  onTrainStart?(): void | Promise<void>;
  onTrainEpochStart?(): void | Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  onTrainBatchStart?(batch: any, batchIndex: number): void | Promise<void>;
  onBeforeOptimizerStep?(optimizer: Optimizer): void | Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  onTrainBatchEnd?(output: StepOutput, batch: any, batchIndex: number): void | Promise<void>;
  onTrainEpochEnd?(): void | Promise<void>;
  onValidationEpochStart?(): void | Promise<void>;
  onValidationEpochEnd?(): void | Promise<void>;
  onTestEpochStart?(): void | Promise<void>;
  onTestEpochEnd?(): void | Promise<void>;
  onTrainEnd?(): void | Promise<void>;
  onFitEnd?(): void | Promise<void>;
  /** May add JSON data to a checkpoint, and read it back. */
  onSaveCheckpoint?(extra: Record<string, unknown>): void;
  onLoadCheckpoint?(extra: Readonly<Record<string, unknown>>): void;

  /** The trainer that runs this module. @throws {FlambeauError} Outside of a trainer. */
  get trainer(): Trainer {
    if (this.#trainer === null)
      throw new FlambeauError(
        `${this.constructor.name} is not attached to a trainer; pass it to trainer.fit, validate, test or predict`,
      );
    return this.#trainer;
  }
  /** @internal */
  attach(trainer: Trainer | null): void {
    this.#trainer = trainer;
  }

  get currentEpoch(): number {
    return this.#trainer?.currentEpoch ?? 0;
  }
  get globalStep(): number {
    return this.#trainer?.globalStep ?? 0;
  }

  /**
   * Records a metric: a number or a tensor with one element, which is read later and not in the step. In a training step it is
   * logged per step by default, elsewhere averaged over the epoch.
   */
  log(name: string, value: Loggable, options: LogOptions = {}): void {
    this.trainer.metrics.log(name, value, options);
  }
  logDict(values: Readonly<Record<string, Loggable>>, options: LogOptions = {}): void {
    for (const [name, value] of Object.entries(values)) this.log(name, value, options);
  }

  /** Settings to be stored in checkpoints and logged. Lightning: `save_hyperparameters`. */
  saveHyperparameters(values: Readonly<Record<string, unknown>>): void {
    this.#hyperParameters = { ...this.#hyperParameters, ...values };
  }
  get hyperParameters(): Readonly<Record<string, unknown>> {
    return this.#hyperParameters;
  }

  /** The optimizers that `configureOptimizers` returned. */
  optimizers(): Optimizer[] {
    return this.trainer.optimizers;
  }
  /** The learning-rate schedulers that `configureOptimizers` returned; under manual optimization, `trainingStep` steps them. */
  lrSchedulers(): Scheduler[] {
    return this.trainer.schedulers.map((s) => s.scheduler);
  }
  /** Backward under manual optimization. */
  manualBackward(loss: Tensor): void {
    if (this.automaticOptimization) throw new AutogradError('manualBackward: set automaticOptimization = false first');
    loss.backward();
  }
}
