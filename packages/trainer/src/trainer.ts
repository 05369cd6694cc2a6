/** The trainer: loops, and everything around them that is the same for every model. */
import { mkdirSync } from 'node:fs';
import { FlambeauError, getRngState, isTensor, setRngState, type Tensor, ValueError } from '@flambeau/core';
import type { DataLoaderState } from '@flambeau/data';
import { clipGradNorm_, clipGradValue_ } from '@flambeau/nn/utils';
import type { Optimizer } from '@flambeau/optim';
import type { Callback, HookArguments, HookName } from './callbacks/callback.js';
import { ModelCheckpoint } from './callbacks/model-checkpoint.js';
import { modelSummary } from './callbacks/model-summary.js';
import { ProgressBar } from './callbacks/progress-bar.js';
import { type Checkpoint, readCheckpoint, type TrainerState, writeCheckpoint } from './checkpoint.js';
import { evaluate } from './evaluate.js';
import { Breather, Interrupt } from './interrupt.js';
import type { LightningModule, OptimizerConfig, Scheduler, SchedulerConfig, StepOutput } from './lightning-module.js';
import { CSVLogger } from './loggers/csv-logger.js';
import type { Logger } from './loggers/logger.js';
import { Metrics, type Stage } from './metrics.js';
import { checkOptions, limited, type TrainerOptions } from './options.js';
import { StepScope } from './step-scope.js';

/** Batches, once per iteration. With `stateDict` and `loadStateDict` (as `DataLoader` has) training resumes in mid-epoch. */
export interface BatchSource<B = unknown> extends AsyncIterable<B> {
  readonly length?: number;
  setEpoch?(epoch: number): void;
  stateDict?(): DataLoaderState;
  loadStateDict?(state: DataLoaderState): void;
  close?(): Promise<void>;
}

export interface FitOptions {
  /** Continue from this checkpoint. */
  readonly ckptPath?: string;
}

/** A validated scheduler configuration. */
type ActiveScheduler = Required<Omit<SchedulerConfig, 'monitor'>> & Pick<SchedulerConfig, 'monitor'>;

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
  stage: Stage = 'train';
  currentEpoch = 0;
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
  numTrainingBatches = 0;
  numEvaluationBatches = 0;
  /** Why training was asked to stop; null while it was not. */
  stopReason: string | null = null;
  /** The run was ended by Ctrl-C and can be resumed from this file. */
  interruptedCheckpoint: string | null = null;
  private schedulers: ActiveScheduler[] = [];
  private module: LightningModule | null = null;
  private trainLoader: BatchSource | null = null;
  private readonly breather = new Breather();

  constructor(options: TrainerOptions = {}) {
    checkOptions(options);
    this.options = options;
    this.fastDevRun = options.fastDevRun ?? false;
    const unlimited = (n: number | undefined) => (n === undefined || n === -1 ? Number.POSITIVE_INFINITY : n);
    this.maxSteps = unlimited(options.maxSteps);
    this.maxEpochs = this.fastDevRun ? 1 : options.maxEpochs === undefined && options.maxSteps === undefined ? 1000 : unlimited(options.maxEpochs);
    this.defaultRootDir = options.defaultRootDir ?? 'runs';
    const { logger = true, enableCheckpointing = true, enableProgressBar = true } = options;
    if (this.fastDevRun || logger === false) this.loggers = [];
    else if (logger === true) this.loggers = [new CSVLogger(`${this.defaultRootDir}/logs`)];
    else this.loggers = Array.isArray(logger) ? [...logger] : [logger as Logger];
    this.callbacks = [...(options.callbacks ?? [])];
    if (enableProgressBar && !this.callbacks.some((c) => c instanceof ProgressBar)) this.callbacks.push(new ProgressBar());
    if (enableCheckpointing && !this.fastDevRun && !this.callbacks.some((c) => c instanceof ModelCheckpoint)) this.callbacks.push(new ModelCheckpoint());
    // checkpoints come last, so that they hold what the other callbacks decided
    this.callbacks.sort((a, b) => Number(a instanceof ModelCheckpoint) - Number(b instanceof ModelCheckpoint));
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

  /** Trains. Ctrl-C saves a checkpoint and says how to resume. */
  async fit(module: LightningModule, trainLoader: BatchSource, valLoader: BatchSource | null = null, { ckptPath }: FitOptions = {}): Promise<void> {
    using interrupt = new Interrupt();
    this.attach(module);
    this.trainLoader = trainLoader;
    this.hasValidation = valLoader !== null && module.validationStep !== undefined && this.options.limitValBatches !== 0;
    this.fitting = true;
    this.stopReason = null;
    this.interruptedCheckpoint = null;
    try {
      this.configureOptimizers(module);
      const checkpoint = ckptPath === undefined ? null : readCheckpoint(ckptPath);
      if (checkpoint !== null) this.restore(checkpoint, module);
      if (this.options.enableModelSummary ?? true) process.stderr.write(`${modelSummary(module)}\n`);
      for (const logger of this.loggers) logger.logHyperparams?.(module.hyperParameters);
      interrupt.listen();
      await this.hook('onFitStart');
      if (this.hasValidation && checkpoint === null) await this.sanityCheck(module, valLoader as BatchSource);
      if (checkpoint !== null) setRngState(checkpoint.state.rng); // hooks may have drawn numbers
      await this.hook('onTrainStart');
      while (this.currentEpoch < this.maxEpochs && this.globalStep < this.maxSteps && !this.shouldStop() && !interrupt.requested)
        await this.trainEpoch(module, trainLoader, this.hasValidation ? valLoader : null, interrupt);
      await this.hook('onTrainEnd');
      await this.hook('onFitEnd');
    } catch (error) {
      for (const c of this.callbacks) await c.onException?.(this, module, error);
      throw error;
    } finally {
      this.fitting = false;
      for (const logger of this.loggers) logger.close?.();
      await trainLoader.close?.();
      await valLoader?.close?.();
    }
  }

  /** One pass over validation data. Returns the metrics. */
  validate(module: LightningModule, loader: BatchSource): Promise<Record<string, number>> {
    return this.evaluateAlone(module, loader, 'validate');
  }
  /** One pass over test data. Returns the metrics. */
  test(module: LightningModule, loader: BatchSource): Promise<Record<string, number>> {
    return this.evaluateAlone(module, loader, 'test');
  }
  /** What `predictStep` returns, one entry per batch. */
  async predict(module: LightningModule, loader: BatchSource): Promise<unknown[]> {
    this.attach(module);
    const { outputs } = await evaluate(this, module, loader, 'predict', limited(loader.length ?? Number.POSITIVE_INFINITY, this.options.limitPredictBatches));
    await loader.close?.();
    return outputs;
  }

  private async evaluateAlone(module: LightningModule, loader: BatchSource, stage: 'validate' | 'test'): Promise<Record<string, number>> {
    this.attach(module);
    const { metrics } = await evaluate(this, module, loader, stage, this.evaluationBatches(loader, stage));
    this.logMetrics(metrics);
    for (const logger of this.loggers) logger.flush?.();
    await loader.close?.();
    return metrics;
  }

  // ---- one epoch ----

  private async trainEpoch(module: LightningModule, loader: BatchSource, valLoader: BatchSource | null, interrupt: Interrupt): Promise<void> {
    const resumed = this.batchIndex > 0;
    this.stage = 'train';
    this.epochBatchesDone = false;
    this.numTrainingBatches = this.fastDevRun ? 1 : limited(loader.length ?? Number.POSITIVE_INFINITY, this.options.limitTrainBatches);
    module.train();
    if (!resumed) {
      this.metrics.begin('train');
      loader.setEpoch?.(this.currentEpoch);
    }
    await this.hook('onTrainEpochStart');
    const validateEvery = this.validationInterval();
    if (this.batchIndex < this.numTrainingBatches)
      for await (const batch of loader) {
        await this.trainBatch(module, batch);
        this.epochBatchesDone = this.batchIndex >= this.numTrainingBatches;
        if (valLoader !== null && !this.epochBatchesDone && this.batchIndex % validateEvery === 0) await this.runValidation(module, valLoader);
        await this.breather.breathe();
        if (this.epochBatchesDone) break;
        if (this.atOptimizerStep) {
          if (interrupt.requested) return this.saveInterrupted();
          if (this.shouldStop() || this.globalStep >= this.maxSteps) break;
        }
      }
    this.epochBatchesDone = true;
    const due = (this.currentEpoch + 1) % (this.options.checkValEveryNEpoch ?? 1) === 0;
    if (valLoader !== null && due) await this.runValidation(module, valLoader);
    await this.stepSchedulers('epoch', this.currentEpoch + 1);
    await module.onTrainEpochEnd?.();
    this.logMetrics(await this.metrics.epoch());
    await this.callbackHook('onTrainEpochEnd');
    for (const logger of this.loggers) logger.flush?.();
    this.currentEpoch++;
    this.batchIndex = 0;
    if (interrupt.requested) await this.saveInterrupted();
  }

  private async trainBatch(module: LightningModule, batch: unknown): Promise<void> {
    const index = this.batchIndex;
    await this.hook('onTrainBatchStart', batch, index);
    this.metrics.setBatch(batch);
    const accumulate = this.options.accumulateGradBatches ?? 1;
    const isLast = index + 1 >= this.numTrainingBatches;
    const stepsNow = (index + 1) % accumulate === 0 || isLast;
    const scope = (this.options.recycleMemory ?? true) ? new StepScope() : null;
    const inScope = <T>(fn: () => T): T => (scope === null ? fn() : scope.run(fn));
    let output: StepOutput;
    try {
      const step = module.trainingStep;
      const isAsync = step.constructor.name === 'AsyncFunction';
      output = await (isAsync ? inScope(async () => step.call(module, batch, index)) : inScope(() => step.call(module, batch, index)));
      const loss = lossOf(output, module);
      if (module.automaticOptimization) {
        if (loss !== null) inScope(() => (accumulate === 1 ? loss : loss.div(Math.min(accumulate, this.windowSize(index, accumulate)))).backward());
        if (stepsNow) await this.optimizerStep(module, inScope);
      } else if (stepsNow) this.globalStep++;
    } finally {
      scope?.close(module);
    }
    this.atOptimizerStep = stepsNow;
    this.batchIndex++;
    if (stepsNow) await this.stepSchedulers('step', this.globalStep);
    if (this.isLoggingStep && stepsNow) this.logMetrics(await this.metrics.step());
    await this.hook('onTrainBatchEnd', output, batch, index);
  }

  // The last window of an epoch may be shorter; its loss is still a mean over its own batches.
  private windowSize(index: number, accumulate: number): number {
    const start = index - (index % accumulate);
    return Math.min(accumulate, this.numTrainingBatches - start);
  }

  private async optimizerStep(module: LightningModule, inScope: <T>(fn: () => T) => T): Promise<void> {
    for (const optimizer of this.optimizers) {
      await module.onBeforeOptimizerStep?.(optimizer);
      await this.callbackHook('onBeforeOptimizerStep', optimizer);
      inScope(() => {
        const { gradientClipVal, gradientClipAlgorithm = 'norm' } = this.options;
        const parameters = optimizer.paramGroups.flatMap((g) => g.params);
        if (gradientClipVal !== undefined)
          if (gradientClipAlgorithm === 'norm') clipGradNorm_(parameters, gradientClipVal);
          else clipGradValue_(parameters, gradientClipVal);
        optimizer.step();
        optimizer.zeroGrad();
      });
    }
    this.globalStep++;
  }

  private async runValidation(module: LightningModule, loader: BatchSource): Promise<void> {
    const training = await this.metrics.state();
    const { metrics } = await evaluate(this, module, loader, 'validate', this.evaluationBatches(loader, 'validate'));
    this.logMetrics(metrics);
    this.stage = 'train';
    module.train();
    this.metrics.begin('train');
    this.metrics.loadState(training);
  }

  private async sanityCheck(module: LightningModule, loader: BatchSource): Promise<void> {
    const steps = this.options.numSanityValSteps ?? 2;
    if (steps === 0 || this.fastDevRun) return;
    const rng = getRngState();
    const position = loader.stateDict?.();
    await this.callbackHook('onSanityCheckStart');
    await evaluate(this, module, loader, 'sanity', Math.min(steps === -1 ? Number.POSITIVE_INFINITY : steps, this.evaluationBatches(loader, 'validate')));
    await this.callbackHook('onSanityCheckEnd');
    for (const name of Object.keys(this.metrics.values)) delete this.metrics.values[name];
    setRngState(rng); // as if it had not been
    if (position !== undefined) loader.loadStateDict?.(position);
  }

  private shouldStop(): boolean {
    return this.stopReason !== null && this.currentEpoch + (this.epochBatchesDone ? 1 : 0) >= (this.options.minEpochs ?? 0);
  }

  private validationInterval(): number {
    const { valCheckInterval = 1 } = this.options;
    return valCheckInterval > 1 ? valCheckInterval : Math.max(1, Math.floor(valCheckInterval * this.numTrainingBatches));
  }
  private evaluationBatches(loader: BatchSource, stage: 'validate' | 'test'): number {
    const limit = stage === 'test' ? this.options.limitTestBatches : this.options.limitValBatches;
    return this.fastDevRun ? 1 : limited(loader.length ?? Number.POSITIVE_INFINITY, limit);
  }

  // ---- optimizers and schedulers ----

  private configureOptimizers(module: LightningModule): void {
    const configured = module.configureOptimizers();
    const list = (Array.isArray(configured) ? configured : [configured]) as (Optimizer | OptimizerConfig)[];
    if (list.length > 1 && module.automaticOptimization)
      throw new ValueError('several optimizers need manual optimization: set automaticOptimization = false and step them in trainingStep');
    const configs: OptimizerConfig[] = list.map((entry) => ('optimizer' in entry ? entry : { optimizer: entry }));
    this.optimizers = configs.map((c) => c.optimizer);
    this.schedulers = configs.flatMap(({ lrScheduler }) => {
      if (lrScheduler === undefined) return [];
      const config: SchedulerConfig = 'scheduler' in lrScheduler ? lrScheduler : { scheduler: lrScheduler as Scheduler };
      return [{ interval: 'epoch' as const, frequency: 1, ...config }];
    });
  }

  private async stepSchedulers(interval: 'epoch' | 'step', count: number): Promise<void> {
    for (const s of this.schedulers) {
      if (s.interval !== interval || count % s.frequency !== 0) continue;
      if (s.monitor === undefined) s.scheduler.step();
      else {
        const value = this.metrics.values[s.monitor];
        if (value === undefined) throw new ValueError(`the learning-rate scheduler watches '${s.monitor}', which was not logged; logged are ${Object.keys(this.metrics.values).join(', ')}`);
        s.scheduler.step(value);
      }
    }
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
  /** @internal What the progress bar shows beside the metrics of the stage: the last validation's. */
  progressValues(): [string, number][] {
    return [...this.shown];
  }
  /** @internal */
  readonly shown = new Map<string, number>();

  // ---- hooks ----

  private attach(module: LightningModule): void {
    this.module = module;
    module.attach(this);
  }
  private async hook<K extends HookName>(name: K, ...args: HookArguments<K>): Promise<void> {
    await this.callbackHook(name, ...args);
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
      epochComplete: this.epochBatchesDone,
      loader: this.trainLoader?.stateDict?.() ?? null,
      rng: getRngState(),
      metrics: await this.metrics.state(),
      metricValues: { ...this.metrics.values },
      schedulers: this.schedulers.map((s) => s.scheduler.stateDict()),
      callbacks: Object.fromEntries(this.callbacks.flatMap((c) => (c.stateDict ? [[c.stateKey ?? c.constructor.name, c.stateDict()]] : []))),
      hyperParameters: module.hyperParameters,
      extra,
    };
    writeCheckpoint(path, module.stateDict() as Record<string, Tensor>, this.optimizers, state);
  }

  private restore({ model, optimizers, state }: Checkpoint, module: LightningModule): void {
    if (optimizers.length !== this.optimizers.length)
      throw new ValueError(`the checkpoint has ${optimizers.length} optimizers, configureOptimizers made ${this.optimizers.length}`);
    module.loadStateDict(model);
    for (const [i, optimizer] of this.optimizers.entries()) optimizer.loadStateDict(optimizers[i]);
    for (const [i, s] of this.schedulers.entries()) s.scheduler.loadStateDict(state.schedulers[i]);
    for (const c of this.callbacks) {
      const saved = state.callbacks[c.stateKey ?? c.constructor.name];
      if (saved !== undefined) c.loadStateDict?.(saved as Record<string, unknown>);
    }
    module.onLoadCheckpoint?.(state.extra);
    this.globalStep = state.globalStep;
    this.currentEpoch = state.epochComplete ? state.epoch + 1 : state.epoch;
    this.batchIndex = state.epochComplete ? 0 : state.batchIndex;
    this.metrics.begin('train');
    if (this.batchIndex > 0) this.metrics.loadState(state.metrics);
    Object.assign(this.metrics.values, state.metricValues);
    setRngState(state.rng);
    if (state.loader === null) {
      if (this.batchIndex > 0) throw new ValueError('the checkpoint was written in mid-epoch by a loader that cannot tell its position; use a DataLoader');
    } else {
      const position = this.batchIndex > 0 ? state.loader : { ...state.loader, batches: 0 };
      this.trainLoader?.loadStateDict?.(position);
    }
  }

  private async saveInterrupted(): Promise<void> {
    mkdirSync(this.defaultRootDir, { recursive: true });
    const path = `${this.defaultRootDir}/interrupted.ckpt`;
    await this.saveCheckpoint(path);
    this.interruptedCheckpoint = path;
    this.stop('interrupted');
    process.stderr.write(`Interrupted at step ${this.globalStep}. Saved ${path}\nResume with: trainer.fit(model, trainLoader, valLoader, { ckptPath: '${path}' })\n`);
  }
}

function lossOf(output: StepOutput, module: LightningModule): Tensor | null {
  if (output === null || output === undefined) return null;
  const loss = isTensor(output) ? output : output.loss;
  if (!isTensor(loss)) throw new TypeError(`${module.constructor.name}.trainingStep must return the loss tensor, { loss } or null`);
  return loss;
}
