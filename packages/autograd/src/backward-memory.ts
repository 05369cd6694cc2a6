/** The memory that a backward pass allocates. */
import type { Tensor } from '@flambeau/core';
import { context, recycle, type Storage, type StorageTracker } from '@flambeau/core/internal';

let runs = 0;
/** The number of the latest backward pass. */
export const latestRun = (): number => runs;

/** Owns the memory that one backward pass allocates. */
export class BackwardMemory implements StorageTracker {
  readonly run = ++runs;
  readonly parent: StorageTracker | null = context().scope;
  private fresh: Storage[] = [];

  track(storage: Storage, madeBy: string): void {
    storage.madeBy = madeBy;
    storage.backwardRun = this.run;
    this.fresh.push(storage);
  }
  keep(storage: Storage): void {
    storage.markEscaped();
    this.parent?.keep(storage);
  }

  /** Whether `grad`, which is in flight once, can be written to: nobody else sees its memory. */
  owns(grad: Tensor): boolean {
    const { storage } = grad;
    return storage.backwardRun === this.run && storage.references === 1 && !storage.escaped && grad.isContiguous();
  }
  /** A gradient is in flight. */
  hold(grad: Tensor): void {
    grad.storage.references++;
  }
  /** A gradient has arrived. */
  drop(grad: Tensor): void {
    const { storage } = grad;
    if (--storage.references === 0) this.release(storage);
  }
  /** After a node: what it allocated and did not pass on was temporary. */
  sweep(): void {
    for (const storage of this.fresh) if (storage.references === 0) this.release(storage);
    this.fresh = [];
  }
  private release(storage: Storage): void {
    if (storage.backwardRun !== this.run || storage.released) return;
    if (storage.escaped) {
      if (!storage.persistent) this.parent?.track(storage, storage.madeBy as string);
      storage.backwardRun = 0;
    } else recycle(storage);
  }
}

/** The tracker of the code around a running backward pass: for what user code makes in it and may keep. */
export function scopeOfUser(): StorageTracker | null {
  const { scope } = context();
  return scope instanceof BackwardMemory ? scope.parent : scope;
}
