/**
 * The trainer's checkpoints: one safetensors file. Tensors are `model.<state-dict key>` and
 * `optimizer.<i>.<parameter>.<name>`; everything else is JSON in the file's metadata. The file is written beside its place,
 * synced and renamed, so a crash or a full disk leaves the old one complete.
 */
import { isTensor, type Tensor } from '@flambeau/core';
import type { DataLoaderState } from '@flambeau/data';
import type { Optimizer, OptimizerStateDict } from '@flambeau/optim';
import { CheckpointError, SafetensorsFile, saveFile } from '@flambeau/weights';
import type { MetricsState } from './metrics.js';

const KEY = 'flambeau.trainer';
const VERSION = 1;

/** Everything but tensors. */
export interface TrainerState {
  readonly epoch: number;
  readonly globalStep: number;
  /** Batches of this epoch that were trained on. */
  readonly batchIndex: number;
  /** The epoch is over: training continues with the next. */
  readonly epochComplete: boolean;
  /** The validation that is due after this batch was run. */
  readonly validated: boolean;
  readonly loader: DataLoaderState | null;
  readonly valLoader: DataLoaderState | null;
  readonly rng: { readonly seed: number; readonly offset: number };
  readonly metrics: MetricsState;
  readonly metricValues: Readonly<Record<string, number>>;
  readonly schedulers: readonly unknown[];
  readonly callbacks: Readonly<Record<string, unknown>>;
  readonly hyperParameters: Readonly<Record<string, unknown>>;
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface Checkpoint {
  readonly model: Record<string, Tensor>;
  readonly optimizers: readonly OptimizerStateDict[];
  readonly state: TrainerState;
}

export function writeCheckpoint(
  path: string,
  model: Readonly<Record<string, Tensor>>,
  optimizers: readonly Optimizer[],
  state: TrainerState,
): void {
  const tensors: Record<string, Tensor> = {};
  for (const [name, t] of Object.entries(model)) tensors[`model.${name}`] = t;
  // tensors of an optimizer go among the others, its numbers into the JSON
  const plain = optimizers.map((optimizer, i) => {
    const dict = optimizer.stateDict() as OptimizerStateDict;
    const numbers: Record<string, Record<string, unknown>> = {};
    for (const [parameter, entry] of Object.entries(dict.state)) {
      numbers[parameter] = {};
      for (const [name, value] of Object.entries(entry)) {
        if (isTensor(value)) tensors[`optimizer.${i}.${parameter}.${name}`] = value;
        else numbers[parameter][name] = value;
      }
    }
    return { state: numbers, param_groups: dict.param_groups };
  });
  saveFile(path, tensors, { metadata: { [KEY]: JSON.stringify({ version: VERSION, optimizers: plain, state }, encodeNumber) } });
}

/** @throws {CheckpointError} If the file is damaged or is not a checkpoint of the trainer. */
export function readCheckpoint(path: string): Checkpoint {
  const file = new SafetensorsFile(path);
  try {
    const text = file.metadata[KEY];
    if (text === undefined)
      throw new CheckpointError(
        `${path} holds tensors but no training state; load it with loadFile and model.loadStateDict instead`,
      );
    const { optimizers, state } = parseState(text, path);
    const model: Record<string, Tensor> = {};
    for (const name of file.tensors.keys()) {
      if (name.startsWith('model.')) model[name.slice('model.'.length)] = file.get(name);
      const match = /^optimizer\.(\d+)\.(\d+)\.(.+)$/.exec(name);
      if (match === null) continue;
      const entries = optimizers[Number(match[1])]?.state;
      if (entries === undefined)
        throw new CheckpointError(`${path} holds state of optimizer ${match[1]}, but lists ${optimizers.length} optimizers`);
      entries[Number(match[2])] = { ...entries[Number(match[2])], [match[3]]: file.get(name) };
    }
    return { model, optimizers, state };
  } finally {
    file.close();
  }
}

interface StoredState {
  readonly version: number;
  readonly optimizers: OptimizerStateDict[];
  readonly state: TrainerState;
}

function parseState(text: string, path: string): StoredState {
  let stored: Partial<StoredState> | null;
  try {
    stored = JSON.parse(text, decodeNumber) as Partial<StoredState> | null;
  } catch (cause) {
    throw new CheckpointError(`${path}: the training state is not JSON (${(cause as Error).message})`, { cause });
  }
  if (stored?.version !== VERSION)
    throw new CheckpointError(
      `${path} was written by another version of the trainer (format ${String(stored?.version)}, this one reads ${VERSION})`,
    );
  if (!Array.isArray(stored.optimizers) || typeof stored.state !== 'object')
    throw new CheckpointError(`${path}: the training state is incomplete`);
  return stored as StoredState;
}

// JSON has no NaN and no infinities: the best value before the first is one.
const NON_FINITE = '$number';
const encodeNumber = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? { [NON_FINITE]: String(value) } : value;
function decodeNumber(_: string, value: unknown): unknown {
  const text = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[NON_FINITE] : undefined;
  return typeof text === 'string' ? Number(text) : value;
}
