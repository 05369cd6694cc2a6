/** Functions that are called around a module's work: of one module, or of all. */
import type { Tensor } from '@flambeau/core';
import type { Module } from './module.js';
import type { LoadResult, StateDict } from './state-dict.js';

/** May return other arguments, as a list. */
export type ForwardPreHook<M, A> = (module: M, args: A) => A | undefined | void;
/** May return another output. */
export type ForwardHook<M, A, R> = (module: M, args: A, output: R) => R | undefined | void;
/** Gradients of the arguments or outputs of a module; null where there is none. */
export type ModuleGradients = readonly (Tensor | null)[];
/** May return other gradients of the outputs. */
export type BackwardPreHook<M> = (module: M, gradOutput: ModuleGradients) => ModuleGradients | undefined | void;
/** May return other gradients of the arguments. */
export type BackwardHook<M> = (
  module: M,
  gradInput: ModuleGradients,
  gradOutput: ModuleGradients,
) => ModuleGradients | undefined | void;
/** Called before a module's entries are written. */
export type StateDictPreHook<M> = (module: M, prefix: string) => void;
/** Called when a module's entries have been written; may change the state dict. */
export type StateDictHook<M> = (module: M, state: StateDict, prefix: string) => void;
/** Called before a module's entries are read; may change the state dict, which is a copy. */
export type LoadStateDictPreHook<M> = (module: M, state: StateDict, prefix: string) => void;
/** Called when everything has been loaded. */
export type LoadStateDictHook<M> = (module: M, result: LoadResult) => void;

export interface HookOptions {
  /** Call the hook before those that are there already. Default false. */
  readonly prepend?: boolean;
}
export interface ForwardHookOptions extends HookOptions {
  /** Call the hook also when `forward` throws, with undefined as output. Default false. */
  readonly alwaysCall?: boolean;
}

/** @internal The hooks of one kind, in the order in which they are called. */
export class HookList<H> implements Iterable<H> {
  private list: readonly H[] = [];

  /** Returns a function that removes the hook. `changed` is called whenever the list changes. */
  add(hook: H, { prepend = false }: HookOptions, changed: () => void): () => void {
    const entry = [hook] as const; // the same function may be registered twice
    this.entries = prepend ? [entry, ...this.entries] : [...this.entries, entry];
    this.update(changed);
    return () => {
      this.entries = this.entries.filter((other) => other !== entry);
      this.update(changed);
    };
  }
  private entries: readonly (readonly [H])[] = [];

  private update(changed: () => void): void {
    this.list = this.entries.map(([hook]) => hook);
    changed();
  }

  get size(): number {
    return this.list.length;
  }
  // a hook that removes hooks does not disturb the round that calls it
  [Symbol.iterator](): Iterator<H> {
    return this.list[Symbol.iterator]();
  }

  /** Takes over the hooks of another list. */
  copyFrom(other: HookList<H>): void {
    this.entries = other.entries.map(([hook]) => [hook] as const);
    this.list = other.list;
  }
}

// the functions that register hooks know their types; the lists hold them for any module
type AnyForwardHook = { readonly call: ForwardHook<Module, unknown[], unknown>; readonly always: boolean };

/** @internal All hooks that are called when a module runs. */
export class CallHooks {
  readonly pre = new HookList<ForwardPreHook<Module, unknown[]>>();
  readonly forward = new HookList<AnyForwardHook>();
  readonly backwardPre = new HookList<BackwardPreHook<Module>>();
  readonly backward = new HookList<BackwardHook<Module>>();

  get any(): boolean {
    return this.pre.size + this.forward.size + this.backwardPre.size + this.backward.size > 0;
  }

  copyFrom(other: CallHooks): void {
    this.pre.copyFrom(other.pre);
    this.forward.copyFrom(other.forward);
    this.backwardPre.copyFrom(other.backwardPre);
    this.backward.copyFrom(other.backward);
  }
}

/** @internal All hooks around saving and loading. */
export class StateHooks {
  readonly savePre = new HookList<StateDictPreHook<Module>>();
  readonly save = new HookList<StateDictHook<Module>>();
  readonly loadPre = new HookList<LoadStateDictPreHook<Module>>();
  readonly load = new HookList<LoadStateDictHook<Module>>();

  copyFrom(other: StateHooks): void {
    this.savePre.copyFrom(other.savePre);
    this.save.copyFrom(other.save);
    this.loadPre.copyFrom(other.loadPre);
    this.load.copyFrom(other.load);
  }
}

/** @internal The hooks of all modules. `active` says whether there are any. */
export const globalHooks = { hooks: new CallHooks(), active: false };
const changed = (): void => {
  globalHooks.active = globalHooks.hooks.any;
};

/** Calls `hook` before each `forward` of any module. PyTorch: `torch.nn.modules.module.register_module_forward_pre_hook`. */
export function registerModuleForwardPreHook(hook: ForwardPreHook<Module, unknown[]>): () => void {
  return globalHooks.hooks.pre.add(hook, {}, changed);
}
/** Calls `hook` after each `forward` of any module. PyTorch: `torch.nn.modules.module.register_module_forward_hook`. */
export function registerModuleForwardHook(
  hook: ForwardHook<Module, unknown[], unknown>,
  { alwaysCall = false }: Pick<ForwardHookOptions, 'alwaysCall'> = {},
): () => void {
  return globalHooks.hooks.forward.add({ call: hook, always: alwaysCall }, {}, changed);
}
/** Calls `hook` when gradients reach any module. PyTorch: `torch.nn.modules.module.register_module_full_backward_pre_hook`. */
export function registerModuleFullBackwardPreHook(hook: BackwardPreHook<Module>): () => void {
  return globalHooks.hooks.backwardPre.add(hook, {}, changed);
}
/** Calls `hook` when gradients have passed any module. PyTorch: `torch.nn.modules.module.register_module_full_backward_hook`. */
export function registerModuleFullBackwardHook(hook: BackwardHook<Module>): () => void {
  return globalHooks.hooks.backward.add(hook, {}, changed);
}
