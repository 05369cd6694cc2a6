/**
 * What is switched on around the running code: dispatch layers, their exclusion (`noGrad`) and the memory scope.
 *
 * A synchronous callback sees its context through a plain variable. Only an async callback uses AsyncLocalStorage, and only
 * while one is running does dispatch have to ask for it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AutocastState } from './autocast.js';
import type { Storage } from './storage.js';

/**
 * The dispatch layers, from the innermost to the outermost; the order is fixed. A transform (`vmap`, `jvp`) stands below autograd:
 * it dispatches what its tensors hide anew, through all layers, so that the graphs inside and outside of it stay apart. What is done
 * with sparse tensors is done with the dense ones that they are made of before anybody else has a say.
 */
export const Layer = { Profiler: 1, Trace: 2, Transform: 4, Autograd: 8, Autocast: 16, Sparse: 32 } as const;

/** Watches allocations: a memory scope, or a backward pass. */
export interface StorageTracker {
  readonly parent: StorageTracker | null;
  track(storage: Storage, madeBy: string): void;
  /** Lets the storage outlive the tracker. */
  keep(storage: Storage): void;
  /** A module's forward begins, and ends with its output: for trackers that tell a model's memory from that around it. */
  enterForward?(): void;
  leaveForward?(output: unknown): void;
  /** User code (a hook) gets to see the tensors in `value`. */
  expose?(value: unknown): void;
}

/** How attention is computed: in one kernel, or with the whole matrix of weights. */
export type AttentionForm = 'flash' | 'math';

export interface Context {
  /** Layers that see every op. */
  readonly active: number;
  /** Layers that see no op, whatever its inputs ask for. */
  readonly excluded: number;
  /** True where in-place updates of leaves are allowed and views are not tracked (`inferenceMode`, optimizers). */
  readonly inference: boolean;
  /** Is told of every storage that an op allocates. */
  readonly scope: StorageTracker | null;
  /** The precision of `autocast`; it holds where the layer is on. */
  readonly autocast: AutocastState | null;
  /** How attention may be computed: in one kernel, with the whole matrix of weights, or either way. */
  readonly attention: readonly AttentionForm[];
}

const ROOT: Context = { active: 0, excluded: 0, inference: false, scope: null, autocast: null, attention: ['flash', 'math'] };
let current: Context = ROOT;
/** Contexts of async callbacks that code may still be running in. */
let runningAsync = 0;
const asyncContext = new AsyncLocalStorage<Context>();
// What an async callback started without awaiting it runs on in its context, for as long as anything refers to that.
const ended = new FinalizationRegistry<void>(() => {
  runningAsync--;
});
const AsyncFunction = (async () => {}).constructor;

/** The context of the running code. */
export function context(): Context {
  return runningAsync === 0 || current !== ROOT ? current : (asyncContext.getStore() ?? ROOT);
}

/**
 * Runs `fn` with some of the context changed and restores it afterwards, also when `fn` throws. An `async` function keeps the
 * changed context across its awaits.
 *
 * @throws {TypeError} If a function that is not `async` returns a promise: the context would be lost at its first `await`.
 */
export function withContext<T>(name: string, change: Partial<Context>, fn: () => T): T {
  const next = { ...context(), ...change };
  if (fn instanceof AsyncFunction) return runAsync(next, fn);
  const saved = current;
  current = next;
  let result: T;
  try {
    result = fn();
  } finally {
    current = saved;
  }
  if (result instanceof Promise) {
    result.catch(() => {}); // the caller gets this error instead
    throw new TypeError(`${name}: the callback returned a promise but is not an async function; write ${name}(async () => …)`);
  }
  return result;
}

/** Runs a module's forward, of which the tracker of the running code hears. */
export function trackForward<T>(forward: () => T): T {
  const tracker = context().scope;
  let output: T | undefined;
  tracker?.enterForward?.();
  try {
    output = forward();
    return output;
  } finally {
    tracker?.leaveForward?.(output);
  }
}

function runAsync<T>(next: Context, fn: () => T): T {
  runningAsync++;
  ended.register(next, undefined);
  const saved = current;
  current = ROOT; // the callback's own synchronous part reads the async context, too
  try {
    return asyncContext.run(next, fn);
  } finally {
    current = saved;
  }
}
