/** Single time steps of recurrent networks. */
import { empty, formatShape, linear, ShapeError, type Tensor, ValueError, zeros } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { FactoryOptions } from '../factory-options.js';
import { uniform_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

const { gruCell, lstmCell } = groups.recurrentCells;

export interface RecurrentCellOptions extends FactoryOptions {
  /** Whether to learn biases. Default true. */
  readonly bias?: boolean;
}

/** What cells share. PyTorch: `torch.nn.RNNCellBase`. */
export abstract class RNNCellBase extends Module {
  weightIh: Parameter;
  weightHh: Parameter;
  biasIh: Parameter | null;
  biasHh: Parameter | null;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    gates: number,
    { bias = true, dtype, device }: RecurrentCellOptions,
  ) {
    super();
    const rows = gates * hiddenSize;
    this.weightIh = new Parameter(empty([rows, inputSize], { dtype, device }));
    this.weightHh = new Parameter(empty([rows, hiddenSize], { dtype, device }));
    this.biasIh = bias ? new Parameter(empty([rows], { dtype, device })) : null;
    this.biasHh = bias ? new Parameter(empty([rows], { dtype, device })) : null;
    this.resetParameters();
  }

  /** Draws the initial values anew, uniform in `±1 / sqrt(hiddenSize)`. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  /** @internal A batch (B, features) of input and states, zeros where none is given, through `step`; without a batch the same. */
  protected step(
    input: Tensor,
    given: readonly Tensor[] | null,
    count: number,
    step: (x: Tensor, hidden: Tensor, states: readonly Tensor[]) => Tensor[],
  ): Tensor[] {
    const name = this.constructor.name;
    if ((input.ndim !== 1 && input.ndim !== 2) || input.shape[input.ndim - 1] !== this.inputSize)
      throw new ShapeError(`${name}: expected (B, ${this.inputSize}) or (${this.inputSize},), got ${formatShape(input.shape)}`);
    const shape = [...input.shape.slice(0, -1), this.hiddenSize];
    const states = given ?? Array.from({ length: count }, () => zeros(shape, { dtype: input.dtype, device: input.device }));
    for (const state of states)
      if (formatShape(state.shape) !== formatShape(shape))
        throw new ShapeError(`${name}: expected a state of shape ${formatShape(shape)}, got ${formatShape(state.shape)}`);
    const single = input.ndim === 1;
    const rows = (t: Tensor): Tensor => (single ? t.unsqueeze(0) : t);
    const x = linear(rows(input), this.weightIh, this.biasIh);
    const hidden = linear(rows(states[0]), this.weightHh, this.biasHh);
    const next = step(x, hidden, states.map(rows));
    return single ? next.map((t) => t.squeeze(0)) : next;
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.biasIh === null ? ', bias=false' : ''}`;
  }
}

export interface RNNCellOptions extends RecurrentCellOptions {
  /** Default `'tanh'`. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/** One step of an RNN: `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`. PyTorch: `torch.nn.RNNCell`. */
export class RNNCell extends RNNCellBase {
  readonly nonlinearity: 'tanh' | 'relu';
  constructor(inputSize: number, hiddenSize: number, { nonlinearity = 'tanh', ...options }: RNNCellOptions = {}) {
    super(inputSize, hiddenSize, 1, options);
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
      throw new ValueError(`RNNCell: nonlinearity must be 'tanh' or 'relu', got '${String(nonlinearity)}'`);
    this.nonlinearity = nonlinearity;
  }
  /**
   * @param input - Shape `(B, inputSize)` or `(inputSize)`.
   * @param h - Shape `(B, hiddenSize)` or `(hiddenSize)`. Default zeros.
   */
  forward(input: Tensor, h: Tensor | null = null): Tensor {
    const activate = (sum: Tensor): Tensor => (this.nonlinearity === 'tanh' ? sum.tanh() : sum.relu());
    return this.step(input, h === null ? null : [h], 1, (x, hidden) => [activate(x.add(hidden))])[0];
  }
}

/** One step of an LSTM. PyTorch: `torch.nn.LSTMCell`. */
export class LSTMCell extends RNNCellBase {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(inputSize, hiddenSize, 4, options);
  }
  /** Input and states as those of `RNNCell`; returns the new hidden and cell state. */
  forward(input: Tensor, states: readonly [h: Tensor, c: Tensor] | null = null): [h: Tensor, c: Tensor] {
    return this.step(input, states, 2, (x, hidden, [, c]) => lstmCell(x, hidden, c).slice(0, 2)) as [Tensor, Tensor];
  }
}

/** One step of a GRU. PyTorch: `torch.nn.GRUCell`. */
export class GRUCell extends RNNCellBase {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(inputSize, hiddenSize, 3, options);
  }
  /** Input and state as those of `RNNCell`. */
  forward(input: Tensor, h: Tensor | null = null): Tensor {
    return this.step(input, h === null ? null : [h], 1, (x, hidden, [state]) => [gruCell(x, hidden, state)[0]])[0];
  }
}
