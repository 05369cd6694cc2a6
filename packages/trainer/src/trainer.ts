/** The trainer: loops, and everything around them that is the same for every model. */
import { mkdirSync } from 'node:fs';
import { FlambeauError, getRngState, type Tensor, ValueError } from '@flambeau/core';
import type { Optimizer } from '@flambeau/optim';
import { type BatchSource, lengthOf } from './batches.js';
import { type Callback, type HookArguments, type HookName, stateKeyOf } from './callbacks/callback.js';
import { ModelCheckpoint } from './callbacks/model-checkpoint.js';
import { modelSummary } from './callbacks/model-summary.js';
import { ProgressBar } from './callbacks/progress-bar.js';
import { readCheckpoint, type TrainerState, writeCheckpoint } from './checkpoint.js';
import { type Evaluation, evaluate } from './evaluate.js';
import { FitLoop } from './fit-loop.js';
import { Interrupt } from './interrupt.js';
import type { LightningModule } from './lightning-module.js';
import { CSVLogger } from './loggers/csv-logger.js';
import type { Logger } from './loggers/logger.js';
import { Metrics, type Stage } from './metrics.js';
import { type ActiveScheduler, configureOptimization } from './optimization.js';
import { checkOptions, limited, type TrainerOptions } from './options.js';
import { restore } from './restore.js';

export interface FitOptions {
  /** Continue from this checkpoint. */
  readonly ckptPath?: string;
}

/**
 * Trains, validates and tests a `LightningModule`. Lightning: `Trainer`.
 *
 * @example
 * const trainer = new Trainer({ maxEpochs: 5, callbacks: [new EarlyStopping({ monitor: 'valLoss' })] });
 * await trainer.fit(model, trainLoader, valLoader);
 */
export class Trainer {
  readonly options: TrainerOptions;
  readonly maxEpochs: number;
  readonly maxSteps: number;
  readonly fastDevRun: boolean;
  readonly defaultRootDir: string;
  readonly callbacks: Callback[];
  readonly loggers: Logger[];
  readonly metrics: Metrics = new Metrics();
  optimizers: Optimizer[] = [];
  /** @internal */
  schedulers: ActiveScheduler[] = [];
  stage: Stage = 'train';
  currentEpoch = 0;
  /** Optimizer steps; under manual optimization, batches. */
  globalStep = 0;
  /** Batches of the current epoch that were trained on. */
  batchIndex = 0;
  /** Whether `fit` is running. */
  fitting = false;
  hasValidation = false;
  /** Whether the last batch ended with an optimizer step. */
  atOptimizerStep = false;
  /** All batches of the epoch were trained on; what follows is its end. */
  epochBatchesDone = false;
  /** @internal Metrics and schedulers of the epoch are through, too. */
  epochComplete = false;
  /** @internal The validation that is due after the last batch was run. */
  validated = false;
  numTrainingBatches = 0;
  numEvaluationBatches = 0;
  /** Why training was asked to stop; null while it was not. */
  stopReason: string | null = null;
  /** The run was ended by Ctrl-C and can be resumed from this file. */
  interruptedCheckpoint: string | null = null;
  /** @internal What the progress bar shows beside the metrics of the stage: those of the last evaluation. */
  readonly shown = new Map<string, number>();
  private module: LightningModule | null = null;
  private trainLoader: BatchSource | null = null;
  private valLoader: BatchSource | null = null;

  constructor(options: TrainerOptions = {}) {
    checkOptions(options);
    this.options = options;
    this.fastDevRun = options.fastDevRun ?? false;
    const unlimited = (n: number | undefined) => (n === undefined || n === -1 ? Number.POSITIVE_INFINITY : n);
    this.maxSteps = unlimited(options.maxSteps);
    this.maxEpochs = this.fastDevRun
      ? 1
      : options.maxEpochs === undefined && options.maxSteps === undefined
        ? 1000
        : unlimited(options.maxEpochs);
    this.defaultRootDir = options.defaultRootDir ?? 'runs';
    const { logger = true, enableCheckpointing = true, enableProgressBar = true } = options;
    if (this.fastDevRun || logger === false) this.loggers = [];
    else if (logger === true) this.loggers = [new CSVLogger(`${this.defaultRootDir}/logs`)];
    else this.loggers = Array.isArray(logger) ? [...logger] : [logger as Logger];
    this.callbacks = [...(options.callbacks ?? [])];
    if (enableProgressBar && !this.callbacks.some((c) => c instanceof ProgressBar)) this.callbacks.push(new ProgressBar());
    if (enableCheckpointing && !this.fastDevRun && !this.callbacks.some((c) => c instanceof ModelCheckpoint))
      this.callbacks.push(new ModelCheckpoint());
    // checkpoints come last, so that they hold what the other callbacks decided
    this.callbacks.sort((a, b) => Number(a instanceof ModelCheckpoint) - Number(b instanceof ModelCheckpoint));
    const keys = this.callbacks.filter((c) => c.stateDict !== undefined).map(stateKeyOf);
    const twice = keys.find((key, i) => keys.indexOf(key) !== i);
    if (twice !== undefined)
      throw new ValueError(`Trainer: two callbacks have the stateKey '${twice}', under which checkpoints hold their state`);
  }

  /** The first ModelCheckpoint. */
  get checkpointCallback(): ModelCheckpoint | null {
    return this.callbacks.find((c) => c instanceof ModelCheckpoint) ?? null;
  }

  /** Asks training to end after the current step. */
  stop(reason = 'stop() was called'): void {
    this.stopReason ??= reason;
  }

  // ---- the phases ----

  /**
   * Trains, from the start or from a checkpoint. Ctrl-C saves a checkpoint and says how to resume.
   *
   * @throws {CheckpointError} If `ckptPath` cannot be read.
   * @throws {StateDictError} If it is a checkpoint of another model.
   * @throws {ValueError} If the module lacks what the options or the data ask for.
   */
  async fit(
    module: LightningModule,
    trainLoader: BatchSource,
    valLoader: BatchSource | null = null,
    { ckptPath }: FitOptions = {},
  ): Promise<void> {
    if (valLoader !== null && module.validationStep === undefined)
      throw new ValueError(
        `${module.constructor.name} has no validationStep, but fit was given validation data; add one or leave the data out`,
      );
    using interrupt = new Interrupt();
    this.attach(module);
    this.trainLoader = trainLoader;
    this.valLoader = valLoader;
    this.hasValidation = valLoader !== null && this.options.limitValBatches !== 0;
    this.currentEpoch = this.globalStep = this.batchIndex = 0;
    this.epochBatchesDone = this.epochComplete = this.validated = false;
    this.stopReason = null;
    this.interruptedCheckpoint = null;
    this.fitting = true;
    try {
      module.train();
      Object.assign(this, configureOptimization(module, this.options));
      const checkpoint = ckptPath === undefined ? null : readCheckpoint(ckptPath);
      if (checkpoint !== null) restore(checkpoint, this, module, trainLoader, valLoader);
      if (this.options.enableModelSummary ?? true) process.stderr.write(`${modelSummary(module)}\n`);
      for (const logger of this.loggers) logger.logHyperparams?.(module.hyperParameters);
      interrupt.listen();
      const loop = new FitLoop(
        this,
        module,
        trainLoader,
        this.hasValidation ? valLoader : null,
        interrupt,
        checkpoint?.state.rng ?? null,
      );
      await this.startHook('onFitStart');
      if (checkpoint === null) await loop.sanityCheck();
      await this.startHook('onTrainStart');
      await loop.run();
      await this.endHook('onTrainEnd');
      await this.endHook('onFitEnd');
    } catch (error) {
      await this.callbackHook('onException', error);
      throw error;
    } finally {
      this.fitting = false;
      for (const logger of this.loggers) logger.close?.();
      await trainLoader.close?.();
      await valLoader?.close?.();
    }
  }

  /** One pass over validation data. Returns the metrics. */
  async validate(module: LightningModule, loader: BatchSource): Promise<Record<string, number>> {
    return (await this.evaluateAlone(module, loader, 'validate')).metrics;
  }
  /** One pass over test data. Returns the metrics. */
  async test(module: LightningModule, loader: BatchSource): Promise<Record<string, number>> {
    return (await this.evaluateAlone(module, loader, 'test')).metrics;
  }
  /** What `predictStep` returns, one entry per batch. */
  async predict(module: LightningModule, loader: BatchSource): Promise<unknown[]> {
    return (await this.evaluateAlone(module, loader, 'predict')).outputs;
  }

  private async evaluateAlone(
    module: LightningModule,
    loader: BatchSource,
    stage: 'validate' | 'test' | 'predict',
  ): Promise<Evaluation> {
    this.attach(module);
    try {
      const evaluation = await evaluate(this, module, loader, stage, this.batchesOf(loader, stage));
      this.logMetrics(evaluation.metrics);
      return evaluation;
    } catch (error) {
      await this.callbackHook('onException', error);
      throw error;
    } finally {
      for (const logger of this.loggers) logger.flush?.();
      await loader.close?.();
    }
  }

  /** @internal How many batches of a loader a stage takes. */
  batchesOf(loader: BatchSource, stage: 'validate' | 'test' | 'predict'): number {
    if (this.fastDevRun) return 1;
    const { limitValBatches, limitTestBatches, limitPredictBatches } = this.options;
    return limited(lengthOf(loader), { validate: limitValBatches, test: limitTestBatches, predict: limitPredictBatches }[stage]);
  }

  // ---- logging ----

  /** Whether the metrics of this step are logged. */
  get isLoggingStep(): boolean {
    return this.globalStep % (this.options.logEveryNSteps ?? 50) === 0 || this.fastDevRun;
  }
  /** Hands values to the loggers, at the current step. */
  logMetrics(values: Readonly<Record<string, number>>): void {
    if (Object.keys(values).length === 0) return;
    for (const logger of this.loggers) logger.logMetrics({ epoch: this.currentEpoch, ...values }, this.globalStep);
  }

  // ---- hooks ----

  private attach(module: LightningModule): void {
    this.module = module;
    module.attach(this);
  }
  /** @internal A hook at the start of something: of the callbacks, then of the module. */
  async startHook<K extends HookName>(name: K, ...args: HookArguments<K>): Promise<void> {
    await this.callbackHook(name, ...args);
    await this.moduleHook(name, args);
  }
  /** At its end it is the other way round, so that a checkpoint holds what the module did. */
  private async endHook<K extends HookName>(name: K, ...args: HookArguments<K>): Promise<void> {
    await this.moduleHook(name, args);
    await this.callbackHook(name, ...args);
  }
  private async moduleHook(name: HookName, args: unknown[]): Promise<void> {
    const own = (this.module as unknown as Record<string, ((...args: unknown[]) => unknown) | undefined>)[name];
    await own?.apply(this.module, args);
  }
  /** @internal */
  async callbackHook<K extends HookName>(name: K, ...args: HookArguments<K>): Promise<void> {
    for (const c of this.callbacks) {
      const method = c[name] as ((...all: unknown[]) => unknown) | undefined;
      if (method !== undefined) await method.call(c, this, this.module, ...args);
    }
  }

  // ---- checkpoints ----

  /** Writes everything that is needed to continue exactly here. Call it between optimizer steps. */
  async saveCheckpoint(path: string): Promise<void> {
    const { module } = this;
    if (module === null) throw new FlambeauError('saveCheckpoint: nothing is being trained yet');
    const extra: Record<string, unknown> = {};
    module.onSaveCheckpoint?.(extra);
    const state: TrainerState = {
      epoch: this.currentEpoch,
      globalStep: this.globalStep,
      batchIndex: this.batchIndex,
      epochComplete: this.epochComplete,
      validated: this.validated,
      loader: this.trainLoader?.stateDict?.() ?? null,
      valLoader: this.valLoader?.stateDict?.() ?? null,
      rng: getRngState(),
      metrics: await this.metrics.state(),
      metricValues: { ...this.metrics.values },
      schedulers: this.schedulers.map((s) => s.scheduler.stateDict()),
      callbacks: Object.fromEntries(this.callbacks.flatMap((c) => (c.stateDict ? [[stateKeyOf(c), c.stateDict()]] : []))),
      hyperParameters: module.hyperParameters,
      extra,
    };
    writeCheckpoint(path, module.stateDict() as Record<string, Tensor>, this.optimizers, state);
    for (const logger of this.loggers) logger.flush?.();
  }

  /** @internal */
  async saveInterrupted(): Promise<void> {
    mkdirSync(this.defaultRootDir, { recursive: true });
    const path = `${this.defaultRootDir}/interrupted.ckpt`;
    await this.saveCheckpoint(path);
    this.interruptedCheckpoint = path;
    this.stop('interrupted');
    process.stderr.write(
      `Interrupted at step ${this.globalStep}. Saved ${path}\nResume with: trainer.fit(model, trainLoader, valLoader, { ckptPath: '${path}' })\n`,
    );
  }
}
