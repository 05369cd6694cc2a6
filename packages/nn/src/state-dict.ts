/** A module's values by name, out of it and into it. */
import { FlambeauError, isTensor, type Tensor } from '@flambeau/core';
import type { Module } from './module.js';

/** Tensors by PyTorch's names, as checkpoints hold them. */
export type StateDict = { [name: string]: Tensor };

export interface LoadStateDictOptions {
  /** Whether every name must be found on both sides. Default true. */
  readonly strict?: boolean;
}

/** What did not match; both empty after a strict load. */
export interface LoadResult {
  readonly missingKeys: string[];
  readonly unexpectedKeys: string[];
}

/** A state dict that does not fit the module. Nothing was loaded. */
export class StateDictError extends FlambeauError {
  constructor(
    message: string,
    readonly missingKeys: readonly string[],
    readonly unexpectedKeys: readonly string[],
    readonly mismatchedKeys: readonly string[],
  ) {
    super(message);
  }
}

interface Entry {
  readonly name: string;
  readonly tensor: Tensor;
  readonly optional: boolean;
}

/** All that is saved, in PyTorch's order. A shared tensor is there under each of its names. */
function entriesOf(module: Module, prefix: string): Entry[] {
  return module.members().flatMap((member) => {
    const name = prefix + member.name;
    if (member.kind === 'module') return entriesOf(member.value, `${name}.`);
    if (member.kind === 'buffer' && !member.persistent) return [];
    return [{ name, tensor: member.value, optional: module.isOptionalInStateDict(member.property) }];
  });
}

export function stateDict(module: Module, prefix: string): StateDict {
  const state: StateDict = {};
  for (const { name, tensor } of entriesOf(module, prefix)) {
    if (Object.hasOwn(state, name)) throw new FlambeauError(`stateDict: the name ${name} occurs twice; rename a property`);
    state[name] = tensor.detached();
  }
  return state;
}

export function loadStateDict(
  module: Module,
  state: StateDict | ReadonlyMap<string, Tensor>,
  { strict = true }: LoadStateDictOptions,
): LoadResult {
  const given = new Map(state instanceof Map ? state : Object.entries(state));
  const missingKeys: string[] = [];
  const mismatchedKeys: string[] = [];
  const mismatches: string[] = [];
  const copies: [target: Tensor, source: Tensor][] = [];
  const known = new Set<string>();
  for (const { name, tensor, optional } of entriesOf(module, '')) {
    known.add(name);
    const source = given.get(name);
    if (source === undefined) {
      if (!optional) missingKeys.push(name);
      continue;
    }
    const problem = mismatch(tensor, source);
    if (problem === null) copies.push([tensor, source]);
    else {
      mismatchedKeys.push(name);
      mismatches.push(`${name}: ${problem}`);
    }
  }
  const unexpectedKeys = [...given.keys()].filter((name) => !known.has(name));
  if (mismatches.length > 0 || (strict && missingKeys.length + unexpectedKeys.length > 0)) {
    const type = module.constructor.name;
    const parts = [
      strict && missingKeys.length > 0 ? `\n  missing: ${missingKeys.join(', ')}` : '',
      strict && unexpectedKeys.length > 0 ? `\n  unexpected: ${unexpectedKeys.join(', ')}` : '',
      ...mismatches.map((text) => `\n  ${text}`),
    ];
    throw new StateDictError(
      `loadStateDict: the state dict does not fit ${type}; nothing was loaded${parts.join('')}`,
      missingKeys,
      unexpectedKeys,
      mismatchedKeys,
    );
  }
  for (const [target, source] of copies) target.detached().copy_(source.detached().reshape([...target.shape]));
  return { missingKeys, unexpectedKeys };
}

function mismatch(target: Tensor, source: unknown): string | null {
  if (!isTensor(source)) return `expected a tensor, got ${source === null ? 'null' : typeof source}`;
  const wanted = target.shape.join(', ');
  const got = source.shape.join(', ');
  // PyTorch before 0.4 saved scalars as vectors of one element
  if (wanted === got || (wanted === '' && got === '1')) return null;
  return `shape (${got}) in the state dict, (${wanted}) in the module`;
}
