/** Copies of modules with memory of their own. */
import { isTensor, type Tensor } from '@flambeau/core';
import { persistentCopy } from '@flambeau/core/internal';
import { Buffer, bufferPersistence } from './buffer.js';
import { isLazy, markLazy } from './lazy-tensors.js';
import { isModule } from './is-module.js';
import { Module } from './module.js';
import { isParameter, Parameter } from './parameter.js';

/**
 * A copy of a module (or of a list, map, set or plain object of them) with all parameters, buffers and submodules. What is shared
 * inside the original is shared inside the copy. Hooks are kept; gradients are not. Constructors do not run: fields are copied one by
 * one, so a class of yours must not keep state in `#private` fields. Functions and objects of other classes are shared.
 * PyTorch: `copy.deepcopy`.
 *
 * @example
 * const teacher = deepCopy(student).requiresGrad_(false);
 */
export function deepCopy<T>(value: T): T {
  return copy(value, new Map()) as T;
}

type Memo = Map<unknown, unknown>;

function copy(value: unknown, memo: Memo): unknown {
  if (memo.has(value)) return memo.get(value);
  if (isTensor(value)) return remember(memo, value, copyTensor(value));
  if (isModule(value)) return copyModule(value, memo);
  if (Array.isArray(value)) {
    const list: unknown[] = remember(memo, value, []);
    for (const item of value) list.push(copy(item, memo));
    return list;
  }
  if (value instanceof Map) {
    const map = remember(memo, value, new Map<unknown, unknown>());
    for (const [key, item] of value) map.set(copy(key, memo), copy(item, memo));
    return map;
  }
  if (value instanceof Set) {
    const set = remember(memo, value, new Set<unknown>());
    for (const item of value) set.add(copy(item, memo));
    return set;
  }
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const object = remember(memo, value, {} as Record<string, unknown>);
    for (const [key, item] of Object.entries(value)) object[key] = copy(item, memo);
    return object;
  }
  return value;
}

function remember<T>(memo: Memo, original: unknown, made: T): T {
  memo.set(original, made);
  return made;
}

function copyTensor(t: Tensor): Tensor {
  const made = copyValues(t);
  if (!isParameter(t) && t.requiresGrad) made.requiresGrad = true;
  if (isLazy(t)) markLazy(made);
  return made;
}

function copyValues(t: Tensor): Tensor {
  if (isParameter(t)) return new Parameter(t.detach(), { requiresGrad: t.requiresGrad });
  const persistent = bufferPersistence(t);
  return persistent === undefined ? persistentCopy(t.detach()) : new Buffer(t.detach(), { persistent });
}

function copyModule(original: Module, memo: Memo): Module {
  // only the constructor of Module runs, which makes an object of the original's class
  const made = remember(memo, original, Reflect.construct(Module, [], original.constructor as new () => Module) as Module);
  made.adoptState(original);
  for (const key of Reflect.ownKeys(original)) {
    const property = Object.getOwnPropertyDescriptor(original, key) as PropertyDescriptor;
    if (FUNCTION_PROPERTIES.has(key)) continue;
    if ('value' in property) property.value = copy(property.value, memo);
    Object.defineProperty(made, key, property);
  }
  return made;
}

/** What every function object has of its own. */
const FUNCTION_PROPERTIES = new Set<string | symbol>(Object.getOwnPropertyNames(() => undefined));
