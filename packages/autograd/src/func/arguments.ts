/** Which arguments of a function are differentiated. */
import { TransformError } from '../transforms/frame.js';

/** One argument or several, counted from 0; negative numbers count from the end. */
export type Argnums = number | readonly number[];

/** The chosen arguments (one, or a list), and the function of them. */
export interface Chosen {
  readonly tree: unknown;
  readonly call: (tree: unknown) => unknown;
}

export function choose(op: string, f: (...args: never[]) => unknown, args: readonly unknown[], argnums: Argnums): Chosen {
  const at = (typeof argnums === 'number' ? [argnums] : argnums).map((n) => {
    if (!Number.isInteger(n) || n < -args.length || n >= args.length)
      throw new TransformError(`${op}: argnums names argument ${n}, but the function was called with ${args.length}`);
    return n < 0 ? n + args.length : n;
  });
  if (new Set(at).size !== at.length) throw new TransformError(`${op}: argnums [${at.join(', ')}] names an argument twice`);
  const parts = at.map((n) => args[n]);
  return {
    tree: typeof argnums === 'number' ? parts[0] : parts,
    call: (tree) => {
      const replaced = [...args];
      const list = typeof argnums === 'number' ? [tree] : (tree as unknown[]);
      at.forEach((n, i) => {
        replaced[n] = list[i];
      });
      return f(...(replaced as never[]));
    },
  };
}

/** Takes a result apart that comes with something else. */
export function splitAux(op: string, result: unknown, hasAux: boolean): readonly [output: unknown, aux: unknown] {
  if (!hasAux) return [result, undefined];
  if (!Array.isArray(result) || result.length !== 2)
    throw new TransformError(`${op}: with hasAux the function must return [output, aux]`);
  return [result[0], result[1]];
}

export interface GradOptions {
  /** Which arguments to differentiate. A list gives a list. Default 0. */
  readonly argnums?: Argnums;
  /** The function returns `[output, aux]`, and `aux` is passed through. Default false. */
  readonly hasAux?: boolean;
}

/** The options of a call that asks for something to be passed through. */
export type WithAux = GradOptions & { readonly hasAux: true };

// biome-ignore lint/suspicious/noExplicitAny: what the argument that argnums names is, is the user's
export type AnyTree = any;
