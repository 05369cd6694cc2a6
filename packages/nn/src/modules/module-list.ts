import { isModule } from '../is-module.js';
import { Module } from '../module.js';

/**
 * A list of modules, called `0`, `1`, …; it has no `forward`. PyTorch: `torch.nn.ModuleList`.
 *
 * @example
 * layers = new ModuleList(Array.from({ length: 12 }, () => new Linear(64, 64)));
 * for (const layer of this.layers) x = layer(x);
 */
export class ModuleList<M extends Module = Module> extends Module {
  static override readonly callable = false;
  [index: number]: M;
  private count = 0;

  constructor(modules: Iterable<M> = []) {
    super();
    this.extend(modules);
  }

  override get length(): number {
    return this.count;
  }

  /** The module at a position, counted from the end if negative. */
  at(index: number): M | undefined {
    return this[index < 0 ? index + this.count : index];
  }

  append(module: M): this {
    if (!isModule(module)) throw new TypeError(`ModuleList: element ${this.count} is not a Module`);
    this[this.count++] = module;
    return this;
  }

  extend(modules: Iterable<M>): this {
    for (const module of modules) this.append(module);
    return this;
  }

  /** Puts a module before position `index`. */
  insert(index: number, module: M): this {
    const list = [...this];
    list.splice(index, 0, module);
    this.count = 0;
    return this.extend(list);
  }

  /** Takes the module at a position (the last one by default) out of the list and returns it. */
  pop(index = -1): M {
    const list = [...this];
    const [removed] = list.splice(index, 1);
    if (removed === undefined) throw new RangeError(`ModuleList: there is no module ${index}; there are ${this.count}`);
    delete this[--this.count];
    list.forEach((module, i) => {
      this[i] = module;
    });
    return removed;
  }

  protected override properties(): Iterable<[string, unknown]> {
    return [...this].map((module, i) => [String(i), module]);
  }

  /** @internal */
  override replaceModule(property: string, module: Module): void {
    this[Number(property)] = module as M;
  }

  /** @throws {TypeError} Always: loop over the list instead. */
  forward(): never {
    throw new TypeError('ModuleList has no forward; call its modules: for (const layer of list) x = layer(x)');
  }

  *[Symbol.iterator](): Iterator<M> {
    for (let i = 0; i < this.count; i++) yield this[i];
  }
}
