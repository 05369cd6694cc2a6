/** A loader's worker threads. */
import { Worker } from 'node:worker_threads';
import type { Collate } from './data-loader.js';
import type { Dataset } from './dataset.js';
import { pack, TO_WORKER, unpack } from './worker-reference.js';

export interface WorkerSetup {
  readonly dataset: unknown;
  /** 'default', a packed function, or null if the main thread collates. */
  readonly collate: unknown;
}
export interface BatchRequest {
  readonly id: number;
  readonly indices: readonly number[];
  readonly seed: number;
  readonly epoch: number;
}
export type BatchReply =
  | { readonly id: number; readonly batch: unknown; readonly error?: undefined }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string; readonly stack: string } };

/** Something went wrong in a worker thread; the stack is the worker's. */
export class DataLoaderWorkerError extends Error {
  override name = 'DataLoaderWorkerError';
}

interface Pending {
  readonly worker: number;
  resolve(batch: unknown): void;
  reject(error: Error): void;
}

const FROM_SOURCE = import.meta.url.endsWith('.ts');
const ENTRY = new URL(FROM_SOURCE ? '../dist/worker.js' : './worker.js', import.meta.url);
/** Where the main thread runs TypeScript source, workers do without the flags that make Node look for it. */
const FLAGS = FROM_SOURCE ? [] : undefined;

export class WorkerPool {
  private readonly workers: Worker[];
  private readonly pending = new Map<number, Pending>();
  private readonly load: number[];
  private nextId = 0;
  private closed = false;
  /** Why no more batches can be had. */
  private broken: Error | null = null;

  constructor(dataset: Dataset, collate: Collate | undefined, count: number) {
    const collatesHere = collate !== undefined && !(TO_WORKER in collate);
    const setup: WorkerSetup = {
      dataset: pack(dataset, 'dataset'),
      collate: collate === undefined ? 'default' : collatesHere ? null : pack(collate, 'collateFn'),
    };
    this.load = new Array(count).fill(0);
    this.workers = Array.from({ length: count }, (_, i) => this.start(i, setup));
  }

  private start(index: number, setup: WorkerSetup): Worker {
    const worker = new Worker(ENTRY, { workerData: setup, execArgv: FLAGS, name: `flambeau-loader-${index}` });
    worker.on('message', (reply: BatchReply) => this.settle(reply));
    worker.on('error', (error) => this.fail(index, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => {
      if (!this.closed) this.fail(index, new Error(`the thread exited with code ${code}`));
    });
    worker.unref(); // only a batch that is waited for keeps the process alive
    return worker;
  }

  /** Asks the least busy worker for a batch. */
  request(indices: readonly number[], seed: number, epoch: number): Promise<unknown> {
    if (this.broken) return Promise.reject(this.broken);
    const worker = this.load.indexOf(Math.min(...this.load));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { worker, resolve, reject });
      if (this.load[worker]++ === 0) this.workers[worker].ref();
      this.workers[worker].postMessage({ id, indices, seed, epoch } satisfies BatchRequest);
    });
  }

  private take(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    if (pending === undefined) return undefined;
    this.pending.delete(id);
    if (--this.load[pending.worker] === 0) this.workers[pending.worker].unref();
    return pending;
  }

  private settle(reply: BatchReply): void {
    const pending = this.take(reply.id);
    if (reply.error === undefined) {
      unpack(reply.batch).then(pending?.resolve, pending?.reject);
      return;
    }
    const { name, message, stack } = reply.error;
    const error = new DataLoaderWorkerError(
      `in a loader's worker thread: ${name === 'SampleError' ? '' : `${name}: `}${message}`,
    );
    error.stack = `${error.name}: ${error.message}\n  in the worker: ${stack}`;
    pending?.reject(error);
  }

  private fail(worker: number, cause: Error): void {
    this.broken ??= new DataLoaderWorkerError(`a loader's worker thread died: ${cause.message}`, { cause });
    for (const [id, pending] of [...this.pending]) if (pending.worker === worker) this.take(id)?.reject(this.broken);
  }

  /** Stops all threads; resolves when they are gone. */
  async close(): Promise<void> {
    this.closed = true;
    this.broken ??= new DataLoaderWorkerError('the loader was closed while a batch was under way');
    for (const id of [...this.pending.keys()]) this.take(id)?.reject(this.broken);
    await Promise.all(this.workers.map((w) => w.terminate()));
  }
}
