/** What all optimizers share: parameter groups, per-parameter state, hooks, and saving. */
import { enableGrad, noGrad } from '@flambeau/autograd';
import { borrowGrad } from '@flambeau/autograd/internal';
import { isTensor, LayoutError, type Tensor, ValueError } from '@flambeau/core';
import { HookList, type HookOptions } from './hooks.js';
import {
  loadedValue,
  type OptimizerStateDict,
  type ParameterState,
  readOptimizer,
  savedValue,
  saveOptimizer,
} from './optimizer-state.js';

/** Settings that every optimizer has. */
export interface OptimizerSettings {
  /** Learning rate. */
  lr: number;
}

/** Parameters that are optimized with the same settings. Settings may be changed between steps. */
export type ParamGroup<S extends OptimizerSettings = OptimizerSettings> = S & {
  params: Tensor[];
  /** The names of the parameters, if they were given with names. */
  paramNames?: string[];
  /** Set by learning-rate schedulers. */
  initialLr?: number;
};

/** Parameters, or all of them with their names (`model.namedParameters()`), which state dicts then record. */
export type ParamList = Iterable<Tensor> | Iterable<readonly [name: string, parameter: Tensor]>;

/** A parameter group as it is given: settings that it lacks come from the optimizer's own. */
export type ParamGroupInput<S extends OptimizerSettings> = Partial<S> & { readonly params: ParamList };

/** Parameters, or parameter groups. */
export type Params<S extends OptimizerSettings> = ParamList | Iterable<ParamGroupInput<S>>;

/** Runs before a step; may return another closure for it. */
export type StepPreHook = (optimizer: Optimizer, closure?: () => unknown) => (() => unknown) | undefined | void;
/** Runs after a step. */
export type StepPostHook = (optimizer: Optimizer, closure?: () => unknown) => void;
/** Gets a state dict; may return another one in its place. */
export type StateDictHook = (optimizer: Optimizer, stateDict: OptimizerStateDict) => OptimizerStateDict | undefined | void;
/** Runs where there is no state dict yet, or none any more. */
export type OptimizerHook = (optimizer: Optimizer) => void;

const globalStepPreHooks = new HookList<StepPreHook>();
const globalStepPostHooks = new HookList<StepPostHook>();

/** Calls `hook` before every step of every optimizer. Returns a function that removes it. PyTorch: `register_optimizer_step_pre_hook`. */
export const registerOptimizerStepPreHook = (hook: StepPreHook): (() => void) => globalStepPreHooks.add(hook);
/** Calls `hook` after every step of every optimizer. Returns a function that removes it. PyTorch: `register_optimizer_step_post_hook`. */
export const registerOptimizerStepPostHook = (hook: StepPostHook): (() => void) => globalStepPostHooks.add(hook);

/** The `update` methods that let go of the gradients when they return. */
const borrowing = new WeakSet<object>();
/** Says so of a method; then the memory of gradients that nobody else has seen is used again. */
export function borrowsGradients(update: object): void {
  borrowing.add(update);
}

/**
 * The base class of optimizers. A subclass updates the parameters of one group in `update`. PyTorch: `torch.optim.Optimizer`.
 *
 * @typeParam S - Settings of a parameter group.
 * @typeParam P - State of one parameter.
 */
export abstract class Optimizer<S extends OptimizerSettings = OptimizerSettings, P extends ParameterState = ParameterState> {
  readonly paramGroups: ParamGroup<S>[] = [];
  /** State of the parameters that were updated at least once. */
  readonly state = new Map<Tensor, P>();
  readonly #stepPreHooks = new HookList<StepPreHook>();
  readonly #stepPostHooks = new HookList<StepPostHook>();
  readonly #saveHooks = { before: new HookList<OptimizerHook>(), after: new HookList<StateDictHook>() };
  readonly #loadHooks = { before: new HookList<StateDictHook>(), after: new HookList<OptimizerHook>() };

  /**
   * @param params - Parameters, or groups of them with settings of their own.
   * @param defaults - Settings for groups that do not have them.
   */
  constructor(
    params: Params<S>,
    readonly defaults: S,
  ) {
    this.checkSettings(defaults);
    if (isTensor(params)) throw new TypeError(`${this.#type}: params must be a list of tensors or groups, got one tensor`);
    const list = [...params] as (Tensor | readonly [string, Tensor] | ParamGroupInput<S>)[];
    if (list.length === 0) throw new ValueError(`${this.#type}: the list of parameters is empty`);
    if (isTensor(list[0]) || Array.isArray(list[0])) this.addParamGroup({ params: list } as unknown as ParamGroupInput<S>);
    else for (const group of list) this.addParamGroup(group as ParamGroupInput<S>);
  }

  get #type(): string {
    return this.constructor.name;
  }

  /** Throws a ValueError for settings that make no sense. */
  protected abstract checkSettings(settings: S): void;

  /** Whether `update` can be given sparse gradients. */
  protected takesSparseGradients(_group: ParamGroup<S>): boolean {
    return false;
  }

  /** Updates `params`, which all have a gradient, by `grads`. Runs without recording. */
  protected abstract update(group: ParamGroup<S>, params: readonly Tensor[], grads: readonly Tensor[]): void;

  /**
   * Adds parameters with settings of their own, e.g. layers that are unfrozen later.
   *
   * @throws {ValueError} If a tensor is not a leaf or is optimized already.
   */
  addParamGroup(input: ParamGroupInput<S>): void {
    const given = (isTensor(input.params) ? [input.params] : [...input.params]) as (Tensor | readonly [string, Tensor])[];
    const paramNames = given.flatMap((entry) => (Array.isArray(entry) ? [entry[0] as string] : []));
    if (paramNames.length !== 0 && paramNames.length !== given.length)
      throw new ValueError(
        `${this.#type}: ${paramNames.length} of ${given.length} parameters have names; give names to all or to none`,
      );
    const params = given.map((entry) => (Array.isArray(entry) ? entry[1] : entry) as Tensor);
    const known = new Set(this.paramGroups.flatMap((group) => group.params));
    for (const [i, p] of params.entries()) {
      if (!isTensor(p)) throw new TypeError(`${this.#type}: parameter ${i} is not a tensor`);
      if (!p.isLeaf)
        throw new ValueError(`${this.#type}: parameter ${i} is the result of an operation; only leaves can be optimized`);
      if (p.info.kind !== 'float')
        throw new ValueError(`${this.#type}: parameter ${i} is of dtype ${p.dtype}; only floating tensors can be optimized`);
      if (known.has(p)) throw new ValueError(`${this.#type}: parameter ${i} appears twice`);
      this.checkParameter(p, i);
      known.add(p);
    }
    const names = paramNames.length === 0 ? {} : { paramNames };
    const group = { ...this.defaults, ...input, params, ...names } as ParamGroup<S>;
    this.checkSettings(group);
    this.paramGroups.push(group);
  }

  /** Throws a ValueError for a parameter that this optimizer cannot train. */
  protected checkParameter(_p: Tensor, _index: number): void {}

  /** Drops the gradients of all parameters, or fills them with zeros. */
  zeroGrad({ setToNone = true }: { readonly setToNone?: boolean } = {}): void {
    for (const { params } of this.paramGroups)
      for (const p of params) {
        if (setToNone) p.grad = null;
        else if (p.grad !== null) {
          p.grad = p.grad.detach();
          p.grad.zero_();
        }
      }
  }

  /**
   * Updates every parameter that has a gradient.
   *
   * @param closure - Computes the loss and its gradients anew; runs first, with recording on.
   * @returns What `closure` returned.
   */
  step(): undefined;
  step<T>(closure: () => T): T;
  step<T>(closure?: () => T): T | undefined {
    const self = this as unknown as Optimizer;
    let run = closure;
    for (const hooks of [globalStepPreHooks, this.#stepPreHooks])
      for (const hook of hooks) run = (hook(self, run) as (() => T) | undefined) ?? run;
    const loss = this.performStep(run);
    for (const hooks of [this.#stepPostHooks, globalStepPostHooks]) for (const hook of hooks) hook(self, run);
    return loss;
  }

  /** The step itself, without the hooks. */
  protected performStep<T>(closure: (() => T) | undefined): T | undefined {
    const loss = closure === undefined ? undefined : evaluate(closure);
    const borrows = borrowing.has(this.update);
    noGrad(() => {
      for (const group of this.paramGroups) {
        const params: Tensor[] = [];
        const grads: Tensor[] = [];
        for (const p of group.params) {
          const grad = borrows ? borrowGrad(p) : p.grad;
          if (grad === null) continue;
          if (grad.layout !== 'strided' && !this.takesSparseGradients(group))
            throw new LayoutError(
              `${this.#type}: a gradient is sparse; use SparseAdam, or Adagrad or SGD without weight decay, or an embedding with dense gradients`,
            );
          params.push(p);
          grads.push(grad);
        }
        if (params.length > 0) this.update(group, params, grads);
      }
    });
    return loss;
  }

  /** The state of a parameter; made by `init` on its first update. */
  protected stateOf(p: Tensor, init: () => P): P {
    let state = this.state.get(p);
    if (state === undefined) this.state.set(p, (state = init()));
    return state;
  }

  // ---- saving and loading ----

  /** State and settings, by PyTorch's names. The tensors share memory with the optimizer. PyTorch: `state_dict`. */
  stateDict(): OptimizerStateDict {
    const self = this as unknown as Optimizer;
    for (const hook of this.#saveHooks.before) hook(self);
    let saved = saveOptimizer(this.paramGroups, this.state, (value) => this.saveValue(value));
    for (const hook of this.#saveHooks.after) saved = hook(self, saved) ?? saved;
    return saved;
  }

  /**
   * Takes over state and settings that `stateDict()` or PyTorch saved. Parameters are matched by their order.
   *
   * @throws {ValueError} If groups or shapes do not match; nothing is changed then.
   */
  loadStateDict(stateDict: OptimizerStateDict): void {
    const self = this as unknown as Optimizer;
    let saved = stateDict;
    for (const hook of this.#loadHooks.before) saved = hook(self, saved) ?? saved;
    const { states, settings } = readOptimizer(saved, this.paramGroups, (...entry) => this.loadValue(...entry));
    this.state.clear();
    for (const [p, own] of states) this.state.set(p, own as P);
    for (const [i, group] of this.paramGroups.entries()) Object.assign(group, settings[i]);
    for (const hook of this.#loadHooks.after) hook(self);
  }

  /** What stands in a state dict for a value of a parameter's state. */
  protected saveValue(value: unknown): unknown {
    return savedValue(value);
  }
  /** The reverse of `saveValue`, in memory of its own and the parameter's dtype. */
  protected loadValue(value: unknown, name: string, p: Tensor, number: number): unknown {
    return loadedValue(value, name, this.stateShape(name, p), p, number);
  }
  /** The shape of a state tensor of `p`. */
  protected stateShape(_name: string, p: Tensor): readonly number[] {
    return p.shape;
  }

  // ---- hooks: each returns a function that removes the hook ----

  /** Calls `hook(optimizer, closure)` before each step. PyTorch: `register_step_pre_hook`. */
  registerStepPreHook(hook: StepPreHook): () => void {
    return this.#stepPreHooks.add(hook);
  }
  /** Calls `hook(optimizer, closure)` after each step. PyTorch: `register_step_post_hook`. */
  registerStepPostHook(hook: StepPostHook): () => void {
    return this.#stepPostHooks.add(hook);
  }
  /** Calls `hook(optimizer)` before `stateDict` collects anything. PyTorch: `register_state_dict_pre_hook`. */
  registerStateDictPreHook(hook: OptimizerHook, options?: HookOptions): () => void {
    return this.#saveHooks.before.add(hook, options);
  }
  /** Calls `hook(optimizer, stateDict)` with what `stateDict` made. PyTorch: `register_state_dict_post_hook`. */
  registerStateDictPostHook(hook: StateDictHook, options?: HookOptions): () => void {
    return this.#saveHooks.after.add(hook, options);
  }
  /** Calls `hook(optimizer, stateDict)` with what `loadStateDict` got. PyTorch: `register_load_state_dict_pre_hook`. */
  registerLoadStateDictPreHook(hook: StateDictHook, options?: HookOptions): () => void {
    return this.#loadHooks.before.add(hook, options);
  }
  /** Calls `hook(optimizer)` when `loadStateDict` is done. PyTorch: `register_load_state_dict_post_hook`. */
  registerLoadStateDictPostHook(hook: OptimizerHook, options?: HookOptions): () => void {
    return this.#loadHooks.after.add(hook, options);
  }

  // ---- printing ----

  toString(): string {
    const groups = this.paramGroups.map(({ params, paramNames, ...settings }, i) => {
      const lines = Object.entries(settings).map(([name, value]) => `    ${name}: ${String(value)}\n`);
      return `  group ${i}: ${params.length} parameters\n${lines.join('')}`;
    });
    return `${this.#type} (\n${groups.join('')})`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Runs a closure with recording on. */
export function evaluate<T>(closure: () => T): T {
  const loss = enableGrad(closure);
  if (loss instanceof Promise)
    throw new TypeError('step: the closure must be synchronous; await the gradients first, then call step()');
  return loss;
}

/** Throws unless `value` is a finite number of at least `min` (and below `below`). */
export function checkSetting(optimizer: string, name: string, value: number, min = 0, below = Number.POSITIVE_INFINITY): void {
  if (typeof value !== 'number' || !(value >= min && value < below))
    throw new ValueError(
      `${optimizer}: ${name} must be ${below === Number.POSITIVE_INFINITY ? `a number of at least ${min}` : `in [${min}, ${below})`}, got ${value}`,
    );
}
