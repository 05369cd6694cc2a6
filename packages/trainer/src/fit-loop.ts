/** The training loop: epochs, batches, optimizer steps, and validation in between. */
import { type GeneratorState, getRngState, isTensor, setRngState, type Tensor } from '@flambeau/core';
import type { Module } from '@flambeau/nn';
import { clipGradNorm_, clipGradValue_ } from '@flambeau/nn/utils';
import { type BatchSource, lengthOf, take } from './batches.js';
import { evaluate } from './evaluate.js';
import { Breather, type Interrupt } from './interrupt.js';
import type { LightningModule, StepOutput } from './lightning-module.js';
import { stepSchedulers } from './optimization.js';
import { limited } from './options.js';
import { StepScope, watchForward } from './step-scope.js';
import type { Trainer } from './trainer.js';

export class FitLoop {
  private readonly breather = new Breather();
  /** Gradients of batches that no optimizer step has used yet. */
  private pendingGradients = false;
  /** The model and its submodules, listed once an epoch: walking a deep model costs more than a small step. */
  private modules: readonly Module[] = [];

  constructor(
    private readonly trainer: Trainer,
    private readonly module: LightningModule,
    private readonly trainLoader: BatchSource,
    /** Null if there is nothing to validate. */
    private readonly valLoader: BatchSource | null,
    private readonly interrupt: Interrupt,
    /** Where a checkpoint left the default generator. */
    private savedRng: GeneratorState | null,
  ) {}

  async run(): Promise<void> {
    const { trainer } = this;
    const unwatch = watchForward(this.module);
    try {
      while (trainer.currentEpoch < trainer.maxEpochs && !this.mustStop() && !this.interrupt.requested) await this.epoch();
    } finally {
      unwatch();
    }
  }

  private mustStop(): boolean {
    const { trainer } = this;
    const stopped = trainer.stopReason !== null && trainer.currentEpoch >= (trainer.options.minEpochs ?? 0);
    return stopped || trainer.globalStep >= trainer.maxSteps;
  }

  /** A few validation batches before training, to find mistakes early. Leaves no trace. */
  async sanityCheck(): Promise<void> {
    const { trainer, module, valLoader } = this;
    const steps = trainer.options.numSanityValSteps ?? 2;
    if (valLoader === null || steps === 0 || trainer.fastDevRun) return;
    valLoader.stateDict?.(); // draws its seed, if it has none yet
    const rng = getRngState();
    const batches = trainer.batchesOf(valLoader, 'validate');
    await trainer.callbackHook('onSanityCheckStart');
    await evaluate(trainer, module, valLoader, 'sanity', steps === -1 ? batches : Math.min(steps, batches));
    await trainer.callbackHook('onSanityCheckEnd');
    for (const name of Object.keys(trainer.metrics.values)) delete trainer.metrics.values[name];
    setRngState(rng);
  }

  // ---- one epoch ----

  private async epoch(): Promise<void> {
    const { trainer, module } = this;
    const resumed = trainer.batchIndex > 0;
    trainer.stage = 'train';
    trainer.numTrainingBatches = trainer.fastDevRun ? 1 : limited(lengthOf(this.trainLoader), trainer.options.limitTrainBatches);
    if (!resumed) {
      trainer.metrics.begin('train');
      trainer.validated = false;
      this.trainLoader.setEpoch?.(trainer.currentEpoch);
      this.restoreRng();
    } else trainer.metrics.select('train');
    await trainer.startHook('onTrainEpochStart');
    this.modules = module.modules();
    this.restoreRng(); // an epoch that is resumed in its middle drew the numbers of its start before
    const complete = await this.batches();
    if (!complete && this.interrupt.requested) return trainer.saveInterrupted();
    await this.endOfEpoch(complete);
    if (this.interrupt.requested) await trainer.saveInterrupted();
  }

  // Hooks that run again after a restart may draw random numbers; the steps must not notice.
  private restoreRng(): void {
    if (this.savedRng !== null) setRngState(this.savedRng);
    this.savedRng = null;
  }

  /** Trains on the epoch's (remaining) batches. Returns false if it was stopped before the last. */
  private async batches(): Promise<boolean> {
    const { trainer } = this;
    await this.validateIfDue();
    for await (const batch of take(this.trainLoader, trainer.numTrainingBatches, trainer.batchIndex)) {
      await this.trainBatch(batch);
      await this.validateIfDue();
      await this.breather.breathe();
      if (trainer.batchIndex >= trainer.numTrainingBatches) continue; // the loader ends by itself
      if (trainer.atOptimizerStep && (this.interrupt.requested || this.mustStop())) return false;
    }
    // the last window of an epoch of unknown length
    if (this.pendingGradients) await this.optimizerStep((fn) => fn());
    if (trainer.batchIndex === 0) trainer.stop('the training data has no batches');
    return true;
  }

  /** An epoch that was stopped early ends as well, but a checkpoint of it continues in its middle. */
  private async endOfEpoch(complete: boolean): Promise<void> {
    const { trainer, module, valLoader } = this;
    trainer.epochBatchesDone = true;
    if (valLoader !== null && this.isValidationEpoch && !trainer.validated) await this.validate(valLoader);
    await module.onTrainEpochEnd?.();
    trainer.logMetrics(await trainer.metrics.epoch());
    if (complete) {
      stepSchedulers(trainer.schedulers, 'epoch', trainer.currentEpoch + 1, trainer.metrics);
      trainer.epochComplete = true;
    }
    await trainer.callbackHook('onTrainEpochEnd');
    for (const logger of trainer.loggers) logger.flush?.();
    trainer.epochBatchesDone = false;
    if (!complete) return;
    trainer.epochComplete = false;
    trainer.currentEpoch++;
    trainer.batchIndex = 0;
  }

  // ---- one batch ----

  private async trainBatch(batch: unknown): Promise<void> {
    const { trainer, module } = this;
    const index = trainer.batchIndex;
    const accumulate = trainer.options.accumulateGradBatches ?? 1;
    const stepsNow = (index + 1) % accumulate === 0 || index + 1 >= trainer.numTrainingBatches;
    trainer.metrics.setBatch(batch);
    await trainer.startHook('onTrainBatchStart', batch, index);
    const scope = (trainer.options.recycleMemory ?? true) ? new StepScope() : null;
    const inScope: InScope = (fn) => (scope === null ? fn() : scope.run(fn));
    let output: StepOutput;
    try {
      output = await this.trainingStep(inScope, batch, index);
      if (module.automaticOptimization) {
        const loss = lossOf(output, module);
        if (loss !== null) {
          const window = this.windowSize(index, accumulate);
          inScope(() => (window === 1 ? loss : loss.div(window)).backward());
          this.pendingGradients = true;
        }
        if (stepsNow) await this.optimizerStep(inScope);
      } else trainer.globalStep++;
    } finally {
      scope?.close(this.modules);
    }
    trainer.atOptimizerStep = stepsNow;
    trainer.batchIndex++;
    trainer.validated = false;
    if (stepsNow && module.automaticOptimization) await this.stepEachStep();
    await module.onTrainBatchEnd?.(output, batch, index);
    trainer.metrics.setBatch(undefined);
    if (stepsNow && trainer.isLoggingStep) trainer.logMetrics(await trainer.metrics.step());
    await trainer.callbackHook('onTrainBatchEnd', output, batch, index);
  }

  private async trainingStep(inScope: InScope, batch: unknown, index: number): Promise<StepOutput> {
    const { module } = this;
    const step = module.trainingStep;
    if (step.constructor.name === 'AsyncFunction') return inScope(async () => step.call(module, batch, index));
    return inScope(() => {
      const output = step.call(module, batch, index);
      if (output instanceof Promise)
        throw new TypeError(`${module.constructor.name}.trainingStep returned a promise; declare it as an async function`);
      return output;
    });
  }

  // The last window of an epoch may be shorter; its loss is still a mean over its own batches.
  private windowSize(index: number, accumulate: number): number {
    const start = index - (index % accumulate);
    return Math.min(accumulate, this.trainer.numTrainingBatches - start);
  }

  private async optimizerStep(inScope: InScope): Promise<void> {
    const { trainer } = this;
    for (const optimizer of trainer.optimizers) {
      await trainer.startHook('onBeforeOptimizerStep', optimizer);
      inScope(() => {
        const { gradientClipVal, gradientClipAlgorithm = 'norm' } = trainer.options;
        const parameters = optimizer.paramGroups.flatMap((g) => g.params);
        if (gradientClipVal !== undefined)
          if (gradientClipAlgorithm === 'norm') clipGradNorm_(parameters, gradientClipVal);
          else clipGradValue_(parameters, gradientClipVal);
        optimizer.step();
        optimizer.zeroGrad();
      });
    }
    this.pendingGradients = false;
    trainer.globalStep++;
  }

  private async stepEachStep(): Promise<void> {
    const { schedulers, metrics, globalStep } = this.trainer;
    if (schedulers.some((s) => s.interval === 'step' && s.monitor !== undefined)) await metrics.step();
    stepSchedulers(schedulers, 'step', globalStep, metrics);
  }

  // ---- validation ----

  private get isValidationEpoch(): boolean {
    return (this.trainer.currentEpoch + 1) % (this.trainer.options.checkValEveryNEpoch ?? 1) === 0;
  }

  /** In mid-epoch, if this batch is one after which to validate. */
  private async validateIfDue(): Promise<void> {
    const { batchIndex, numTrainingBatches, validated, options } = this.trainer;
    if (this.valLoader === null || validated || batchIndex === 0 || batchIndex >= numTrainingBatches || !this.isValidationEpoch)
      return;
    const { valCheckInterval = 1 } = options;
    const every = valCheckInterval > 1 ? valCheckInterval : Math.max(1, Math.floor(valCheckInterval * numTrainingBatches));
    if (batchIndex % every === 0) await this.validate(this.valLoader);
  }

  private async validate(loader: BatchSource): Promise<void> {
    const { trainer } = this;
    trainer.validated = true;
    loader.setEpoch?.(trainer.currentEpoch);
    const { metrics } = await evaluate(trainer, this.module, loader, 'validate', trainer.batchesOf(loader, 'validate'));
    trainer.logMetrics(metrics);
    trainer.stage = 'train';
    trainer.metrics.select('train');
  }
}

type InScope = <T>(fn: () => T) => T;

function lossOf(output: StepOutput, module: LightningModule): Tensor | null {
  if (output === null || output === undefined) return null;
  const loss = isTensor(output) ? output : output.loss;
  if (!isTensor(loss))
    throw new TypeError(`${module.constructor.name}.trainingStep must return the loss tensor, { loss } or null`);
  return loss;
}
