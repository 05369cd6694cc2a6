/** Derivatives of `core/src/ops/pool2d.ts`. The averages are linear; the maxima choose. */
import type { Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { adaptiveAveragePool2d, adaptiveAvgPool2dBackward, averagePool2d, avgPool2dBackward, maxPool2dBackward } = groups.pool2d;

const toChosen = ([g]: readonly (Tensor | null)[], indices: Tensor, inputSize: readonly number[]): Tensor | null =>
  g === null ? null : maxPool2dBackward(g, indices, inputSize);

const asRows = (t: Tensor): Tensor => t.reshape([t.shape[0], t.shape[1], t.shape[2] * t.shape[3]]);

export const pool2d = {
  maxPool2dWithIndices: { self: { saves: ['result1'], vjp: (g, { result1 }, _, { self }) => toChosen(g, result1, self) } },
  adaptiveMaxPool2dWithIndices: {
    self: { saves: ['result1'], vjp: (g, { result1 }, _, { self }) => toChosen(g, result1, self) },
  },
  maxPool2dBackward: {
    grad: { saves: ['indices'], vjp: (g, { indices }) => asRows(g).gather(2, asRows(indices)).reshape(indices.shape) },
  },
  averagePool2d: { self: { vjp: (g, _, window, { self }) => avgPool2dBackward(g, window, self) } },
  avgPool2dBackward: { grad: { vjp: (g, _, window) => averagePool2d(g, window) } },
  adaptiveAveragePool2d: { self: { vjp: (g, _saved, _attributes, { self }) => adaptiveAvgPool2dBackward(g, self) } },
  adaptiveAvgPool2dBackward: { grad: { vjp: (g, _saved, _attributes, { grad }) => adaptiveAveragePool2d(g, grad.slice(2)) } },
} satisfies Derivatives<typeof groups.pool2d>;
