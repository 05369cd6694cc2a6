/**
 * Optimizers, learning-rate schedulers, averages of weights and gradient scaling.
 *
 * @example
 * const optimizer = new AdamW(model.parameters(), { lr: 3e-4 });
 * const scheduler = new CosineAnnealingLR(optimizer, { tMax: 100 });
 *
 * @module
 */
export { Adadelta, type AdadeltaOptions, type AdadeltaSettings } from './adadelta.js';
export { Adafactor, type AdafactorOptions, type AdafactorSettings } from './adafactor.js';
export { Adagrad, type AdagradOptions, type AdagradSettings } from './adagrad.js';
export { Adam, type AdamOptions, type AdamSettings } from './adam.js';
export { Adamax, type AdamaxOptions, type AdamaxSettings } from './adamax.js';
export { AdamW, type AdamWOptions } from './adamw.js';
export { ASGD, type ASGDOptions, type ASGDSettings } from './asgd.js';
export { type AverageableModel, AveragedModel, type AveragedModelOptions } from './averaged-model.js';
export {
  type AvgFn,
  getEmaAvgFn,
  getEmaMultiAvgFn,
  getSwaAvgFn,
  getSwaMultiAvgFn,
  type MultiAvgFn,
} from './averaging.js';
export { GradScaler, type GradScalerOptions, type GradScalerStateDict, type Scalable } from './grad-scaler.js';
export type { HookOptions } from './hooks.js';
export { LBFGS, type LBFGSOptions, type LBFGSSettings } from './lbfgs.js';
export { Lion, type LionOptions, type LionSettings } from './lion.js';
export * from './lr-scheduler.js';
export { Muon, type MuonOptions, type MuonSettings } from './muon.js';
export { NAdam, type NAdamOptions, type NAdamSettings } from './nadam.js';
export {
  Optimizer,
  type OptimizerHook,
  type OptimizerSettings,
  type ParamGroup,
  type ParamGroupInput,
  type ParamList,
  type Params,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  type StateDictHook,
  type StepPostHook,
  type StepPreHook,
} from './optimizer.js';
export type { OptimizerStateDict, ParameterState } from './optimizer-state.js';
export { RAdam, type RAdamOptions, type RAdamSettings } from './radam.js';
export { RMSprop, type RMSpropOptions, type RMSpropSettings } from './rmsprop.js';
export { Rprop, type RpropOptions, type RpropSettings } from './rprop.js';
export { SGD, type SGDOptions, type SGDSettings } from './sgd.js';
export { SparseAdam, type SparseAdamOptions, type SparseAdamSettings } from './sparse-adam.js';
export { type Batch, type ModelWithModules, updateBn } from './update-bn.js';
