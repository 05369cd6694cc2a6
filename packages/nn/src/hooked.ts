import { context, trackForward } from '@flambeau/core/internal';
import { BackwardWatch } from './backward-watch.js';
import { Callable } from './callable.js';
import type { Module } from './module.js';
import {
  type BackwardHook,
  type BackwardPreHook,
  CallHooks,
  type ForwardHook,
  type ForwardHookOptions,
  type ForwardPreHook,
  globalHooks,
  type HookOptions,
  type LoadStateDictHook,
  type LoadStateDictPreHook,
  type StateDictHook,
  type StateDictPreHook,
  StateHooks,
} from './module-hooks.js';

/** The part of `Module` that calls hooks. */
export abstract class Hooked extends Callable {
  readonly #hooks = new CallHooks();
  readonly #stateHooks = new StateHooks();

  /** @internal */
  protected override hasHooks = false;

  /** @internal */
  protected override callWatched(...args: unknown[]): unknown {
    const tracker = context().scope;
    return trackForward(() => this.#callWithHooks(args, (exposed) => tracker?.expose?.(exposed)));
  }

  /** `expose` hears of everything that hooks see. */
  #callWithHooks(args: unknown[], expose: (values: unknown) => void): unknown {
    const self = this as unknown as Module;
    const [all, own] = [globalHooks.hooks, this.#hooks];
    const forwardHooks = [...all.forward, ...own.forward];
    const backwardPreHooks = [...all.backwardPre, ...own.backwardPre];
    const backwardHooks = [...all.backward, ...own.backward];
    const watch =
      backwardPreHooks.length + backwardHooks.length > 0 ? new BackwardWatch(self, backwardPreHooks, backwardHooks) : null;
    let input = args;
    let called = 0;
    try {
      for (const hook of [...all.pre, ...own.pre]) {
        expose(input);
        input = hook(self, input) ?? input;
      }
      input = watch?.inputs(input) ?? input;
      let output: unknown = this.forward(...input);
      for (const hook of forwardHooks) {
        expose([input, output]);
        called++;
        output = hook.call(self, input, output) ?? output;
      }
      return watch === null ? output : watch.outputs(output);
    } catch (error) {
      for (const hook of forwardHooks.slice(called)) if (hook.always) hook.call(self, input, undefined);
      throw error;
    }
  }

  #hooksChanged(): void {
    this.hasHooks = this.#hooks.any;
  }

  /**
   * Calls `hook(module, args)` before each `forward`; it may return other arguments, as a list.
   * Returns a function that removes the hook. PyTorch: `register_forward_pre_hook`.
   */
  registerForwardPreHook(hook: ForwardPreHook<this, Parameters<this['forward']>>, options: HookOptions = {}): () => void {
    return this.#hooks.pre.add(hook as never, options, () => this.#hooksChanged());
  }

  /**
   * Calls `hook(module, args, output)` after each `forward`; it may return another output.
   * Returns a function that removes the hook. PyTorch: `register_forward_hook`.
   */
  registerForwardHook(
    hook: ForwardHook<this, Parameters<this['forward']>, ReturnType<this['forward']>>,
    options: ForwardHookOptions = {},
  ): () => void {
    const entry = { call: hook as never, always: options.alwaysCall ?? false };
    return this.#hooks.forward.add(entry, options, () => this.#hooksChanged());
  }

  /**
   * Calls `hook(module, gradOutput)` when the gradients of the outputs are known; it may return others.
   * Returns a function that removes the hook. PyTorch: `register_full_backward_pre_hook`.
   */
  registerFullBackwardPreHook(hook: BackwardPreHook<this>, options: HookOptions = {}): () => void {
    return this.#hooks.backwardPre.add(hook as never, options, () => this.#hooksChanged());
  }

  /**
   * Calls `hook(module, gradInput, gradOutput)` when the gradients of the arguments are known; it may return others. The lists have
   * one place for each argument or output, null where there is no gradient.
   * Arguments and outputs must not be changed in place. Returns a function that removes the hook.
   * PyTorch: `register_full_backward_hook`.
   */
  registerFullBackwardHook(hook: BackwardHook<this>, options: HookOptions = {}): () => void {
    return this.#hooks.backward.add(hook as never, options, () => this.#hooksChanged());
  }

  /** Calls `hook(module, prefix)` before the module's entries are written. PyTorch: `register_state_dict_pre_hook`. */
  registerStateDictPreHook(hook: StateDictPreHook<this>): () => void {
    return this.#stateHooks.savePre.add(hook as never, {}, () => {});
  }
  /** Calls `hook(module, state, prefix)` when they are written; it may change `state`. PyTorch: `register_state_dict_post_hook`. */
  registerStateDictPostHook(hook: StateDictHook<this>): () => void {
    return this.#stateHooks.save.add(hook as never, {}, () => {});
  }
  /** Calls `hook(module, state, prefix)` before they are read; it may change `state`. PyTorch: `register_load_state_dict_pre_hook`. */
  registerLoadStateDictPreHook(hook: LoadStateDictPreHook<this>): () => void {
    return this.#stateHooks.loadPre.add(hook as never, {}, () => {});
  }
  /** Calls `hook(module, result)` when everything is loaded. PyTorch: `register_load_state_dict_post_hook`. */
  registerLoadStateDictPostHook(hook: LoadStateDictHook<this>): () => void {
    return this.#stateHooks.load.add(hook as never, {}, () => {});
  }
  /** @internal */
  get stateHooks(): StateHooks {
    return this.#stateHooks;
  }

  /** @internal Takes over the hooks of another module. */
  protected adoptHooks(other: Hooked): void {
    this.#hooks.copyFrom(other.#hooks);
    this.#stateHooks.copyFrom(other.#stateHooks);
    this.#hooksChanged();
  }
}
