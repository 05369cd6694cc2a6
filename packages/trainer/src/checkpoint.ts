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
  readonly loader: DataLoaderState | null;
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

export function writeCheckpoint(path: string, model: Readonly<Record<string, Tensor>>, optimizers: readonly Optimizer[], state: TrainerState): void {
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
  saveFile(path, tensors, { metadata: { [KEY]: JSON.stringify({ version: VERSION, optimizers: plain, state }) } });
}

/** @throws {CheckpointError} If the file is damaged or is not a checkpoint of the trainer. */
export function readCheckpoint(path: string): Checkpoint {
  const file = new SafetensorsFile(path);
  try {
    const text = file.metadata[KEY];
    if (text === undefined) throw new CheckpointError(`${path} holds tensors but no training state; load it with loadFile and model.loadStateDict instead`);
    const { version, optimizers, state } = JSON.parse(text) as { version: number; optimizers: OptimizerStateDict[]; state: TrainerState };
    if (version !== VERSION) throw new CheckpointError(`${path} was written by another version of the trainer (format ${version}, this one reads ${VERSION})`);
    const model: Record<string, Tensor> = {};
    for (const name of file.tensors.keys()) {
      if (name.startsWith('model.')) model[name.slice('model.'.length)] = file.get(name);
      const match = /^optimizer\.(\d+)\.(\d+)\.(.+)$/.exec(name);
      if (match === null) continue;
      const { state: entries } = optimizers[Number(match[1])];
      entries[Number(match[2])] = { ...entries[Number(match[2])], [match[3]]: file.get(name) };
    }
    return { model, optimizers, state };
  } finally {
    file.close();
  }
}
