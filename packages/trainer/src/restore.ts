/** Putting a run back to where a checkpoint was written. */
import { ValueError } from '@flambeau/core';
import type { BatchSource } from './batches.js';
import { stateKeyOf } from './callbacks/callback.js';
import type { Checkpoint } from './checkpoint.js';
import type { LightningModule } from './lightning-module.js';
import type { Trainer } from './trainer.js';

/**
 * Everything but the default generator, which the loop sets when its first batch is near.
 *
 * @throws {StateDictError} If the model differs.
 * @throws {ValueError} If optimizers, schedulers or the training data cannot continue.
 */
export function restore(
  checkpoint: Checkpoint,
  trainer: Trainer,
  module: LightningModule,
  trainLoader: BatchSource,
  valLoader: BatchSource | null,
): void {
  const { model, optimizers, state } = checkpoint;
  checkCount('optimizers', optimizers.length, trainer.optimizers.length);
  checkCount('learning-rate schedulers', state.schedulers.length, trainer.schedulers.length);
  const inMidEpoch = !state.epochComplete && state.batchIndex > 0;
  if (inMidEpoch && (state.loader === null || trainLoader.loadStateDict === undefined))
    throw new ValueError(
      'the checkpoint was written in mid-epoch, and the training data cannot go to a position; use a DataLoader',
    );

  module.loadStateDict(model);
  for (const [i, optimizer] of trainer.optimizers.entries()) optimizer.loadStateDict(optimizers[i]);
  for (const [i, { scheduler }] of trainer.schedulers.entries()) scheduler.loadStateDict(state.schedulers[i]);
  for (const callback of trainer.callbacks) {
    const saved = state.callbacks[stateKeyOf(callback)];
    if (saved !== undefined) callback.loadStateDict?.(saved as Record<string, unknown>);
  }
  module.onLoadCheckpoint?.(state.extra);

  trainer.globalStep = state.globalStep;
  trainer.currentEpoch = state.epochComplete ? state.epoch + 1 : state.epoch;
  trainer.batchIndex = inMidEpoch ? state.batchIndex : 0;
  trainer.validated = inMidEpoch && state.validated;
  if (inMidEpoch) trainer.metrics.loadState(state.metrics);
  Object.assign(trainer.metrics.values, state.metricValues);
  if (state.loader !== null) trainLoader.loadStateDict?.(inMidEpoch ? state.loader : { ...state.loader, batches: 0 });
  if (state.valLoader !== null) valLoader?.loadStateDict?.({ ...state.valLoader, batches: 0 });
}

function checkCount(what: string, saved: number, now: number): void {
  if (saved !== now) throw new ValueError(`the checkpoint has ${saved} ${what}, configureOptimizers made ${now}`);
}
