/**
 * Memory of one training step. What was made inside a model's `forward` and did not leave it (by return, by a hook, or as a
 * property of a module) cannot be reached once the step is over; its memory is taken back at once. What the step itself made
 * (losses, metrics) is left to the garbage collector, because user code may hold it.
 */
import { isTensor } from '@flambeau/core';
import { context, recycle, type Storage, type StorageTracker, trackForward, withContext } from '@flambeau/core/internal';
import type { Module } from '@flambeau/nn';

/** How deep in arrays and objects the properties of a module are searched for tensors. */
const PROPERTY_DEPTH = 4;

export class StepScope implements StorageTracker {
  readonly parent: StorageTracker | null = context().scope;
  private readonly made: Storage[] = [];
  private readonly kept = new Set<Storage>();
  private readonly visited = new Set<object>();
  private depth = 0;

  track(storage: Storage, madeBy: string): void {
    storage.madeBy = madeBy;
    if (this.depth > 0) this.made.push(storage);
    else this.parent?.track(storage, madeBy);
  }
  keep(storage: Storage): void {
    this.kept.add(storage);
  }
  enterForward(): void {
    this.depth++;
  }
  leaveForward(output: unknown): void {
    this.depth--;
    // what an async forward will return is not known yet
    if (output instanceof Promise) this.made.length = 0;
    else if (this.depth === 0) this.expose(output);
  }
  expose(value: unknown): void {
    this.visited.clear();
    this.keepTensors(value, Number.POSITIVE_INFINITY);
  }

  /** Runs a part of the step inside the scope; an async function keeps it across its awaits. */
  run<T>(fn: () => T): T {
    return withContext('step', { scope: this }, fn);
  }

  /** After backward and the optimizer. What is a property of one of `modules` stays. */
  close(modules: readonly Module[]): void {
    this.visited.clear();
    for (const module of modules) for (const value of Object.values(module)) this.keepTensors(value, PROPERTY_DEPTH);
    for (const storage of this.made) {
      if (storage.released || storage.persistent) continue;
      if (this.kept.has(storage) || storage.escaped) this.parent?.track(storage, storage.madeBy as string);
      else {
        storage.madeBy = `${storage.madeBy} in a forward that the trainer watched`;
        recycle(storage);
      }
    }
    this.made.length = 0;
  }

  private keepTensors(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || this.visited.has(value)) return;
    if (isTensor(value)) {
      this.kept.add(value.storage);
      return;
    }
    if (depth === 0 || ArrayBuffer.isView(value) || isPlainList(value)) return;
    this.visited.add(value);
    const parts = value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
    for (const part of parts) this.keepTensors(part, depth - 1);
  }
}

/** Lets `this.forward(x)` in a step count as a call of the module itself. Returns a function that ends that. */
export function watchForward(module: Module): () => void {
  const own = Object.getOwnPropertyDescriptor(module, 'forward');
  const { forward } = module;
  const value = function (this: Module, ...args: unknown[]): unknown {
    return trackForward(() => forward.apply(this, args));
  };
  Object.defineProperty(module, 'forward', { value, configurable: true, writable: true, enumerable: false });
  return () => {
    if (own === undefined) Reflect.deleteProperty(module, 'forward');
    else Object.defineProperty(module, 'forward', own);
  };
}

/** A long list of numbers or strings (a vocabulary, say), in which to look for tensors at every step would take long. */
function isPlainList(value: object): boolean {
  if (!(Array.isArray(value) || value instanceof Map || value instanceof Set)) return false;
  if ((Array.isArray(value) ? value.length : value.size) < 256) return false;
  const [first] = value.values();
  return typeof first === 'string' || typeof first === 'number';
}
