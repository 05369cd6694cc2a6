/** A module's values by name, out of it and into it. */
import { FlambeauError, isTensor, type Tensor } from '@flambeau/core';
import { isLazy, materialize } from './lazy-tensors.js';
import type { Module } from './module.js';

/** Tensors by PyTorch's names, as checkpoints hold them. */
export type StateDict = { [name: string]: Tensor };

export interface LoadStateDictOptions {
  /** Whether every name must be found on both sides. Default true. */
  readonly strict?: boolean;
  /** Use the given tensors' memory and dtypes instead of copying their values. Default false. */
  readonly assign?: boolean;
}

export interface StateDictOptions {
  /** Put before every name. Default `''`. */
  readonly prefix?: string;
  /** Parameters and buffers themselves instead of detached ones. Default false. */
  readonly keepVars?: boolean;
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

const EXTRA_STATE = '_extra_state';

interface Entry {
  readonly name: string;
  /** Null for a module's extra state. */
  readonly tensor: Tensor | null;
  readonly module: Module;
  readonly optional: boolean;
}

/** What a module alone saves, in PyTorch's order. */
function ownEntries(module: Module, prefix: string): Entry[] {
  const entries: Entry[] = module.members().flatMap((member) => {
    if (member.kind === 'module' || (member.kind === 'buffer' && !member.persistent)) return [];
    const optional = module.isOptionalInStateDict(member.property);
    return [{ name: prefix + member.name, tensor: member.value, module, optional }];
  });
  const extra = module.getExtraState() === null ? [] : [{ name: prefix + EXTRA_STATE, tensor: null, module, optional: false }];
  return [...entries, ...extra];
}

const submodules = (module: Module): [name: string, child: Module][] =>
  module.members().flatMap((member) => (member.kind === 'module' ? [[member.name, member.value]] : []));

/** All that is saved. A shared tensor is there under each of its names. */
const entriesOf = (module: Module, prefix: string): Entry[] => [
  ...ownEntries(module, prefix),
  ...submodules(module).flatMap(([name, child]) => entriesOf(child, `${prefix}${name}.`)),
];

export function stateDict(module: Module, { prefix = '', keepVars = false }: StateDictOptions): StateDict {
  const state: StateDict = {};
  write(module, prefix, keepVars, state);
  return state;
}

function write(module: Module, prefix: string, keepVars: boolean, state: StateDict): void {
  for (const hook of module.stateHooks.savePre) hook(module, prefix);
  for (const { name, tensor } of ownEntries(module, prefix)) {
    if (Object.hasOwn(state, name)) throw new FlambeauError(`stateDict: the name ${name} occurs twice; rename a property`);
    const value = tensor ?? (module.getExtraState() as Tensor);
    state[name] = keepVars ? value : value.detached();
  }
  for (const [name, child] of submodules(module)) write(child, `${prefix}${name}.`, keepVars, state);
  for (const hook of module.stateHooks.save) hook(module, state, prefix);
}

/** Calls `visit` for a module and all below it, also once more for those that are held in several places. */
function walk(module: Module, prefix: string, visit: (module: Module, prefix: string) => void): void {
  visit(module, prefix);
  for (const [name, child] of submodules(module)) walk(child, `${prefix}${name}.`, visit);
}

export function loadStateDict(
  module: Module,
  state: StateDict | ReadonlyMap<string, Tensor>,
  { strict = true, assign = false }: LoadStateDictOptions,
): LoadResult {
  const editable: StateDict = { ...(state instanceof Map ? Object.fromEntries(state) : (state as StateDict)) };
  walk(module, '', (part, prefix) => {
    for (const hook of part.stateHooks.loadPre) hook(part, editable, prefix);
  });
  const given = new Map(Object.entries(editable));
  const missingKeys: string[] = [];
  const mismatchedKeys: string[] = [];
  const mismatches: string[] = [];
  const found: [entry: Entry, source: Tensor][] = [];
  const known = new Set<string>();
  for (const entry of entriesOf(module, '')) {
    const { name, tensor, optional } = entry;
    known.add(name);
    const source = given.get(name);
    if (source === undefined) {
      if (!optional) missingKeys.push(name);
      continue;
    }
    const problem = tensor === null ? null : mismatch(tensor, source, assign);
    if (problem === null) found.push([entry, source]);
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
  for (const [entry, source] of found) load(entry, source.detached(), assign);
  const result = { missingKeys, unexpectedKeys };
  walk(module, '', (part) => {
    for (const hook of part.stateHooks.load) hook(part, result);
  });
  return result;
}

function load({ tensor, module }: Entry, source: Tensor, assign: boolean): void {
  if (tensor === null) module.setExtraState(source);
  else if (isLazy(tensor)) materialize(tensor, source.to(tensor.dtype));
  else if (assign) tensor.setData(source.reshape([...tensor.shape]));
  else tensor.detached().copy_(source.reshape([...tensor.shape]));
}

function mismatch(target: Tensor, source: unknown, assign: boolean): string | null {
  if (!isTensor(source)) return `expected a tensor, got ${source === null ? 'null' : typeof source}`;
  if (isLazy(target)) return null; // takes any shape
  const wanted = target.shape.join(', ');
  const got = source.shape.join(', ');
  // PyTorch before 0.4 saved scalars as vectors of one element
  const fits = wanted === got || (wanted === '' && got === '1');
  if (fits && target.device === 'meta' && source.device !== 'meta' && !assign)
    return 'the module holds no values on device meta to copy into; pass { assign: true } or call toEmpty first';
  if (fits) return null;
  return `shape (${got}) in the state dict, (${wanted}) in the module`;
}
