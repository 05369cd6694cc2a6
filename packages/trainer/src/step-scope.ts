/**
 * Memory of one training step. What was made inside a model's `forward` and did not leave it (by return, by a hook, or as a
 * property of a module) cannot be reached once the step is over; its memory is taken back at once. What the step itself made
 * (losses, metrics) is left to the garbage collector, because user code may hold it.
 */
import { isTensor } from '@flambeau/core';
import { context, recycle, type Storage, type StorageTracker, withContext } from '@flambeau/core/internal';
import type { Module } from '@flambeau/nn';

export class StepScope implements StorageTracker {
  readonly parent: StorageTracker | null = context().scope;
  private readonly made: Storage[] = [];
  private readonly kept = new Set<Storage>();
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
    if (--this.depth === 0) this.keepTensors(output, 4);
  }

  /** Runs a part of the step inside the scope; an async function keeps it across its awaits. */
  run<T>(fn: () => T): T {
    return withContext('step', { scope: this }, fn);
  }

  /** After backward and the optimizer. */
  close(model: Module): void {
    for (const module of model.modules()) for (const value of Object.values(module)) this.keepTensors(value, 3);
    for (const storage of this.made) {
      if (storage.released || storage.persistent) continue;
      if (this.kept.has(storage) || storage.escaped) this.parent?.track(storage, storage.madeBy as string);
      else recycle(storage);
    }
    this.made.length = 0;
  }

  private keepTensors(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || depth === 0) return;
    if (isTensor(value)) {
      this.kept.add(value.storage);
      return;
    }
    if (ArrayBuffer.isView(value)) return;
    const parts = value instanceof Map || value instanceof Set ? value.values() : Object.values(value);
    for (const part of parts) this.keepTensors(part, depth - 1);
  }
}
