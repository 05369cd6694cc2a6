/** The operators that have been defined. */
import type { AnyOpDef } from './op.js';

/** @internal By name; `defineOp` adds to it. */
export const definitions = new Map<string, AnyOpDef>();

/** Every operator defined so far, by name. */
export const allOps = (): ReadonlyMap<string, AnyOpDef> => definitions;
