/** Recurrent layers as operations on one time step after the other. */
import type { Tensor } from '../tensor.js';
import { cat } from './joining.js';
import { linear } from './linear.js';
import { gruCell, gruCellBackward, lstmCell, lstmCellBackward } from './recurrent-cells.js';

/** The cells, as attributes and the kernel know them. */
export const CellKind = { rnnTanh: 0, rnnRelu: 1, lstm: 2, gru: 3 } as const;
export type CellKind = (typeof CellKind)[keyof typeof CellKind];
/** How many parts of H units the products have. */
export const PARTS = [1, 1, 4, 3] as const;

export type LayerAttributes = {
  readonly kind: CellKind;
  /** From the last time step to the first. */
  readonly reverse: boolean;
  /** Numbers of sequences, which never grow, each with the number of time steps that have as many. */
  readonly runs: readonly number[];
};

/**
 * What the products of the data give, (N, parts · H), the rows of all steps one after the other; the states before, (B, P) and (B, H);
 * weights and bias of the hidden state; the projection of an LSTM (P, H), without which P = H.
 */
export type LayerInputs = [
  x: Tensor,
  h: Tensor,
  c: Tensor | null,
  weightHh: Tensor,
  biasHh: Tensor | null,
  weightHr: Tensor | null,
];

/** How many sequences have each time step. */
const batchSizesOf = (runs: readonly number[]): number[] =>
  runs.flatMap((rows, i) => (i % 2 === 0 ? new Array<number>(runs[i + 1]).fill(rows) : []));

/** What a step's backward pass needs: the states before it, and what the cell kept. */
interface Step {
  readonly h: Tensor;
  readonly c: Tensor | null;
  readonly kept: readonly Tensor[];
}

/** The rows of a state that a step of `rows` sequences works on: those that end are put aside, those that start come from `source`. */
function fitRows(state: Tensor, rows: number, source: Tensor, aside: Tensor[]): Tensor {
  const have = state.shape[0];
  if (have === rows) return state;
  if (have < rows) return cat([state, source.narrow(0, have, rows - have)]);
  aside.push(state.narrow(0, rows, have - rows));
  return state.narrow(0, 0, rows);
}
/** The state of all sequences: those put aside last are the longest. */
const gathered = (state: Tensor, aside: readonly Tensor[]): Tensor =>
  aside.length === 0 ? state : cat([state, ...[...aside].reverse()]);

/** What the cell makes of one step: the new hidden state before any projection, the new cell state, and what it keeps. */
function runCell(kind: CellKind, x: Tensor, hidden: Tensor, h: Tensor, c: Tensor | null): [Tensor, Tensor | null, Tensor[]] {
  if (kind === CellKind.lstm) {
    const [next, cell, gates] = lstmCell(x, hidden, c as Tensor);
    return [next, cell, [gates, cell, next]];
  }
  if (kind === CellKind.gru) {
    const [next, kept] = gruCell(x, hidden, h);
    return [next, null, [kept]];
  }
  const sum = x.add(hidden);
  const next = kind === CellKind.rnnTanh ? sum.tanh() : sum.relu();
  return [next, null, [next]];
}

/** All steps as operations of their own: the outputs of the steps, the last states, and what each step's backward pass needs. */
export function runSteps(
  [x, h0, c0, weightHh, biasHh, weightHr]: LayerInputs,
  { kind, reverse, runs }: LayerAttributes,
): { outputs: Tensor[]; last: [h: Tensor, c: Tensor | null]; steps: Step[]; order: number[] } {
  const batchSizes = batchSizesOf(runs);
  const order = batchSizes.map((_, t) => t);
  if (reverse) order.reverse();
  const inputs = x.split(batchSizes);
  const aside: { h: Tensor[]; c: Tensor[] } = { h: [], c: [] };
  const outputs: Tensor[] = new Array(order.length);
  const steps: Step[] = new Array(order.length);
  const first = batchSizes[order[0]];
  let h = h0.narrow(0, 0, first);
  let c = c0 === null ? null : c0.narrow(0, 0, first);
  for (const t of order) {
    h = fitRows(h, batchSizes[t], h0, aside.h);
    if (c !== null && c0 !== null) c = fitRows(c, batchSizes[t], c0, aside.c);
    const [next, cell, kept] = runCell(kind, inputs[t], linear(h, weightHh, biasHh), h, c);
    steps[t] = { h, c, kept };
    h = weightHr === null ? next : linear(next, weightHr);
    c = cell;
    outputs[t] = h;
  }
  return { outputs, last: [gathered(h, aside.h), c === null ? null : gathered(c, aside.c)], steps, order };
}

/** Gradients of one step: of the input's part, of the state's part, and of the states beside that product. */
function cellBackward(
  kind: CellKind,
  g: Tensor,
  gc: Tensor | null,
  { h, c, kept }: Step,
): [ofX: Tensor, ofHidden: Tensor, ofH: Tensor | null, ofC: Tensor | null] {
  if (kind === CellKind.lstm) {
    const [sums, before] = lstmCellBackward(g, gc, kept[0], c as Tensor, kept[1]);
    return [sums, sums, null, before];
  }
  if (kind === CellKind.gru) {
    const [x, hidden, before] = gruCellBackward(g, kept[0], h);
    return [x, hidden, before, null];
  }
  const y = kept[0];
  const sums = kind === CellKind.rnnTanh ? g.sub(g.mul(y).mul(y)) : g.mul(y.gt(0));
  return [sums, sums, null, null];
}

/** The gradients of `recurrentLayerBackward` from those of the output and of the last states, step by step. */
export function stepsBackward(
  [gradY, gradH, gradC]: [Tensor | null, Tensor | null, Tensor | null],
  operands: LayerInputs,
  attributes: LayerAttributes,
): Tensor[] {
  const [x, h0, c0, weightHh, , weightHr] = operands;
  const { kind } = attributes;
  const { steps, order } = runSteps(operands, attributes);
  const batchSizes = batchSizesOf(attributes.runs);
  const gLastH = gradH ?? h0.mul(0);
  const gLastC = c0 === null ? null : (gradC ?? c0.mul(0));
  const gOutputs = gradY?.split(batchSizes) ?? null;
  const ofX: Tensor[] = new Array(order.length);
  const ofHidden: Tensor[] = new Array(order.length);
  const ofOutput: Tensor[] = new Array(order.length);
  const aside: { h: Tensor[]; c: Tensor[] } = { h: [], c: [] };
  order.reverse();
  const first = batchSizes[order[0]];
  let gh = gLastH.narrow(0, 0, first);
  let gc = gLastC === null ? null : gLastC.narrow(0, 0, first);
  for (const t of order) {
    gh = fitRows(gh, batchSizes[t], gLastH, aside.h);
    if (gc !== null && gLastC !== null) gc = fitRows(gc, batchSizes[t], gLastC, aside.c);
    if (gOutputs !== null) gh = gh.add(gOutputs[t]);
    ofOutput[t] = gh;
    const [xs, hidden, besides, cell] = cellBackward(kind, weightHr === null ? gh : gh.mm(weightHr), gc, steps[t]);
    ofX[t] = xs;
    ofHidden[t] = hidden;
    const through = hidden.mm(weightHh);
    gh = besides === null ? through : through.add(besides);
    gc = cell;
  }
  const nothing = x.flatten().narrow(0, 0, 0);
  return [
    cat(ofX),
    kind === CellKind.gru ? cat(ofHidden) : nothing,
    gathered(gh, aside.h),
    gc === null ? nothing : gathered(gc, aside.c),
    weightHr === null
      ? nothing
      : cat(ofOutput)
          .t()
          .mm(cat(steps.map((step) => step.kept[2]))),
  ];
}
