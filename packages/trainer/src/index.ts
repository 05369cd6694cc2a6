/**
 * A Lightning-like trainer.
 *
 * @module
 */
export type { BatchSource } from './batches.js';
export type { Callback } from './callbacks/callback.js';
export { EarlyStopping, type EarlyStoppingOptions } from './callbacks/early-stopping.js';
export { LearningRateMonitor } from './callbacks/learning-rate-monitor.js';
export { ModelCheckpoint, type ModelCheckpointOptions } from './callbacks/model-checkpoint.js';
export { modelSummary } from './callbacks/model-summary.js';
export { ProgressBar } from './callbacks/progress-bar.js';
export { type Checkpoint, readCheckpoint, type TrainerState } from './checkpoint.js';
export {
  LightningModule,
  type OptimizerConfig,
  type Optimizers,
  type Scheduler,
  type SchedulerConfig,
  type StepOutput,
} from './lightning-module.js';
export { CSVLogger } from './loggers/csv-logger.js';
export type { Logger } from './loggers/logger.js';
export { TensorBoardLogger } from './loggers/tensorboard-logger.js';
export type { LogOptions, Stage } from './metrics.js';
export type { TrainerOptions } from './options.js';
export { type FitOptions, Trainer } from './trainer.js';
