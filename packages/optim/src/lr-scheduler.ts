/**
 * Learning-rate schedulers. PyTorch: `torch.optim.lr_scheduler`.
 *
 * @module
 */
export { ChainedScheduler } from './lr-scheduler/chained-scheduler.js';
export { ConstantLR, type ConstantLROptions } from './lr-scheduler/constant-lr.js';
export { CosineAnnealingLR, type CosineAnnealingLROptions } from './lr-scheduler/cosine-annealing-lr.js';
export {
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from './lr-scheduler/cosine-annealing-warm-restarts.js';
export { CyclicLR, type CyclicLROptions } from './lr-scheduler/cyclic-lr.js';
export { ExponentialLR, type ExponentialLROptions } from './lr-scheduler/exponential-lr.js';
export { LambdaLR, type LambdaLROptions, type LrLambda } from './lr-scheduler/lambda-lr.js';
export { LinearLR, type LinearLROptions } from './lr-scheduler/linear-lr.js';
export { LRScheduler, type LRSchedulerOptions } from './lr-scheduler/lr-scheduler.js';
export { MultiStepLR, type MultiStepLROptions } from './lr-scheduler/multi-step-lr.js';
export { MultiplicativeLR, type MultiplicativeLROptions } from './lr-scheduler/multiplicative-lr.js';
export { OneCycleLR, type OneCycleLROptions } from './lr-scheduler/one-cycle-lr.js';
export { PolynomialLR, type PolynomialLROptions } from './lr-scheduler/polynomial-lr.js';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './lr-scheduler/reduce-lr-on-plateau.js';
export { SequentialLR, type SequentialLROptions } from './lr-scheduler/sequential-lr.js';
export type { SchedulerStateDict } from './lr-scheduler/state.js';
export { StepLR, type StepLROptions } from './lr-scheduler/step-lr.js';
export { SWALR, type SWALROptions } from './lr-scheduler/swa-lr.js';
