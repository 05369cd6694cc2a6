/** The base class of everything that computes and learns. */
import { type DType, DTypeError, FlambeauError, isComplexDType, isFloatingPoint, isTensor, type Tensor } from '@flambeau/core';
import { context, persistentCopy } from '@flambeau/core/internal';
import { Callable } from './callable.js';
import { addModulePath } from './module-error.js';
import { toStateKey } from './names.js';
import { isParameter, type Parameter } from './parameter.js';
import { describe, type ModuleJSON, moduleToJSON } from './repr.js';
import { type LoadResult, type LoadStateDictOptions, loadStateDict, type StateDict, stateDict } from './state-dict.js';

/** May return other arguments, as a list. */
export type ForwardPreHook<M, A> = (module: M, args: A) => A | undefined | void;
/** May return another output. */
export type ForwardHook<M, A, R> = (module: M, args: A, output: R) => R | undefined | void;

export interface NamedOptions {
  /** Put before every name. Default `''`. */
  readonly prefix?: string;
  /** Also those of submodules. Default true. */
  readonly recurse?: boolean;
  /** Names something that is held in several places once, under its first name. Default true. */
  readonly removeDuplicate?: boolean;
}

export interface BufferOptions {
  /** Whether the buffer is part of the state dict. Default true. */
  readonly persistent?: boolean;
}

/** Something that a module holds, under the name of its state-dict key. */
export type Member =
  | { readonly kind: 'parameter'; readonly name: string; readonly property: string; readonly value: Parameter }
  | {
      readonly kind: 'buffer';
      readonly name: string;
      readonly property: string;
      readonly value: Tensor;
      readonly persistent: boolean;
    }
  | { readonly kind: 'module'; readonly name: string; readonly property: string; readonly value: Module };

const BRAND = Symbol.for('@flambeau/nn.Module');

export interface Module {
  /** Runs `forward`, with the hooks around it. */
  (...args: Parameters<this['forward']>): ReturnType<this['forward']>;
  /** A module is a function object: this is not a number of children. */
  readonly length: unknown;
}

/**
 * The base class of all models and layers. Write the constructor (or fields) and `forward`; call the module itself:
 * `const y = model(x)`. Fields that hold a `Parameter` or a `Module` are found by name; buffers are registered.
 * PyTorch: `torch.nn.Module`.
 *
 * A module is a function object, so a field called `name` or `length` is written `override name = …`.
 *
 * @example
 * class Net extends Module {
 *   fc1 = new Linear(784, 128);
 *   fc2 = new Linear(128, 10);
 *   forward(x: Tensor) {
 *     return this.fc2(this.fc1(x).relu());
 *   }
 * }
 * const logits = new Net()(zeros([64, 784])); // (64, 10)
 */
export abstract class Module extends Callable {
  /** True in training mode; `dropout` and batch norms look at it. */
  training = true;
  readonly #buffers = new Map<string, boolean>();
  readonly #parameterProperties = new Set<string>();
  readonly #preHooks = new Set<(module: never, args: never) => unknown>();
  readonly #hooks = new Set<(module: never, args: never, output: never) => unknown>();

  /** @internal */
  protected override hasHooks = false;

  /** @internal */
  protected override callWatched(...args: unknown[]): unknown {
    const tracker = context().scope;
    let output: unknown;
    tracker?.enterForward?.();
    try {
      let input = args;
      for (const hook of this.#preHooks) {
        tracker?.expose?.(input);
        input = (hook(this as never, input as never) as unknown[] | undefined) ?? input;
      }
      output = this.forward(...input);
      for (const hook of this.#hooks) {
        tracker?.expose?.([input, output]);
        output = hook(this as never, input as never, output as never) ?? output;
      }
      return output;
    } finally {
      tracker?.leaveForward?.(output);
    }
  }

  /** @internal */
  protected override locate(error: unknown): void {
    addModulePath(error, this);
  }

  #addHook<H>(hooks: Set<H>, hook: H): () => void {
    hooks.add(hook);
    this.hasHooks = true;
    return () => {
      hooks.delete(hook);
      this.hasHooks = this.#preHooks.size + this.#hooks.size > 0;
    };
  }

  /**
   * Calls `hook(module, args)` before each `forward`; it may return other arguments, as a list.
   * Returns a function that removes the hook. PyTorch: `register_forward_pre_hook`.
   */
  registerForwardPreHook(hook: ForwardPreHook<this, Parameters<this['forward']>>): () => void {
    return this.#addHook<(module: never, args: never) => unknown>(this.#preHooks, hook);
  }

  /**
   * Calls `hook(module, args, output)` after each `forward`; it may return another output.
   * Returns a function that removes the hook. PyTorch: `register_forward_hook`.
   */
  registerForwardHook(hook: ForwardHook<this, Parameters<this['forward']>, ReturnType<this['forward']>>): () => void {
    return this.#addHook<(module: never, args: never, output: never) => unknown>(this.#hooks, hook);
  }

  // ---- what the module holds ----

  /**
   * The name of a property in names and state-dict keys: `runningMean` is `running_mean`, all but plain camelCase stays as it
   * is. A class that must match other names overrides this.
   */
  protected stateKey(property: string): string {
    return toStateKey(property);
  }

  /** Whether a state dict may lack the entry of this property even if it is loaded strictly. */
  isOptionalInStateDict(_property: string): boolean {
    return false;
  }

  /** The properties that `members` looks at, with their values. Containers that keep their members elsewhere override it. */
  protected properties(): Iterable<[property: string, value: unknown]> {
    return Object.entries(this);
  }

  /**
   * @internal Parameters, buffers and submodules of this module alone, in this order.
   * @throws {TypeError} If a plain tensor was assigned over a parameter.
   */
  members(): Member[] {
    const found: Record<Member['kind'], Member[]> = { parameter: [], buffer: [], module: [] };
    const names = new Map<string, string>();
    const add = (member: Member) => {
      const { name, property } = member;
      const other = names.get(name);
      if (other !== undefined)
        throw new FlambeauError(
          `${this.#type}: the properties ${other} and ${property} are both called ${name} in state dicts; rename one`,
        );
      names.set(name, property);
      found[member.kind].push(member);
    };
    for (const [property, value] of this.properties()) {
      if (isParameter(value)) {
        this.#parameterProperties.add(property);
        add({ kind: 'parameter', name: this.stateKey(property), property, value });
      } else if (isModule(value)) {
        add({ kind: 'module', name: this.stateKey(property), property, value });
      } else if (isTensor(value)) {
        const persistent = this.#buffers.get(property);
        if (persistent !== undefined) add({ kind: 'buffer', name: this.stateKey(property), property, value, persistent });
        else if (this.#parameterProperties.has(property))
          throw new TypeError(
            `${this.#type}: a plain tensor was assigned over the parameter ${property}; assign new Parameter(tensor), or null to remove it`,
          );
      }
    }
    return [...found.parameter, ...found.buffer, ...found.module];
  }

  get #type(): string {
    return this.constructor.name;
  }

  /**
   * Declares the property `name` to be a buffer: state that is saved and converted with the module but not trained.
   * Null declares one that is absent. Returns the buffer, whose memory is its own. PyTorch: `register_buffer`.
   *
   * @example
   * readonly runningMean = this.registerBuffer('runningMean', zeros([64]));
   */
  registerBuffer<T extends Tensor | null>(name: string, buffer: T, { persistent = true }: BufferOptions = {}): T {
    this.#checkName(name);
    if (buffer !== null && !isTensor(buffer)) throw new TypeError(`registerBuffer: ${name} must be a tensor or null`);
    this.#buffers.set(name, persistent);
    const own = buffer === null ? null : persistentCopy(buffer);
    this.#set(name, own);
    return own as T;
  }

  /** Sets a parameter under a name that is only known at run time. PyTorch: `register_parameter`. */
  registerParameter(name: string, parameter: Parameter | null): void {
    this.#checkName(name);
    if (parameter !== null && !isParameter(parameter))
      throw new TypeError(`registerParameter: ${name} must be a Parameter or null`);
    this.#set(name, parameter);
  }

  /** Sets a submodule under a name that is only known at run time. PyTorch: `register_module`. */
  registerModule(name: string, module: Module): void {
    this.#checkName(name);
    if (!isModule(module)) throw new TypeError(`registerModule: ${name} must be a Module`);
    this.#set(name, module);
  }

  #checkName(name: string): void {
    if (typeof name !== 'string' || name === '' || name.includes('.'))
      throw new TypeError(`${this.#type}: '${String(name)}' cannot name a member; names are not empty and have no dots`);
    // a field may be replaced, but no method and no property of the function object
    const own = Object.getOwnPropertyDescriptor(this, name);
    if (own === undefined ? name in this : !own.enumerable)
      throw new TypeError(`${this.#type}: ${name} exists already; choose another name`);
  }

  #set(property: string, value: unknown): void {
    (this as unknown as Record<string, unknown>)[property] = value;
  }

  /** The submodules of this module alone, with their names. */
  namedChildren(): [string, Module][] {
    const seen = new Set<Module>();
    const children: [string, Module][] = [];
    for (const member of this.members()) {
      if (member.kind !== 'module' || seen.has(member.value)) continue;
      seen.add(member.value);
      children.push([member.name, member.value]);
    }
    return children;
  }
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child);
  }

  /** This module (named `''`) and all below it; one that is held in several places once. */
  namedModules({ prefix = '', removeDuplicate = true }: NamedOptions = {}): [string, Module][] {
    const seen = new Set<Module>();
    const result: [string, Module][] = [];
    const visit = (name: string, module: Module): void => {
      if (removeDuplicate && seen.has(module)) return;
      seen.add(module);
      result.push([name, module]);
      for (const member of module.members()) if (member.kind === 'module') visit(join(name, member.name), member.value);
    };
    visit(prefix, this);
    return result;
  }
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  #namedTensors(
    kind: 'parameter' | 'buffer',
    { prefix = '', recurse = true, removeDuplicate = true }: NamedOptions,
  ): [string, Tensor][] {
    const seen = new Set<Tensor>();
    const result: [string, Tensor][] = [];
    for (const [path, module] of recurse ? this.namedModules({ prefix, removeDuplicate }) : [[prefix, this] as const]) {
      for (const member of module.members()) {
        if (member.kind !== kind || (removeDuplicate && seen.has(member.value))) continue;
        seen.add(member.value);
        result.push([join(path, member.name), member.value]);
      }
    }
    return result;
  }

  /** Parameters with their state-dict names. A shared one is listed once. PyTorch: `named_parameters`. */
  namedParameters(options: NamedOptions = {}): [string, Parameter][] {
    return this.#namedTensors('parameter', options) as [string, Parameter][];
  }
  parameters(recurse = true): Parameter[] {
    return this.namedParameters({ recurse }).map(([, parameter]) => parameter);
  }

  /** Buffers with their state-dict names. PyTorch: `named_buffers`. */
  namedBuffers(options: NamedOptions = {}): [string, Tensor][] {
    return this.#namedTensors('buffer', options);
  }
  buffers(recurse = true): Tensor[] {
    return this.namedBuffers({ recurse }).map(([, buffer]) => buffer);
  }

  /**
   * The submodule at a path of names, e.g. `layers.3.attn`; this module for `''`.
   *
   * @throws {FlambeauError} If there is none; the message names the first missing part.
   */
  getSubmodule(path: string): Module {
    let module: Module = this;
    if (path === '') return module;
    const parts = path.split('.');
    for (const [i, part] of parts.entries()) {
      const child = module.members().find((m) => m.kind === 'module' && (m.name === part || m.property === part));
      if (child === undefined) {
        const names = module.namedChildren().map(([name]) => name);
        throw new FlambeauError(
          `getSubmodule: ${parts.slice(0, i).join('.') || module.#type} has no submodule '${part}'; it has ${names.join(', ') || 'none'}`,
        );
      }
      module = child.value as Module;
    }
    return module;
  }

  // ---- modes and conversions ----

  /** Switches this module and all below it to training (or evaluation) mode. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }
  /** Switches to evaluation mode. */
  eval(): this {
    return this.train(false);
  }

  /** Whether gradients flow to the parameters. */
  requiresGrad_(on = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = on;
    return this;
  }

  /** Drops the gradients of all parameters, or fills them with zeros. */
  zeroGrad({ setToNone = true }: { readonly setToNone?: boolean } = {}): void {
    for (const parameter of this.parameters()) {
      if (setToNone) parameter.grad = null;
      else if (parameter.grad !== null) {
        parameter.grad = parameter.grad.detach();
        parameter.grad.zero_();
      }
    }
  }

  /** Calls `fn` with every submodule, innermost first, and then with this module. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /**
   * Converts floating parameters, gradients and buffers. The parameters stay the same objects.
   *
   * @throws {DTypeError} If `dtype` is not a floating or complex dtype.
   */
  to(target: DType | { readonly dtype?: DType; readonly device?: string }): this {
    const { dtype, device } = typeof target === 'string' ? { dtype: target, device: undefined } : target;
    if (dtype !== undefined && !isFloatingPoint(dtype) && !isComplexDType(dtype))
      throw new DTypeError(`Module.to: parameters are converted to floating dtypes only, not to ${dtype}`);
    const convert = (t: Tensor): void => {
      const wanted = dtype !== undefined && isFloatingPoint(t.dtype) ? dtype : t.dtype;
      const options = device === undefined ? { dtype: wanted } : { dtype: wanted, device };
      const converted = t.detached().to(options);
      if (converted.storage !== t.storage) t.setData(persistentCopy(converted));
    };
    for (const parameter of this.parameters()) {
      const { grad } = parameter;
      convert(parameter);
      if (grad !== null) convert(grad);
    }
    this.buffers().forEach(convert);
    return this;
  }
  float(): this {
    return this.to('float32');
  }
  double(): this {
    return this.to('float64');
  }
  half(): this {
    return this.to('float16');
  }
  bfloat16(): this {
    return this.to('bfloat16');
  }

  // ---- saving and loading ----

  /**
   * Parameters and persistent buffers by PyTorch's names. They share memory with the module; `clone()` what must not change.
   * PyTorch: `state_dict`.
   */
  stateDict({ prefix = '' }: { readonly prefix?: string } = {}): StateDict {
    return stateDict(this, prefix);
  }

  /**
   * Copies values into parameters and buffers. Either everything fits and is loaded, or nothing is changed.
   *
   * @throws {StateDictError} Naming every entry whose shape differs and, if `strict`, every missing and unexpected entry.
   */
  loadStateDict(state: StateDict | ReadonlyMap<string, Tensor>, options: LoadStateDictOptions = {}): LoadResult {
    return loadStateDict(this, state, options);
  }

  // ---- printing ----

  /** The module's own part of its printed form, e.g. `inFeatures=3, outFeatures=4`. PyTorch: `extra_repr`. */
  extraRepr(): string {
    return '';
  }
  override toString(): string {
    return describe(this);
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return describe(this);
  }
  toJSON(): ModuleJSON {
    return moduleToJSON(this);
  }
  get [Symbol.toStringTag](): string {
    return this.#type;
  }

  get [BRAND](): true {
    return true;
  }
}

/** True for modules of any copy of this package. */
export function isModule(value: unknown): value is Module {
  return (
    (typeof value === 'function' || (typeof value === 'object' && value !== null)) &&
    (value as { [BRAND]?: true })[BRAND] === true
  );
}

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);
