/** Derivatives of `core/src/ops/recurrent-cells.ts`. What a cell keeps has a gradient only in second derivatives. */
import { cat, type Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Derivatives } from '../rule.js';

const { gruCellBackward, lstmCellBackward } = groups.recurrentCells;

const sigmoidSlope = (y: Tensor): Tensor => y.mul(y.neg().add(1));
const tanhSlope = (y: Tensor): Tensor => y.square().neg().add(1);
const sum = (a: Tensor | null, b: Tensor): Tensor => (a === null ? b : a.add(b));

/** From the gradient of the active gates to that of their sums. */
function throughGates(g: Tensor, gates: Tensor): Tensor {
  const [gi, gf, gg, go] = g.chunk(4, 1);
  const [i, f, c, o] = gates.chunk(4, 1);
  return cat([gi.mul(sigmoidSlope(i)), gf.mul(sigmoidSlope(f)), gg.mul(tanhSlope(c)), go.mul(sigmoidSlope(o))], 1);
}

/** From the gradient of what a GRU keeps, r, z, n = tanh(x + r s) and s, to those of the input's and of the state's part. */
function throughKept(g: Tensor, kept: Tensor): [Tensor, Tensor] {
  const [gr, gz, gn, gs] = g.chunk(4, 1);
  const [r, z, n, s] = kept.chunk(4, 1);
  const slope = gn.mul(tanhSlope(n));
  const ofR = gr.add(slope.mul(s)).mul(sigmoidSlope(r));
  const ofZ = gz.mul(sigmoidSlope(z));
  return [cat([ofR, ofZ, slope], 1), cat([ofR, ofZ, slope.mul(r).add(gs)], 1)];
}

export const recurrentCells = {
  lstmCell: {
    saves: ['c', 'result1', 'result2'],
    all: ([gh, gc, gGates], { c, result1: next, result2: gates }) => {
      const [sums, before] = gh === null && gc === null ? [null, null] : lstmCellBackward(gh, gc, gates, c, next);
      const all = gGates === null ? sums : sum(sums, throughGates(gGates, gates));
      return [all, all, before];
    },
  },
  lstmCellBackward: 'decompose',
  gruCell: {
    saves: ['h', 'result1'],
    all: ([g, gKept], { h, result1: kept }) => {
      const [gx, gHidden, gh] = g === null ? [null, null, null] : gruCellBackward(g, kept, h);
      if (gKept === null) return [gx, gHidden, gh];
      const [x, hidden] = throughKept(gKept, kept);
      return [sum(gx, x), sum(gHidden, hidden), gh];
    },
  },
  gruCellBackward: 'decompose',
} satisfies Derivatives<typeof groups.recurrentCells>;
