import { isModule } from '../is-module.js';
import { Module } from '../module.js';

/**
 * Modules by name, used like a `Map`; the names are the state-dict keys as they are. PyTorch: `torch.nn.ModuleDict`.
 *
 * @example
 * heads = new ModuleDict({ policy: new Linear(64, 4), value: new Linear(64, 1) });
 * this.heads.get('policy')(x);
 */
export class ModuleDict<M extends Module = Module> extends Module {
  static override readonly callable = false;
  private readonly map = new Map<string, M>();

  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    this.update(modules);
  }

  get size(): number {
    return this.map.size;
  }

  /** @throws {RangeError} If there is no module of that name. */
  get(name: string): M {
    const module = this.map.get(name);
    if (module === undefined)
      throw new RangeError(`ModuleDict: no module '${name}'; there are ${[...this.keys()].join(', ') || 'none'}`);
    return module;
  }
  has(name: string): boolean {
    return this.map.has(name);
  }
  set(name: string, module: M): this {
    if (name === '' || name.includes('.'))
      throw new TypeError(`ModuleDict: '${name}' cannot name a module; names are not empty and have no dots`);
    if (!isModule(module)) throw new TypeError(`ModuleDict: ${name} is not a Module`);
    this.map.set(name, module);
    return this;
  }
  /** Sets all of the given modules. */
  update(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]>): this {
    const entries = Symbol.iterator in modules ? modules : Object.entries(modules);
    for (const [name, module] of entries as Iterable<readonly [string, M]>) this.set(name, module);
    return this;
  }
  delete(name: string): boolean {
    return this.map.delete(name);
  }
  /** Takes a module out and returns it. */
  pop(name: string): M {
    const module = this.get(name);
    this.map.delete(name);
    return module;
  }
  clear(): void {
    this.map.clear();
  }
  keys(): IterableIterator<string> {
    return this.map.keys();
  }
  values(): IterableIterator<M> {
    return this.map.values();
  }
  entries(): IterableIterator<[string, M]> {
    return this.map.entries();
  }
  [Symbol.iterator](): IterableIterator<[string, M]> {
    return this.map.entries();
  }

  protected override stateKey(property: string): string {
    return property;
  }
  protected override properties(): Iterable<[string, unknown]> {
    return this.map;
  }

  /** @internal */
  override replaceModule(property: string, module: Module): void {
    this.set(property, module as M);
  }

  /** @throws {TypeError} Always: call one of the modules instead. */
  forward(): never {
    throw new TypeError('ModuleDict has no forward; call one of its modules: dict.get(name)(x)');
  }
}
