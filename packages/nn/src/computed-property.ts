/** Members of modules that are computed from others whenever they are read. */
import type { Tensor } from '@flambeau/core';
import type { Module } from './module.js';

type Fields = Record<string, unknown>;

/**
 * Makes a property of a module a computed one. It is no member any more: only what it is computed from is saved and trained. `get` and
 * `set` take the module, so that a deep copy computes from its own members.
 */
export function defineComputed(
  module: Module,
  property: string,
  get: (module: Module) => Tensor,
  set: (module: Module, value: Tensor) => void,
): void {
  Object.defineProperty(module, property, {
    get(this: Module) {
      return get(this);
    },
    set(this: Module, value: Tensor) {
      set(this, value);
    },
    enumerable: false,
    configurable: true,
  });
}

/** Makes a computed property an ordinary one again. */
export function defineOrdinary(module: Module, property: string, value: unknown): void {
  Object.defineProperty(module, property, { value, writable: true, enumerable: true, configurable: true });
}

/** A field of a module whose name is only known at run time. */
export const fieldOf = (module: Module, property: string): unknown => (module as unknown as Fields)[property];

/** Takes a field from a module. */
export function deleteField(module: Module, property: string): void {
  delete (module as unknown as Fields)[property];
}
