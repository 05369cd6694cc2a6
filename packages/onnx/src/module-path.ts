/** Where in a model the running code is. */
import type { Module } from '@flambeau/nn';

/** The path of the module that is running, kept by hooks on all modules. */
export class ModulePath {
  private readonly stack: string[] = [];
  private readonly removers: (() => void)[] = [];

  constructor(model: Module | null) {
    for (const [name, module] of model?.namedModules() ?? []) {
      if (typeof module !== 'function') continue; // a container that is never called
      this.removers.push(
        module.registerForwardPreHook(() => {
          this.stack.push(name);
        }),
        module.registerForwardHook(() => {
          this.stack.pop();
        }),
      );
    }
  }

  /** `''` outside of all modules and in the model's own forward. */
  get current(): string {
    return this.stack.at(-1) ?? '';
  }

  remove(): void {
    for (const remove of this.removers) remove();
  }
}
