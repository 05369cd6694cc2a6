/** A pass over data without training. */
import { noGrad } from '@flambeau/autograd';
import { ValueError } from '@flambeau/core';
import type { LightningModule } from './lightning-module.js';
import { Breather } from './interrupt.js';
import type { Stage } from './metrics.js';
import type { BatchSource, Trainer } from './trainer.js';

type EvaluationStage = Exclude<Stage, 'train'>;

export interface Evaluation {
  readonly metrics: Record<string, number>;
  /** What the steps returned (prediction only). */
  readonly outputs: unknown[];
}

/** Runs the stage's step on up to `limit` batches, in evaluation mode and without recording operations. */
export async function evaluate(trainer: Trainer, module: LightningModule, loader: BatchSource, stage: EvaluationStage, limit: number): Promise<Evaluation> {
  const step = stepOf(module, stage);
  const breather = new Breather();
  const outputs: unknown[] = [];
  trainer.stage = stage;
  trainer.numEvaluationBatches = limit;
  trainer.metrics.begin(stage);
  module.eval();
  await startHooks(trainer, module, stage);
  let index = 0;
  if (limit > 0)
    for await (const batch of loader) {
      trainer.metrics.setBatch(batch);
      const output = await runStep(step, module, batch, index);
      if (stage === 'predict') outputs.push(output);
      await batchHook(trainer, stage, output, batch, index);
      await breather.breathe();
      if (++index >= limit) break;
    }
  const metrics = await trainer.metrics.epoch();
  if (stage !== 'sanity') for (const [name, value] of trainer.metrics.barValues()) trainer.shown.set(name, value);
  await endHooks(trainer, module, stage);
  return { metrics, outputs };
}

type Step = (batch: unknown, batchIndex: number) => unknown;

function stepOf(module: LightningModule, stage: EvaluationStage): Step {
  if (stage === 'predict') return module.predictStep;
  const step = stage === 'test' ? module.testStep : module.validationStep;
  if (step === undefined) throw new ValueError(`${module.constructor.name} has no ${stage === 'test' ? 'testStep' : 'validationStep'}; add one to use trainer.${stage}`);
  return step;
}

async function runStep(step: Step, module: LightningModule, batch: unknown, index: number): Promise<unknown> {
  if (step.constructor.name === 'AsyncFunction') return noGrad(async () => step.call(module, batch, index));
  return noGrad(() => step.call(module, batch, index));
}

async function startHooks(trainer: Trainer, module: LightningModule, stage: EvaluationStage): Promise<void> {
  if (stage === 'predict') return trainer.callbackHook('onPredictStart');
  if (stage === 'test') {
    await module.onTestEpochStart?.();
    return trainer.callbackHook('onTestStart');
  }
  await module.onValidationEpochStart?.();
  return trainer.callbackHook('onValidationStart');
}

async function batchHook(trainer: Trainer, stage: EvaluationStage, output: unknown, batch: unknown, index: number): Promise<void> {
  if (stage === 'predict') return trainer.callbackHook('onPredictBatchEnd', output, batch, index);
  if (stage === 'test') return trainer.callbackHook('onTestBatchEnd', output, batch, index);
  return trainer.callbackHook('onValidationBatchEnd', output, batch, index);
}

async function endHooks(trainer: Trainer, module: LightningModule, stage: EvaluationStage): Promise<void> {
  if (stage === 'predict') return trainer.callbackHook('onPredictEnd');
  if (stage === 'test') {
    await module.onTestEpochEnd?.();
    return trainer.callbackHook('onTestEnd');
  }
  await module.onValidationEpochEnd?.();
  return trainer.callbackHook('onValidationEnd');
}
