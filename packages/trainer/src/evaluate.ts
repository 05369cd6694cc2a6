/** A pass over data without training. */
import { noGrad } from '@flambeau/autograd';
import { ValueError } from '@flambeau/core';
import type { Module } from '@flambeau/nn';
import { type BatchSource, take } from './batches.js';
import { Breather } from './interrupt.js';
import type { LightningModule } from './lightning-module.js';
import type { Stage } from './metrics.js';
import type { Trainer } from './trainer.js';

type EvaluationStage = Exclude<Stage, 'train'>;
type Step = (batch: unknown, batchIndex: number) => unknown;

export interface Evaluation {
  readonly metrics: Record<string, number>;
  /** What the steps returned (prediction only). */
  readonly outputs: unknown[];
}

/**
 * Runs the stage's step on up to `limit` batches, in evaluation mode and without recording operations. Afterwards every submodule
 * is in the mode in which it was.
 */
export async function evaluate(
  trainer: Trainer,
  module: LightningModule,
  loader: BatchSource,
  stage: EvaluationStage,
  limit: number,
): Promise<Evaluation> {
  const step = stepOf(module, stage);
  const modes = module.modules().map((m): [Module, boolean] => [m, m.training]);
  module.eval();
  try {
    return await pass(trainer, module, step, loader, stage, limit);
  } finally {
    for (const [m, training] of modes) m.training = training;
  }
}

async function pass(
  trainer: Trainer,
  module: LightningModule,
  step: Step,
  loader: BatchSource,
  stage: EvaluationStage,
  limit: number,
): Promise<Evaluation> {
  const { metrics } = trainer;
  const breather = new Breather();
  const outputs: unknown[] = [];
  trainer.stage = stage;
  trainer.numEvaluationBatches = limit;
  metrics.begin(stage);
  await startHooks(trainer, module, stage);
  let index = 0;
  for await (const batch of take(loader, limit)) {
    metrics.setBatch(batch);
    const output = await runStep(step, module, batch, index, stage);
    metrics.setBatch(undefined);
    if (stage === 'predict') outputs.push(output);
    await batchHook(trainer, stage, output, batch, index++);
    await breather.breathe();
  }
  await epochEndHook(module, stage);
  const values = await metrics.epoch();
  if (stage !== 'sanity') for (const [name, value] of await metrics.barValues(true)) trainer.shown.set(name, value);
  await endHooks(trainer, stage);
  return { metrics: values, outputs };
}

function stepOf(module: LightningModule, stage: EvaluationStage): Step {
  if (stage === 'predict') return module.predictStep;
  const step = stage === 'test' ? module.testStep : module.validationStep;
  if (step === undefined)
    throw new ValueError(
      `${module.constructor.name} has no ${stage === 'test' ? 'testStep' : 'validationStep'}; add one to use trainer.${stage}`,
    );
  return step;
}

async function runStep(
  step: Step,
  module: LightningModule,
  batch: unknown,
  index: number,
  stage: EvaluationStage,
): Promise<unknown> {
  if (step.constructor.name === 'AsyncFunction') return noGrad(async () => step.call(module, batch, index));
  const output = noGrad(() => {
    const result = step.call(module, batch, index);
    if (result instanceof Promise)
      throw new TypeError(`${module.constructor.name}: the step of ${stage} returned a promise; declare it as an async function`);
    return result;
  });
  return output;
}

async function startHooks(trainer: Trainer, module: LightningModule, stage: EvaluationStage): Promise<void> {
  if (stage === 'predict') return trainer.callbackHook('onPredictStart');
  if (stage === 'test') {
    await trainer.callbackHook('onTestStart');
    return module.onTestEpochStart?.();
  }
  await trainer.callbackHook('onValidationStart');
  return module.onValidationEpochStart?.();
}

async function batchHook(
  trainer: Trainer,
  stage: EvaluationStage,
  output: unknown,
  batch: unknown,
  index: number,
): Promise<void> {
  if (stage === 'predict') return trainer.callbackHook('onPredictBatchEnd', output, batch, index);
  if (stage === 'test') return trainer.callbackHook('onTestBatchEnd', output, batch, index);
  return trainer.callbackHook('onValidationBatchEnd', output, batch, index);
}

async function epochEndHook(module: LightningModule, stage: EvaluationStage): Promise<void> {
  if (stage === 'test') return module.onTestEpochEnd?.();
  if (stage !== 'predict') return module.onValidationEpochEnd?.();
}

async function endHooks(trainer: Trainer, stage: EvaluationStage): Promise<void> {
  if (stage === 'predict') return trainer.callbackHook('onPredictEnd');
  return trainer.callbackHook(stage === 'test' ? 'onTestEnd' : 'onValidationEnd');
}
