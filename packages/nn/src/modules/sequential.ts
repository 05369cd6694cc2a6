import type { Tensor } from '@flambeau/core';
import { isModule, Module } from '../module.js';

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
