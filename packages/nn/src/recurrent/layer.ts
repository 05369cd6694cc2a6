/** One layer of a recurrent network in one direction, over all time steps. */
import { linear, type Tensor } from '@flambeau/core';
import { CellKind, groups } from '@flambeau/core/internal';

const KINDS = { rnn_tanh: CellKind.rnnTanh, rnn_relu: CellKind.rnnRelu, lstm: CellKind.lstm, gru: CellKind.gru } as const;
export type CellName = keyof typeof KINDS;

/** What is not a tensor. */
export interface LayerPlan {
  readonly kind: CellName;
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

/** Equal neighbours as one number and how many there are of it. */
function runsOf(sizes: readonly number[]): number[] {
  const runs: number[] = [];
  for (const size of sizes)
    if (size === runs[runs.length - 2]) runs[runs.length - 1]++;
    else runs.push(size, 1);
  return runs;
}

/** Output (N, H), last hidden state (B, H) and, of an LSTM, last cell state of one layer in one direction. */
export function recurrentLayer({ kind, batchSizes, reverse }: LayerPlan, tensors: LayerTensors): Tensor[] {
  const [data, h, c, weightIh, weightHh, biasIh, biasHh, weightHr] = tensors;
  // a GRU's reset gate acts on the state's bias alone, so there the two cannot be added up
  const apart = kind === 'gru';
  const x = linear(data, weightIh, apart || biasIh === null || biasHh === null ? biasIh : biasIh.add(biasHh));
  const attributes = { kind: KINDS[kind], reverse, runs: runsOf(batchSizes) };
  return groups.recurrentLayer.recurrentLayer(x, h, c, weightHh, apart ? biasHh : null, weightHr, attributes);
}
