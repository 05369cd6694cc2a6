/** A model's weights to safetensors and back, with shared weights stored once. */
import type { Tensor } from '@flambeau/core';
import { CheckpointError } from '../errors.js';
import { readAll } from '../tensor-file.js';
import { type SaveFileOptions, saveFile } from './save.js';
import { openSafetensors } from './sharded.js';

/** What of a module (`@flambeau/nn`) saving needs. */
export interface StatefulModel<R = unknown> {
  stateDict(): Record<string, Tensor>;
  loadStateDict(state: Record<string, Tensor>, options: { readonly strict?: boolean }): R;
}

/**
 * Saves a model's state dict, in which several names may share memory: it is stored under the first name (in alphabetical order)
 * that shows all of it, and the metadata says which one a missing name belongs to. Python: `safetensors.torch.save_model`.
 *
 * @throws {CheckpointError} If tensors overlap and none shows all of their memory, or the file cannot be written.
 */
export function saveModel(model: StatefulModel, path: string, { metadata = {} }: SaveFileOptions = {}): void {
  const state = model.stateDict();
  const kept: Record<string, Tensor> = { ...state };
  const shared: Record<string, string> = {};
  for (const { keep, drop } of sharedNames(state)) {
    for (const name of drop) {
      delete kept[name];
      shared[name] = keep;
    }
  }
  saveFile(path, kept, { metadata: { format: 'pt', ...shared, ...metadata } });
}

/**
 * Loads what `saveModel` (or Python's `save_model`) saved, from one file or from a sharded checkpoint's index: names that share
 * memory with a loaded one need no entry of their own. Python: `safetensors.torch.load_model`.
 *
 * @returns What the model's `loadStateDict` returns.
 * @throws {StateDictError} As `loadStateDict` does, before anything is loaded.
 */
export function loadModel<R>(model: StatefulModel<R>, path: string, { strict = true }: { readonly strict?: boolean } = {}): R {
  const file = openSafetensors(path);
  try {
    const own = model.stateDict();
    const state = readAll(file);
    for (const { keep, drop } of sharedNames(own, new Set(Object.keys(state)))) {
      // loading the kept name fills the others, which then need only be copied onto themselves
      if (keep in state) for (const name of drop) if (!(name in state)) state[name] = own[name];
    }
    return model.loadStateDict(state, { strict });
  } finally {
    file.close();
  }
}

/** Groups of names whose tensors overlap in memory: the one that shows all of it, and the others. */
function sharedNames(state: Record<string, Tensor>, preferred?: ReadonlySet<string>): { keep: string; drop: string[] }[] {
  return groupByStorage(state).flatMap((names) =>
    overlapping(names, state).map((group) => {
      const range = (name: string): [number, number] => byteRange(state[name]);
      const begin = Math.min(...group.map((name) => range(name)[0]));
      const end = Math.max(...group.map((name) => range(name)[1]));
      const complete = group.filter((name) => range(name)[1] - range(name)[0] === end - begin && isDense(state[name])).toSorted();
      const keep = complete.find((name) => preferred?.has(name)) ?? complete[0];
      if (keep === undefined)
        throw new CheckpointError(
          `the tensors ${group.join(', ')} share memory and none of them shows all of it; clone() them before saving`,
        );
      return { keep, drop: group.filter((name) => name !== keep).toSorted() };
    }),
  );
}

function groupByStorage(state: Record<string, Tensor>): string[][] {
  const groups = new Map<unknown, string[]>();
  for (const [name, t] of Object.entries(state)) {
    if (t.numel === 0) continue;
    const group = groups.get(t.storage);
    if (group === undefined) groups.set(t.storage, [name]);
    else group.push(name);
  }
  return [...groups.values()];
}

/** Parts of a group that overlap each other; several parts of one storage need not touch. */
function overlapping(names: string[], state: Record<string, Tensor>): string[][] {
  const sorted = names.toSorted((a, b) => byteRange(state[a])[0] - byteRange(state[b])[0]);
  const groups: string[][] = [];
  let end = -1;
  for (const name of sorted) {
    const range = byteRange(state[name]);
    if (range[0] >= end) groups.push([]);
    groups.at(-1)!.push(name);
    end = Math.max(end, range[1]);
  }
  return groups.filter((group) => group.length > 1);
}

function byteRange(t: Tensor): [number, number] {
  const last = t.shape.reduce((sum, size, i) => sum + (size - 1) * t.strides[i], 0);
  return [t.offset * t.itemSize, (t.offset + last + 1) * t.itemSize];
}

/** Whether the tensor shows every element between its first and its last one. */
const isDense = (t: Tensor): boolean => byteRange(t)[1] - byteRange(t)[0] === t.numel * t.itemSize;
