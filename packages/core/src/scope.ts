/**
 * Memory scopes: an accelerator, never a duty. What an op allocates inside a scope is taken back at its end, except what leaves
 * it by return, `keep()`, or by becoming a parameter, gradient, buffer or optimizer state.
 */
import { context, type StorageTracker, withContext } from './context.js';
import { recycle, type Storage } from './storage.js';
import { isTensor, type Tensor } from './tensor.js';

/** Bytes that a scope keeps for itself; older storages go back to the garbage collector's care. */
const DEFAULT_BUDGET = 2 * 1024 ** 3;
/** What remembering a storage costs, measured, in bytes: the object, the part of a slab that it pins, the collector's slack. */
const ENTRY_BYTES = 512;

export class MemoryScope implements StorageTracker {
  private readonly storages: (Storage | null)[] = [];
  private readonly kept = new Set<Storage>();
  private oldest = 0;
  private bytes = 0;

  constructor(
    readonly parent: StorageTracker | null,
    private readonly budget: number,
  ) {}

  track(storage: Storage, madeBy: string): void {
    storage.madeBy = madeBy;
    this.storages.push(storage);
    this.bytes += storage.byteLength + ENTRY_BYTES;
    while (this.bytes > this.budget && this.oldest < this.storages.length) {
      const old = this.storages[this.oldest] as Storage;
      this.storages[this.oldest++] = null;
      this.bytes -= old.byteLength + ENTRY_BYTES;
    }
    // the front of the list is dead weight once it is long
    if (this.oldest > 100_000) {
      this.storages.splice(0, this.oldest);
      this.oldest = 0;
    }
  }

  keep(storage: Storage): void {
    this.kept.add(storage);
  }

  /** Releases everything but what is kept; the enclosing scope takes over what survives. */
  close(): void {
    for (let i = this.oldest; i < this.storages.length; i++) {
      const storage = this.storages[i] as Storage;
      if (storage.persistent || storage.released) continue;
      if (this.kept.has(storage)) this.parent?.track(storage, storage.madeBy as string);
      else if (!storage.escaped) recycle(storage);
    }
    this.storages.length = 0;
  }
}

export interface ScopeOptions {
  /** Bytes up to which the scope remembers storages; above it the oldest are left to the garbage collector. Default 2 GiB. */
  readonly budget?: number;
}

/**
 * Runs `fn` and releases the tensors made inside it, except those that it returns (in arrays, maps, sets and plain objects too)
 * or that `keep` marks. Using a released tensor throws a StorageError that names the op that made it. `fn` may be `async`.
 *
 * @example
 * const loss = scope(() => model(x).square().mean().item());
 */
export function scope<T>(fn: () => T, { budget = DEFAULT_BUDGET }: ScopeOptions = {}): T {
  const inner = new MemoryScope(context().scope, budget);
  const finish = (result: unknown) => {
    visitTensors(result, (t) => inner.keep(t.storage), new Set());
    inner.close();
  };
  const result = (() => {
    try {
      return withContext('scope', { scope: inner }, fn);
    } catch (error) {
      inner.close();
      throw error;
    }
  })();
  if (result instanceof Promise) {
    return result.then(
      (value) => {
        finish(value);
        return value;
      },
      (error) => {
        inner.close();
        throw error;
      },
    ) as T;
  }
  finish(result);
  return result;
}

/** Lets a tensor (and with a view its base) outlive the current scope. Returns it. */
export function keep<T extends Tensor>(tensor: T): T {
  for (let s = context().scope; s !== null; s = s.parent) s.keep(tensor.storage);
  return tensor;
}

function visitTensors(value: unknown, visit: (t: Tensor) => void, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isTensor(value)) return visit(value);
  if (ArrayBuffer.isView(value)) return;
  if (value instanceof Map) {
    for (const [k, v] of value) {
      visitTensors(k, visit, seen);
      visitTensors(v, visit, seen);
    }
  } else if (Array.isArray(value) || value instanceof Set) {
    for (const v of value) visitTensors(v, visit, seen);
  } else for (const v of Object.values(value)) visitTensors(v, visit, seen);
}
