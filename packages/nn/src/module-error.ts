/** Errors that say in which module of a model they were thrown. */
import type { Module } from './module.js';

interface Place {
  /** The outermost module that the error has passed so far. */
  readonly module: Module;
  /** Where the error was thrown, seen from `module`. */
  readonly path: string;
  /** Class of the module whose forward threw. */
  readonly type: string;
  /** The message without the place. */
  readonly message: string;
}

const places = new WeakMap<Error, Place>();

/** Ends the error's message with the path from `module` to the module that threw, e.g. ` (in layers.3.attn: Attention)`. */
export function addModulePath(error: unknown, module: Module): void {
  if (!(error instanceof Error) || !Object.getOwnPropertyDescriptor(error, 'message')?.writable) return;
  const inner = places.get(error);
  if (inner?.module === module) return; // called itself
  const type = inner?.type ?? module.constructor.name;
  const message = inner?.message ?? error.message;
  const path = inner === undefined ? '' : joined(pathTo(module, inner.module), inner.path);
  const written = `${message} (in ${path === '' ? '' : `${path}: `}${type})`;
  if (typeof error.stack === 'string') error.stack = error.stack.replace(error.message, () => written);
  error.message = written;
  places.set(error, { module, path, type, message });
}

/** The name of the module `target` below `module`; its class if it is not a member (made during forward). */
function pathTo(module: Module, target: Module): string {
  return module.namedModules().find(([, found]) => found === target)?.[0] ?? `<${target.constructor.name}>`;
}

const joined = (a: string, b: string): string => (a === '' || b === '' ? a + b : `${a}.${b}`);
