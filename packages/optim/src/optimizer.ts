/** What all optimizers share: parameter groups, per-parameter state, and saving both. */
import { enableGrad, noGrad } from '@flambeau/autograd';
import { isTensor, type Tensor, ValueError } from '@flambeau/core';
import { dtypeInfo, persistentCopy, scalarTensor } from '@flambeau/core/internal';
import { toCamelCase, toSnakeCase } from './names.js';

/** Settings that every optimizer has. */
export interface OptimizerSettings {
  /** Learning rate. */
  lr: number;
}

/** Parameters that are optimized with the same settings. Settings may be changed between steps. */
export type ParamGroup<S extends OptimizerSettings = OptimizerSettings> = S & {
  params: Tensor[];
  /** Set by learning-rate schedulers. */
  initialLr?: number;
};

/** A parameter group as it is given: settings that it lacks come from the optimizer's own. */
export type ParamGroupInput<S extends OptimizerSettings> = Partial<S> & { readonly params: Iterable<Tensor> };

/** Parameters, or parameter groups. */
export type Params<S extends OptimizerSettings> = Iterable<Tensor> | Iterable<ParamGroupInput<S>>;

/** What an optimizer remembers of one parameter: tensors of its shape, and `step`. */
export type ParameterState = { [name: string]: Tensor | number | null | undefined };

/** PyTorch's structure and names, so that it can be exchanged with PyTorch. */
export interface OptimizerStateDict {
  /** By the parameter's number, counted through all groups. */
  state: Record<number, Record<string, unknown>>;
  param_groups: (Record<string, unknown> & { params: number[] })[];
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
    const list = [...params] as (Tensor | ParamGroupInput<S>)[];
    if (list.length === 0) throw new ValueError(`${this.#type}: the list of parameters is empty`);
    if (isTensor(list[0])) this.addParamGroup({ params: list as Tensor[] } as unknown as ParamGroupInput<S>);
    else for (const group of list) this.addParamGroup(group as ParamGroupInput<S>);
  }

  get #type(): string {
    return this.constructor.name;
  }

  /** Throws a ValueError for settings that make no sense. */
  protected abstract checkSettings(settings: S): void;

  /** Updates `params`, which all have a gradient, by `grads`. Runs without recording. */
  protected abstract update(group: ParamGroup<S>, params: readonly Tensor[], grads: readonly Tensor[]): void;

  /**
   * Adds parameters with settings of their own, e.g. layers that are unfrozen later.
   *
   * @throws {ValueError} If a tensor is not a leaf or is optimized already.
   */
  addParamGroup(input: ParamGroupInput<S>): void {
    const given = isTensor(input.params) ? [input.params] : [...input.params];
    const known = new Set(this.paramGroups.flatMap((group) => group.params));
    for (const [i, p] of given.entries()) {
      if (!isTensor(p)) throw new TypeError(`${this.#type}: parameter ${i} is not a tensor`);
      if (!p.isLeaf)
        throw new ValueError(`${this.#type}: parameter ${i} is the result of an operation; only leaves can be optimized`);
      if (p.info.kind !== 'float')
        throw new ValueError(`${this.#type}: parameter ${i} is of dtype ${p.dtype}; only floating tensors can be optimized`);
      if (known.has(p)) throw new ValueError(`${this.#type}: parameter ${i} appears twice`);
      known.add(p);
    }
    const group = { ...this.defaults, ...input, params: given } as ParamGroup<S>;
    this.checkSettings(group);
    this.paramGroups.push(group);
  }

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
    const loss = closure === undefined ? undefined : enableGrad(closure);
    if (loss instanceof Promise)
      throw new TypeError('step: the closure must be synchronous; await the gradients first, then call step()');
    noGrad(() => {
      for (const group of this.paramGroups) {
        const params: Tensor[] = [];
        const grads: Tensor[] = [];
        for (const p of group.params) {
          const { grad } = p;
          if (grad === null) continue;
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

  /** State and settings, by PyTorch's names. The tensors share memory with the optimizer. PyTorch: `state_dict`. */
  stateDict(): OptimizerStateDict {
    const state: OptimizerStateDict['state'] = {};
    let number = 0;
    const groups = this.paramGroups.map(({ params, ...settings }) => {
      const numbers = params.map((p) => {
        const own = this.state.get(p);
        if (own !== undefined) state[number] = mapEntries(own, toSnakeCase, savedValue);
        return number++;
      });
      return { ...mapEntries(settings, toSnakeCase, copied), params: numbers };
    });
    return { state, param_groups: groups };
  }

  /**
   * Takes over state and settings that `stateDict()` or PyTorch saved. Parameters are matched by their order.
   *
   * @throws {ValueError} If groups or shapes do not match; nothing is changed then.
   */
  loadStateDict(saved: OptimizerStateDict): void {
    const { param_groups: groups, state } = saved;
    if (groups.length !== this.paramGroups.length)
      throw new ValueError(
        `loadStateDict: ${groups.length} parameter groups were saved, the optimizer has ${this.paramGroups.length}`,
      );
    const states = new Map<Tensor, P>();
    for (const [i, group] of this.paramGroups.entries()) {
      const numbers = groups[i].params;
      if (numbers.length !== group.params.length)
        throw new ValueError(
          `loadStateDict: group ${i} was saved with ${numbers.length} parameters and has ${group.params.length}`,
        );
      for (const [j, p] of group.params.entries()) {
        const own = state[numbers[j]];
        if (own !== undefined)
          states.set(p, mapEntries(own, toCamelCase, (value, name) => loadedValue(value, name, p, numbers[j])) as P);
      }
    }
    this.state.clear();
    for (const [p, own] of states) this.state.set(p, own);
    for (const [i, group] of this.paramGroups.entries()) {
      const { params, ...settings } = groups[i];
      Object.assign(
        group,
        mapEntries(settings, toCamelCase, (value) => (isTensor(value) ? value.item() : copied(value))),
      );
    }
  }

  toString(): string {
    const groups = this.paramGroups.map(({ params, ...settings }, i) => {
      const lines = Object.entries(settings).map(([name, value]) => `    ${name}: ${String(value)}\n`);
      return `  group ${i}: ${params.length} parameters\n${lines.join('')}`;
    });
    return `${this.#type} (\n${groups.join('')})`;
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

function mapEntries<V>(
  object: object,
  rename: (name: string) => string,
  convert: (value: unknown, name: string) => V,
): Record<string, V> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [rename(name), convert(value, name)]));
}

const copied = (value: unknown): unknown => (Array.isArray(value) ? [...value] : value);

/** Step counts are float32 scalars in PyTorch. */
const savedValue = (value: unknown): unknown => (typeof value === 'number' ? scalarTensor(value, dtypeInfo('float32')) : value);

function loadedValue(value: unknown, name: string, p: Tensor, number: number): unknown {
  if (!isTensor(value)) return value;
  if (name === 'step') return Number(value.item());
  if (String(value.shape) !== String(p.shape))
    throw new ValueError(
      `loadStateDict: ${name} of parameter ${number} has shape (${value.shape.join(', ')}), the parameter (${p.shape.join(', ')})`,
    );
  return persistentCopy(value, p.info);
}

/** Throws unless `value` is a finite number of at least `min` (and below `below`). */
export function checkSetting(optimizer: string, name: string, value: number, min = 0, below = Number.POSITIVE_INFINITY): void {
  if (typeof value !== 'number' || !(value >= min && value < below))
    throw new ValueError(
      `${optimizer}: ${name} must be ${below === Number.POSITIVE_INFINITY ? `a number of at least ${min}` : `in [${min}, ${below})`}, got ${value}`,
    );
}
