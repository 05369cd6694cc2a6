/**
 * From dicts to plain objects and back. A dict becomes a plain object where that says the same: its keys are strings, or integers
 * from 0 that come first and ascend, as the keys of objects do. Every other dict is a Map.
 *
 * An object's key that looks like an integer ('0') is one, unless a tensor is its value: then it is a name in a state dict.
 */
import { isTensor } from '@flambeau/core';
import { PickledObject } from './values.js';

/** Python itself cannot pickle what is nested deeper than about this. */
export const MAX_DEPTH = 500;

const MAX_INDEX = 2 ** 32 - 2;
/** Whether objects list this key before all others, by its value. */
const isIndex = (key: string): boolean => /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) <= MAX_INDEX;

/** The key of a dict that an object's key stands for. */
export const dictKey = (key: string, value: unknown): string | number => (isIndex(key) && !isTensor(value) ? Number(key) : key);

/** Whether a plain object with these entries says the same as the dict, also about the order. */
function isObjectLike(dict: ReadonlyMap<unknown, unknown>): boolean {
  let last = -1;
  for (const [key, value] of dict) {
    const name = typeof key === 'number' && Number.isInteger(key) ? String(key) : key;
    if (typeof name !== 'string' || dictKey(name, value) !== key) return false;
    if (isIndex(name)) {
      if (Number(name) <= last) return false;
      last = Number(name);
    } else last = Number.POSITIVE_INFINITY;
  }
  return true;
}

/**
 * Replaces dicts in a value just read by plain objects, where that says the same. Each container is visited once, however often
 * it is referred to.
 *
 * @param fail - Makes the error for a value that is nested too deep.
 */
export function toPlain(value: unknown, fail: (message: string) => Error): unknown {
  const done = new Map<unknown, unknown>();
  const visit = (x: unknown, depth: number): unknown => {
    if (typeof x !== 'object' || x === null || isTensor(x) || ArrayBuffer.isView(x)) return x;
    const known = done.get(x);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) throw fail(`values are nested more than ${MAX_DEPTH} deep`);
    const next = depth + 1;
    if (Array.isArray(x)) {
      done.set(x, x);
      for (let i = 0; i < x.length; i++) x[i] = visit(x[i], next);
      return x;
    }
    if (x instanceof Map) {
      const target: Map<unknown, unknown> | object = isObjectLike(x) ? {} : new Map();
      done.set(x, target);
      for (const [key, item] of x) {
        const plain = visit(item, next);
        if (target instanceof Map) target.set(visit(key, next), plain);
        else Object.defineProperty(target, key as string, { value: plain, ...FIELD }); // a key may be `__proto__`
      }
      return target;
    }
    done.set(x, x);
    if (x instanceof PickledObject) {
      x.args = visit(x.args, next) as unknown[];
      x.state = visit(x.state, next);
      visit(x.items, next);
      for (const [key, item] of x.entries) x.entries.set(key, visit(item, next));
    }
    return x;
  };
  return visit(value, 0);
}

const FIELD = { enumerable: true, configurable: true, writable: true };
