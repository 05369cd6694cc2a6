import type { Module } from './module.js';

/** @internal What modules of any copy of this package have. */
export const BRAND = Symbol.for('@flambeau/nn.Module');

/** True for modules of any copy of this package. */
export function isModule(value: unknown): value is Module {
  return (
    (typeof value === 'function' || (typeof value === 'object' && value !== null)) &&
    (value as { [BRAND]?: true })[BRAND] === true
  );
}
