/** One layer of a recurrent network in one direction, over all time steps. */
import { Function as AutogradFunction, type FunctionContext, grad, isGradEnabled } from '@flambeau/autograd';
import { cat, linear, type Tensor } from '@flambeau/core';
import { groups, Layer } from '@flambeau/core/internal';

const { gruCell, gruCellBackward, lstmCell, lstmCellBackward } = groups.recurrentCells;

export type CellKind = 'rnn_tanh' | 'rnn_relu' | 'lstm' | 'gru';

/** What is not a tensor. */
export interface LayerPlan {
  readonly kind: CellKind;
  /** How many sequences have each time step: longest first, so the numbers never grow. */
  readonly batchSizes: readonly number[];
  /** From the last time step to the first. */
  readonly reverse: boolean;
}

/**
 * The tensors of a layer: the data of all steps, one after the other (N, features); hidden and (LSTM) cell state; weights and
 * biases; the projection of an LSTM.
 */
export type LayerTensors = readonly [
  data: Tensor,
  h: Tensor,
  c: Tensor | null,
  weightIh: Tensor,
  weightHh: Tensor,
  biasIh: Tensor | null,
  biasHh: Tensor | null,
  weightHr: Tensor | null,
];

/** What a step's backward pass needs: the states before it, and what the cell kept. */
interface Step {
  readonly h: Tensor;
  readonly c: Tensor | null;
  readonly kept: readonly Tensor[];
}

/** The time steps in the order in which they run. */
function order({ batchSizes, reverse }: LayerPlan): number[] {
  const steps = batchSizes.map((_, t) => t);
  return reverse ? steps.reverse() : steps;
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
  if (kind === 'lstm') {
    const [next, cell, gates] = lstmCell(x, hidden, c as Tensor);
    return [next, cell, [gates, cell, next]];
  }
  if (kind === 'gru') {
    const [next, kept] = gruCell(x, hidden, h);
    return [next, null, [kept]];
  }
  const sum = x.add(hidden);
  const next = kind === 'rnn_tanh' ? sum.tanh() : sum.relu();
  return [next, null, [next]];
}

/** All steps: the output (N, H) in the order of the data, and the last states. The products with the data are one. */
function runSteps(plan: LayerPlan, tensors: LayerTensors, save?: (t: number, step: Step) => void): Tensor[] {
  const [data, h0, c0, weightIh, weightHh, biasIh, biasHh, weightHr] = tensors;
  const { kind, batchSizes } = plan;
  // a GRU's reset gate acts on the state's bias alone, so there the two cannot be added up
  const apart = kind === 'gru';
  const biasX = apart || biasIh === null || biasHh === null ? biasIh : biasIh.add(biasHh);
  const inputs = linear(data, weightIh, biasX).split(batchSizes);
  const aside: { h: Tensor[]; c: Tensor[] } = { h: [], c: [] };
  const outputs: Tensor[] = new Array(batchSizes.length);
  const steps = order(plan);
  const first = batchSizes[steps[0]];
  let h = h0.narrow(0, 0, first);
  let c = c0 === null ? null : c0.narrow(0, 0, first);
  for (const t of steps) {
    h = fitRows(h, batchSizes[t], h0, aside.h);
    if (c !== null && c0 !== null) c = fitRows(c, batchSizes[t], c0, aside.c);
    const hidden = linear(h, weightHh, apart ? biasHh : null);
    const [next, cell, kept] = runCell(kind, inputs[t], hidden, h, c);
    save?.(t, { h, c, kept });
    h = weightHr === null ? next : linear(next, weightHr);
    c = cell;
    outputs[t] = h;
  }
  const last = gathered(h, aside.h);
  return c === null ? [cat(outputs), last] : [cat(outputs), last, gathered(c, aside.c)];
}

/** Gradients of one step: of the input's part, of the state's part, and of the states beside that product. */
function cellBackward(
  kind: CellKind,
  g: Tensor,
  gc: Tensor | null,
  { h, c, kept }: Step,
): [ofX: Tensor, ofHidden: Tensor, ofH: Tensor | null, ofC: Tensor | null] {
  if (kind === 'lstm') {
    const [sums, before] = lstmCellBackward(g, gc, kept[0], c as Tensor, kept[1]);
    return [sums, sums, null, before];
  }
  if (kind === 'gru') {
    const [x, hidden, before] = gruCellBackward(g, kept[0], h);
    return [x, hidden, before, null];
  }
  const y = kept[0];
  const sums = kind === 'rnn_tanh' ? g.sub(g.mul(y).mul(y)) : g.mul(y.gt(0));
  return [sums, sums, null, null];
}

/** The whole layer as one operation: its backward pass makes one product per weight, not one per step. */
class RecurrentLayer extends AutogradFunction {
  static forward(ctx: FunctionContext, plan: LayerPlan, ...tensors: LayerTensors): Tensor[] {
    const kept: Step[] = [];
    const needed = ctx.needsInputGrad.includes(true);
    if (needed) {
      ctx.saveForBackward(...tensors);
      ctx.setMaterializeGrads(false);
      Object.assign(ctx, { plan, kept });
    }
    return runSteps(plan, tensors, needed ? (t, step) => (kept[t] = step) : undefined);
  }

  static backward(ctx: FunctionContext, ...grads: (Tensor | null)[]): (Tensor | null)[] {
    const tensors = ctx.savedTensors as unknown as LayerTensors;
    const { plan, kept, needsInputGrad } = ctx as unknown as { plan: LayerPlan; kept: Step[]; needsInputGrad: boolean[] };
    const needs = needsInputGrad.slice(1);
    if (isGradEnabled()) return [null, ...differentiableBackward(plan, tensors, needs, grads)];
    return [null, ...fastBackward(plan, tensors, kept, needs, grads)];
  }
}

/** For derivatives of the gradients: the steps again, as operations of their own. */
function differentiableBackward(
  plan: LayerPlan,
  tensors: LayerTensors,
  needs: readonly boolean[],
  grads: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const results = runSteps(plan, tensors);
  const used = results.filter((_, i) => grads[i] != null);
  const wanted = tensors.filter((t, i): t is Tensor => needs[i] && t !== null);
  const found = grad(used, wanted, {
    gradOutputs: grads.filter((g): g is Tensor => g != null),
    createGraph: true,
    allowUnused: true,
  });
  return tensors.map((t, i) => (needs[i] && t !== null ? (found[wanted.indexOf(t)] ?? null) : null));
}

function fastBackward(
  plan: LayerPlan,
  tensors: LayerTensors,
  kept: readonly Step[],
  needs: readonly boolean[],
  grads: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const [data, h0, c0, weightIh, weightHh, , , weightHr] = tensors;
  const { kind, batchSizes } = plan;
  const gLastH = grads[1] ?? h0.mul(0);
  const gLastC = c0 === null ? null : (grads[2] ?? c0.mul(0));
  const gOutputs = grads[0]?.split(batchSizes) ?? null;
  const ofX: Tensor[] = new Array(batchSizes.length);
  const ofHidden: Tensor[] = new Array(batchSizes.length);
  const ofOutput: Tensor[] = new Array(batchSizes.length);
  const aside: { h: Tensor[]; c: Tensor[] } = { h: [], c: [] };
  const steps = order(plan).reverse();
  const first = batchSizes[steps[0]];
  let gh = gLastH.narrow(0, 0, first);
  let gc = gLastC === null ? null : gLastC.narrow(0, 0, first);
  for (const t of steps) {
    gh = fitRows(gh, batchSizes[t], gLastH, aside.h);
    if (gc !== null && gLastC !== null) gc = fitRows(gc, batchSizes[t], gLastC, aside.c);
    if (gOutputs !== null) gh = gh.add(gOutputs[t]);
    ofOutput[t] = gh;
    const [x, hidden, besides, cell] = cellBackward(kind, weightHr === null ? gh : gh.mm(weightHr), gc, kept[t]);
    ofX[t] = x;
    ofHidden[t] = hidden;
    const through = hidden.mm(weightHh);
    gh = besides === null ? through : through.add_(besides);
    gc = cell;
  }
  const gx = cat(ofX);
  const gHidden = ofHidden[0] === ofX[0] ? gx : cat(ofHidden);
  const gBias = needs[5] || needs[6] ? gx.sum(0) : null;
  return [
    needs[0] ? gx.mm(weightIh) : null,
    needs[1] ? gathered(gh, aside.h) : null,
    needs[2] && gc !== null ? gathered(gc, aside.c) : null,
    needs[3] ? gx.t().mm(data) : null,
    needs[4] ? gHidden.t().mm(cat(kept.map(({ h }) => h))) : null,
    needs[5] ? gBias : null,
    needs[6] ? (gHidden === gx ? (gBias as Tensor).clone() : gHidden.sum(0)) : null, // two gradients, two tensors
    needs[7]
      ? cat(ofOutput)
          .t()
          .mm(cat(kept.map((step) => step.kept[2])))
      : null,
  ];
}

/** Output (N, H), last hidden state (B, H) and, of an LSTM, last cell state of one layer in one direction. */
export function recurrentLayer(plan: LayerPlan, tensors: LayerTensors): readonly Tensor[] {
  // vmap and jvp see operations, not what a Function does inside
  const transformed = tensors.some((t) => t !== null && (t.layers & Layer.Transform) !== 0);
  return transformed ? runSteps(plan, tensors) : RecurrentLayer.apply(plan, ...tensors);
}
