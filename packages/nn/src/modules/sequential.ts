import type { Tensor } from '@flambeau/core';
import { isModule } from '../is-module.js';
import { Module } from '../module.js';

/**
 * Runs its modules one after the other. Made from modules, which are then called `0`, `1`, …, or from an object of named ones.
 * PyTorch: `torch.nn.Sequential`.
 *
 * @example
 * const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
 * model[0].weight; // the first layer
 * const named = new Sequential({ conv: new Conv2d(1, 8, 3), act: new ReLU() });
 */
export class Sequential extends Module {
  [index: number]: Module;

  constructor(...modules: readonly Module[] | readonly [Record<string, Module>]) {
    super();
    const [first] = modules;
    const entries =
      modules.length === 1 && !isModule(first) ? Object.entries(first) : modules.map((module, i) => [String(i), module] as const);
    for (const [name, module] of entries) this.registerModule(name, module as Module);
  }

  protected override stateKey(property: string): string {
    return property;
  }

  /** Number of modules. */
  get size(): number {
    return [...this].length;
  }

  /** The module at a position, counted from the end if negative. */
  at(index: number): Module | undefined {
    return [...this].at(index);
  }

  /** Adds a module at the end. */
  append(module: Module): this {
    this.registerModule(String(this.size), module);
    return this;
  }

  /** Adds modules at the end. */
  extend(modules: Iterable<Module>): this {
    for (const module of modules) this.append(module);
    return this;
  }

  /**
   * Puts a module before position `index`.
   *
   * @throws {TypeError} If modules have names of their own.
   */
  insert(index: number, module: Module): this {
    return this.rearrange((list) => list.splice(index, 0, module));
  }

  /**
   * Takes the module at a position (the last one by default) out and returns it; those behind it move up.
   *
   * @throws {TypeError} If modules have names of their own.
   */
  pop(index = -1): Module {
    const removed = this.at(index);
    if (removed === undefined) throw new RangeError(`Sequential: there is no module ${index}; there are ${this.size}`);
    this.rearrange((list) => list.splice(index, 1));
    return removed;
  }

  /** Another sequence of the modules from `start` up to but not including `end`; positions as in `Array.slice`. */
  slice(start?: number, end?: number): Sequential {
    return new Sequential(...[...this].slice(start, end));
  }

  /** Changes the list of modules and numbers them anew. */
  private rearrange(change: (list: Module[]) => void): this {
    const entries = Object.entries(this).filter(([, value]) => isModule(value));
    if (entries.some(([name]) => !isNumber(name)))
      throw new TypeError('Sequential: modules with names have no positions; use registerModule(name, module)');
    const list = entries.map(([, module]) => module as Module);
    change(list);
    for (const [name] of entries) delete this[Number(name)];
    return this.extend(list);
  }

  override registerModule(name: string, module: Module): void {
    // objects list numbered properties first, whenever they were added
    if (isNumber(name) && Object.entries(this).some(([other, value]) => isModule(value) && !isNumber(other)))
      throw new TypeError(
        `Sequential: the module ${name} would come before those with names; add it with registerModule(name, module)`,
      );
    super.registerModule(name, module);
  }

  forward(input: Tensor): Tensor {
    let x = input;
    for (const module of Object.values(this)) if (isModule(module)) x = module(x);
    return x;
  }

  *[Symbol.iterator](): Iterator<Module> {
    for (const module of Object.values(this)) if (isModule(module)) yield module;
  }
}

const isNumber = (name: string): boolean => /^\d+$/.test(name);
