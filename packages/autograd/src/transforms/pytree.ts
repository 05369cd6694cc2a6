/** Tensors nested in arrays and plain objects, as functions take and return them. PyTorch: `torch.utils._pytree`. */
import { isTensor, type Tensor } from '@flambeau/core';

/** A tensor, or arrays and plain objects of trees; anything else in it is left as it is. */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree };

const isPlainObject = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** The tree with every tensor replaced. */
export function mapTree(tree: unknown, replace: (t: Tensor) => unknown): unknown {
  if (isTensor(tree)) return replace(tree);
  if (Array.isArray(tree)) return tree.map((part) => mapTree(part, replace));
  if (isPlainObject(tree)) return Object.fromEntries(Object.entries(tree).map(([key, part]) => [key, mapTree(part, replace)]));
  return tree;
}

/** The tensors of a tree, in order. */
export function leavesOf(tree: unknown): Tensor[] {
  const leaves: Tensor[] = [];
  mapTree(tree, (t) => leaves.push(t));
  return leaves;
}

/** The tree with its tensors replaced by `leaves`, in order. */
export function fillTree(tree: unknown, leaves: readonly unknown[]): unknown {
  let next = 0;
  return mapTree(tree, () => leaves[next++]);
}

/**
 * Spreads a specification over the tensors of a tree: a number or null stands for all tensors below it, an array or an object
 * for its parts. Null for something that does not match.
 */
export function spread(spec: unknown, tree: unknown): (number | null)[] | null {
  if (spec === null || typeof spec === 'number') return leavesOf(tree).map(() => spec);
  if (isTensor(tree) || typeof spec !== 'object') return null;
  const parts = spec as Record<string, unknown>;
  if (Array.isArray(spec) ? !Array.isArray(tree) || spec.length !== tree.length : !isPlainObject(tree)) return null;
  const spreads = Object.entries(tree as Record<string, unknown>).map(([key, part]) =>
    key in parts ? spread(parts[key], part) : leavesOf(part).length === 0 ? [] : null,
  );
  return spreads.includes(null) ? null : (spreads as (number | null)[][]).flat();
}
