import { ValueError } from '@flambeau/core';
import type { Callback } from './callbacks/callback.js';
import type { Logger } from './loggers/logger.js';

/** Lightning's `Trainer` arguments, in camelCase. */
export interface TrainerOptions {
  /** Default: 1000 if neither `maxEpochs` nor `maxSteps` is given. -1: no limit. */
  readonly maxEpochs?: number;
  /** `stop()` (early stopping) has no effect before. Default 0. */
  readonly minEpochs?: number;
  /** Optimizer steps. Default -1: no limit. */
  readonly maxSteps?: number;
  /** Batches (an integer above 1) or share (a fraction; 1 is all) of an epoch. Default: all. */
  readonly limitTrainBatches?: number;
  readonly limitValBatches?: number;
  readonly limitTestBatches?: number;
  readonly limitPredictBatches?: number;
  /** One batch of everything, without files: does the code run? */
  readonly fastDevRun?: boolean;
  /** Validate also within an epoch: after every so many batches (an integer above 1) or each such share of it. Default 1: at its end only. */
  readonly valCheckInterval?: number;
  readonly checkValEveryNEpoch?: number;
  /** Validation batches before training, to find mistakes early. Default 2. */
  readonly numSanityValSteps?: number;
  /** Steps between two logged ones. Default 50. */
  readonly logEveryNSteps?: number;
  /** Batches whose mean gradient makes one optimizer step. Default 1. */
  readonly accumulateGradBatches?: number;
  /** Limit of the gradients' norm (or value). Default: none. */
  readonly gradientClipVal?: number;
  readonly gradientClipAlgorithm?: 'norm' | 'value';
  readonly callbacks?: readonly Callback[];
  /** Default: a CSVLogger; false: none. */
  readonly logger?: Logger | readonly Logger[] | boolean;
  /** Adds a ModelCheckpoint unless there is one. Default true. */
  readonly enableCheckpointing?: boolean;
  readonly enableProgressBar?: boolean;
  readonly enableModelSummary?: boolean;
  /** Take a step's memory back at its end (see StepScope). Default true. */
  readonly recycleMemory?: boolean;
  /** Where files go. Default: `runs`. */
  readonly defaultRootDir?: string;
}

/** @throws {ValueError} Naming the option. */
export function checkOptions(options: TrainerOptions): void {
  const least: [keyof TrainerOptions, number][] = [
    ['maxEpochs', -1],
    ['minEpochs', 0],
    ['maxSteps', -1],
    ['checkValEveryNEpoch', 1],
    ['numSanityValSteps', -1],
    ['logEveryNSteps', 1],
    ['accumulateGradBatches', 1],
  ];
  for (const [name, minimum] of least) {
    const value = options[name];
    if (value !== undefined && (!Number.isInteger(value) || (value as number) < minimum))
      throw new ValueError(`Trainer: ${name} must be an integer of at least ${minimum}, got ${String(value)}`);
  }
  for (const name of [
    'limitTrainBatches',
    'limitValBatches',
    'limitTestBatches',
    'limitPredictBatches',
    'valCheckInterval',
  ] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0 && (value <= 1 || Number.isInteger(value))))
      throw new ValueError(`Trainer: ${name} must be a share in [0, 1] or a number of batches, got ${value}`);
  }
  if (options.valCheckInterval === 0)
    throw new ValueError('Trainer: valCheckInterval must be positive; limitValBatches: 0 switches validation off');
  if (options.gradientClipVal !== undefined && !(options.gradientClipVal > 0))
    throw new ValueError(`Trainer: gradientClipVal must be positive, got ${options.gradientClipVal}`);
}

/** How many of `total` batches a limit leaves. */
export function limited(total: number, limit: number | undefined): number {
  if (limit === undefined || limit === 1) return total;
  if (limit === 0) return 0; // also of infinitely many
  return limit < 1 ? Math.floor(limit * total) : Math.min(total, limit);
}
