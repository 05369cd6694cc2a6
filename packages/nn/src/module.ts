/** The base class of everything that computes and learns. */
import {
  type DType,
  DTypeError,
  emptyLike,
  FlambeauError,
  isComplexDType,
  isFloatingPoint,
  isTensor,
  type Tensor,
} from '@flambeau/core';
import { persistentCopy } from '@flambeau/core/internal';
import { bufferPersistence } from './buffer.js';
import { refuseHidden } from './hidden-members.js';
import { Hooked } from './hooked.js';
import { BRAND, isModule } from './is-module.js';
import { addModulePath } from './module-error.js';
import { toStateKey } from './names.js';
import { isParameter, type Parameter } from './parameter.js';
import { describe, type ModuleJSON, moduleToJSON } from './repr.js';
import {
  type LoadResult,
  type LoadStateDictOptions,
  loadStateDict,
  type StateDict,
  type StateDictOptions,
  stateDict,
} from './state-dict.js';

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
export abstract class Module extends Hooked {
  /** True in training mode; `dropout` and batch norms look at it. */
  training = true;
  // one field: objects with many fields are slow
  readonly #own = {
    /** Properties that are buffers, and whether they are persistent. */
    buffers: new Map<string, boolean>(),
    /** Properties that were found to be parameters. */
    parameters: new Set<string>(),
  };

  /** @internal */
  protected override locate(error: unknown): void {
    addModulePath(error, this);
  }

  /** @internal Takes over what another module keeps besides its properties. */
  adoptState(other: Module): void {
    for (const [name, persistent] of other.#own.buffers) this.#own.buffers.set(name, persistent);
    for (const property of other.#own.parameters) this.#own.parameters.add(property);
    this.adoptHooks(other);
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
   * @throws {TypeError} If a plain tensor was assigned over a parameter, or modules or parameters are held where they are not seen.
   */
  members(): Member[] {
    const found: Record<Member['kind'], Member[]> = { parameter: [], buffer: [], module: [] };
    const names = new Map<string, string>();
    const hidden: [property: string, value: object][] = [];
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
        this.#own.parameters.add(property);
        add({ kind: 'parameter', name: this.stateKey(property), property, value });
      } else if (isModule(value)) {
        add({ kind: 'module', name: this.stateKey(property), property, value });
      } else if (isTensor(value)) {
        const persistent = this.#own.buffers.get(property) ?? bufferPersistence(value);
        if (persistent !== undefined) add({ kind: 'buffer', name: this.stateKey(property), property, value, persistent });
        else if (this.#own.parameters.has(property))
          throw new TypeError(
            `${this.#type}: a plain tensor was assigned over the parameter ${property}; assign new Parameter(tensor), or null to remove it`,
          );
      } else if (typeof value === 'object' && value !== null) hidden.push([property, value]);
    }
    const members = [...found.parameter, ...found.buffer, ...found.module];
    for (const [property, value] of hidden) refuseHidden(this.#type, property, value, members);
    return members;
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
    this.#own.buffers.set(name, persistent);
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

  /** Sets a submodule under a name that is only known at run time. PyTorch: `register_module`, `add_module`. */
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

  #memberAt(op: string, kind: 'parameter' | 'buffer', path: string): Tensor {
    const dot = path.lastIndexOf('.');
    const module = this.getSubmodule(path.slice(0, Math.max(dot, 0)));
    const last = path.slice(dot + 1);
    const members = module.members().filter((m) => m.kind === kind);
    const member = members.find((m) => m.name === last || m.property === last);
    if (member === undefined)
      throw new FlambeauError(
        `${op}: ${path.slice(0, Math.max(dot, 0)) || this.#type} has no ${kind} '${last}'; it has ${members.map((m) => m.name).join(', ') || 'none'}`,
      );
    return member.value as Tensor;
  }

  /**
   * The parameter at a path of names, e.g. `layers.3.weight`. PyTorch: `get_parameter`.
   *
   * @throws {FlambeauError} If there is none.
   */
  getParameter(path: string): Parameter {
    return this.#memberAt('getParameter', 'parameter', path) as Parameter;
  }
  /** The buffer at a path of names. PyTorch: `get_buffer`. */
  getBuffer(path: string): Tensor {
    return this.#memberAt('getBuffer', 'buffer', path);
  }

  /**
   * Puts a module in the place of the submodule at a path of names, which need not exist but for its last part.
   * PyTorch: `set_submodule`.
   *
   * @throws {FlambeauError} If there is no module that could hold it.
   */
  setSubmodule(path: string, module: Module): void {
    const dot = path.lastIndexOf('.');
    const holder = this.getSubmodule(path.slice(0, Math.max(dot, 0)));
    const name = path.slice(dot + 1);
    const member = holder.members().find((m) => m.name === name || m.property === name);
    if (member !== undefined && member.kind !== 'module')
      throw new FlambeauError(`setSubmodule: ${path} is a ${member.kind}, not a module`);
    holder.replaceModule(member?.property ?? name, module);
  }

  /** @internal Sets the submodule of that property. Containers that keep their members elsewhere override it. */
  replaceModule(property: string, module: Module): void {
    this.registerModule(property, module);
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
  /** Converts every parameter and buffer, also integers. PyTorch: `Module.type`. */
  type(dtype: DType): this {
    for (const t of [...this.parameters(), ...this.buffers()])
      if (t.dtype !== dtype) t.setData(persistentCopy(t.detached().to(dtype)));
    return this;
  }
  /** Moves parameters and buffers to memory that threads can share. PyTorch: `Module.share_memory`. */
  shareMemory(): this {
    for (const t of [...this.parameters(), ...this.buffers()]) t.shareMemory_();
    return this;
  }
  /**
   * Gives every parameter and buffer uninitialised memory on a device, for instance one made on the meta device before its weights are
   * loaded. PyTorch: `Module.to_empty`.
   */
  toEmpty({ device }: { readonly device: string }): this {
    for (const t of [...this.parameters(), ...this.buffers()]) t.setData(persistentCopy(emptyLike(t.detached(), { device })));
    return this;
  }
  /** The module on the CPU, where it is. PyTorch: `Module.cpu`. */
  cpu(): this {
    return this.to({ device: 'cpu' });
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
  stateDict(options: StateDictOptions = {}): StateDict {
    return stateDict(this, options);
  }

  /** What else the module saves, as one tensor; override it together with `setExtraState`. PyTorch: `get_extra_state`. */
  getExtraState(): Tensor | null {
    return null;
  }
  /** Takes back what `getExtraState` returned. PyTorch: `set_extra_state`. */
  setExtraState(_state: Tensor): void {
    throw new FlambeauError(`${this.#type}: getExtraState is overridden, but setExtraState is not`);
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

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);
