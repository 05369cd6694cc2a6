/**
 * What can be sent to a worker thread, and how. Code cannot be copied between threads, so an object with behaviour names the
 * module and the export that makes it again, and the arguments: plain data, tensors, or other such objects.
 */
import { isTensor } from '@flambeau/core';
import { fromMessage, isTensorMessage, toMessage } from '@flambeau/core/internal';

/** The method by which an object says how a worker can make it again. */
export const TO_WORKER: unique symbol = Symbol.for('@flambeau/data.toWorker') as never;

/** "Call (or construct) this export with these arguments." */
export interface WorkerReference {
  readonly flambeauReference: 1;
  readonly module: string;
  readonly name: string;
  /** Absent for a function that is meant itself. */
  readonly args?: readonly unknown[];
}

export interface Sendable {
  [TO_WORKER](): WorkerReference;
}

/** An object that a worker makes with `new name(...args)`, `name` being an export of `module` (`import.meta.url`). */
export function workerReference(module: string, name: string, args: readonly unknown[]): WorkerReference {
  return { flambeauReference: 1, module, name, args };
}

/** Marks a function as the export `name` of `module` (`import.meta.url`), so that it can be sent to workers. Returns it. */
export function workerFunction<F extends (...args: never[]) => unknown>(module: string, name: string, fn: F): F {
  return Object.assign(fn, { [TO_WORKER]: (): WorkerReference => ({ flambeauReference: 1, module, name }) });
}

export class NotSendableError extends TypeError {
  override name = 'NotSendableError';
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isSendable = (value: unknown): value is Sendable =>
  (isObject(value) || typeof value === 'function') && typeof (value as Partial<Sendable>)[TO_WORKER] === 'function';
const isReference = (value: unknown): value is WorkerReference =>
  isObject(value) && (value as Partial<WorkerReference>).flambeauReference === 1;

/**
 * Turns a value into what `postMessage` takes; tensors go to shared memory.
 *
 * @param path - How the value is called in messages.
 * @throws {NotSendableError} Naming what cannot be sent and what to do.
 */
export function pack(value: unknown, path: string): unknown {
  if (isTensor(value)) return toMessage(value);
  if (isSendable(value)) {
    const reference = value[TO_WORKER]();
    return reference.args
      ? { ...reference, args: reference.args.map((a, i) => pack(a, `${path}.${reference.name}(argument ${i})`)) }
      : reference;
  }
  if (typeof value === 'function')
    throw new NotSendableError(
      `${path} is a function${value.name ? ` (${value.name})` : ''} and cannot be sent to a worker; export it from a module and mark it: ` +
        'workerFunction(import.meta.url, name, fn)',
    );
  if (typeof value === 'symbol')
    throw new NotSendableError(`${path} is a symbol (${String(value)}) and cannot be sent to another thread`);
  if (!isObject(value) || ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return value;
  if (Array.isArray(value)) return value.map((v, i) => pack(v, `${path}[${i}]`));
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [k, pack(v, `${path}.get(${String(k)})`)]));
  if (value instanceof Set) return new Set([...value].map((v, i) => pack(v, `${path}, element ${i}`)));
  if (value instanceof URL) return value.href;
  if (value instanceof Date || value instanceof RegExp) return value;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && prototype !== Object.prototype)
    throw new NotSendableError(
      `${path} is a ${prototype.constructor.name} and cannot be sent to a worker: give its class a method ` +
        `[TO_WORKER]() { return workerReference(import.meta.url, '${prototype.constructor.name}', [constructor arguments]); } and export it, or use numWorkers: 0`,
    );
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, pack(v, `${path}.${k}`)]));
}

/** The value that `pack` described; imports the modules it names. */
export async function unpack(value: unknown): Promise<unknown> {
  if (isTensorMessage(value)) return fromMessage(value);
  if (isReference(value)) return resolve(value);
  if (!isObject(value) || ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return value;
  if (Array.isArray(value)) return Promise.all(value.map(unpack));
  if (value instanceof Map) return new Map(await Promise.all([...value].map(async ([k, v]) => [k, await unpack(v)] as const)));
  if (value instanceof Set) return new Set(await Promise.all([...value].map(unpack)));
  if (value instanceof Date || value instanceof RegExp) return value;
  return Object.fromEntries(await Promise.all(Object.entries(value).map(async ([k, v]) => [k, await unpack(v)] as const)));
}

async function resolve({ module, name, args }: WorkerReference): Promise<unknown> {
  const exports = (await import(module)) as Record<string, unknown>;
  const found = exports[name];
  if (typeof found !== 'function')
    throw new NotSendableError(
      `${module} has no exported class or function '${name}'; workerReference must name an export of the module`,
    );
  if (args === undefined) return found;
  const values = (await Promise.all(args.map(unpack))) as never[];
  return Reflect.construct(found, values);
}
