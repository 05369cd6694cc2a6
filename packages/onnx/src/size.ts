/** Sizes that may depend on the sizes of dynamic axes. */
import type { DynamicSize } from './probes.js';

/** A number that is not the same in all probes, known by its value in each of them. */
export class Extent {
  constructor(readonly samples: readonly number[]) {}
}
export type Size = number | Extent;

/** A size from its values in all probes. */
export const sizeOf = (samples: readonly number[]): Size =>
  samples.every((n) => n === samples[0]) ? samples[0] : new Extent(samples);

/** `fn` of sizes, probe by probe. */
export function combine(fn: (...sizes: number[]) => number, ...sizes: readonly Size[]): Size {
  const probes = sizes.find((size) => size instanceof Extent)?.samples.length ?? 1;
  return sizeOf(
    Array.from({ length: probes }, (_, i) => fn(...sizes.map((size) => (typeof size === 'number' ? size : size.samples[i])))),
  );
}
export const sameSize = (a: Size, b: Size): boolean => combine((x, y) => (x === y ? 1 : 0), a, b) === 1;
export const product = (sizes: readonly Size[]): Size => combine((...n) => n.reduce((a, b) => a * b, 1), ...sizes);

/** `coefficient` times the sizes at the places `symbols` of the list of dynamic sizes. */
export interface Term {
  readonly coefficient: number;
  readonly symbols: readonly number[];
}

/**
 * A size as a sum of products of dynamic sizes, each at most once in a product; null if it is none with integer coefficients.
 * Probes 0 … 2^k - 1 are the corners of the grid of two values for each of k dynamic sizes, from which the coefficients follow;
 * the last probe, with third values, confirms them.
 */
export function polynomial({ samples }: Extent, dynamic: readonly DynamicSize[]): Term[] | null {
  const coefficients = interpolate(samples.slice(0, 2 ** dynamic.length), dynamic);
  const terms = coefficients
    .map((coefficient, mask) => ({ coefficient, symbols: dynamic.map((_, i) => i).filter((i) => (mask >> i) & 1) }))
    .filter(({ coefficient }) => coefficient !== 0);
  const last = terms.reduce((sum, term) => sum + term.symbols.reduce((n, i) => n * dynamic[i].probes[2], term.coefficient), 0);
  const fits = last === samples[samples.length - 1] && terms.every(({ coefficient }) => Number.isInteger(coefficient));
  return fits ? terms : null;
}

/** The coefficients of all products, the product of the symbols in `mask` at place `mask`. */
function interpolate(corners: readonly number[], dynamic: readonly DynamicSize[]): number[] {
  if (dynamic.length === 0) return [...corners];
  const [low, high] = dynamic[dynamic.length - 1].probes;
  const half = corners.length / 2;
  const slopes = corners.slice(half).map((value, i) => (value - corners[i]) / (high - low));
  const intercepts = slopes.map((slope, i) => corners[i] - slope * low);
  const rest = dynamic.slice(0, -1);
  return [...interpolate(intercepts, rest), ...interpolate(slopes, rest)];
}

/** A size as it is written in the model: a number, or an expression such as `2*batch + 1`. */
export function printSize(size: Size, dynamic: readonly DynamicSize[]): number | string {
  if (typeof size === 'number') return size;
  const terms = polynomial(size, dynamic);
  if (terms === null) return `dynamic_${size.samples.join('_')}`;
  return terms
    .toReversed()
    .map(({ coefficient, symbols }) => {
      const names = symbols.map((i) => dynamic[i].name);
      return (coefficient === 1 && names.length > 0 ? names : [coefficient, ...names]).join('*');
    })
    .join(' + ');
}
