/**
 * Optimizers and learning-rate schedulers.
 *
 * @example
 * const optimizer = new AdamW(model.parameters(), { lr: 3e-4 });
 * const scheduler = new CosineAnnealingLR(optimizer, { tMax: 100 });
 *
 * @module
 */
export { Adam, type AdamOptions, type AdamSettings } from './adam.js';
export { AdamW, type AdamWOptions } from './adamw.js';
export * from './lr-scheduler.js';
export {
  Optimizer,
  type OptimizerSettings,
  type OptimizerStateDict,
  type ParameterState,
  type ParamGroup,
  type ParamGroupInput,
  type Params,
} from './optimizer.js';
export { SGD, type SGDOptions, type SGDSettings } from './sgd.js';
