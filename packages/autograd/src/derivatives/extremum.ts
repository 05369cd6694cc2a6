/** Derivatives of `core/src/ops/extremum.ts`: the gradient goes to the chosen elements. */
import type { Tensor } from '@flambeau/core';
import type { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

interface AlongDim {
  readonly dim: number;
  readonly keepdim: boolean;
}

export function toChosen(
  [g]: readonly (Tensor | null)[],
  indices: Tensor,
  { dim, keepdim }: AlongDim,
  shape: readonly number[],
): Tensor | null {
  if (g === null) return null;
  if (shape.length === 0) return g;
  const [grad, at] = keepdim ? [g, indices] : [g.unsqueeze(dim), indices.unsqueeze(dim)];
  return g.newZeros(shape).scatter(dim, at, grad);
}

/** An element may be the extreme one for many. */
const toRunning = ([g]: readonly (Tensor | null)[], indices: Tensor, dim: number, shape: readonly number[]): Tensor | null =>
  g === null || shape.length === 0 ? g : g.newZeros(shape).scatterAdd(dim, indices, g);

export const extremum = {
  cummaxDim: { self: { saves: ['result1'], vjp: (g, { result1 }, { dim }, { self }) => toRunning(g, result1, dim, self) } },
  cumminDim: { self: { saves: ['result1'], vjp: (g, { result1 }, { dim }, { self }) => toRunning(g, result1, dim, self) } },
  maxDim: { self: { saves: ['result1'], vjp: (g, { result1 }, attributes, { self }) => toChosen(g, result1, attributes, self) } },
  minDim: { self: { saves: ['result1'], vjp: (g, { result1 }, attributes, { self }) => toChosen(g, result1, attributes, self) } },
} satisfies Derivatives<typeof groups.extremum>;
