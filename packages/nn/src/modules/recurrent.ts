/** Recurrent networks over whole sequences. */
import { cat, dropout, empty, formatShape, ShapeError, type Tensor, ValueError, zeros } from '@flambeau/core';
import type { FactoryOptions } from '../factory-options.js';
import { uniform_ } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { type CellName, type LayerTensors, recurrentLayer } from '../recurrent/layer.js';
import { PackedSequence } from '../recurrent/packed-sequence.js';

export interface RecurrentOptions extends FactoryOptions {
  /** Layers, each with the output of the one below as input. Default 1. */
  readonly numLayers?: number;
  /** Whether to learn biases. Default true. */
  readonly bias?: boolean;
  /** Whether input and output are `(B, T, *)`, not `(T, B, *)`. Default false. */
  readonly batchFirst?: boolean;
  /** Probability of dropping an element of the output of each layer but the last. Default 0. */
  readonly dropout?: number;
  /** Whether a second direction runs from the end of the sequences. Default false. */
  readonly bidirectional?: boolean;
}

const GATES: Readonly<Record<CellName, number>> = { rnn_tanh: 1, rnn_relu: 1, lstm: 4, gru: 3 };

/** The last states of all layers and directions. */
type States = readonly [h: Tensor, c: Tensor | null];

/** What RNN, LSTM and GRU share. PyTorch: `torch.nn.RNNBase`. */
export abstract class RNNBase extends Module {
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;

  constructor(
    private readonly kind: CellName,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RecurrentOptions,
    readonly projSize: number = 0,
  ) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false, dropout: p = 0, bidirectional = false, dtype, device } = options;
    const name = this.constructor.name;
    if (!(p >= 0 && p <= 1)) throw new ValueError(`${name}: dropout must be a probability in [0, 1], got ${p}`);
    if (!(hiddenSize > 0) || !(numLayers > 0))
      throw new ValueError(`${name}: hiddenSize and numLayers must be positive, got ${hiddenSize} and ${numLayers}`);
    if (!(projSize >= 0 && projSize < hiddenSize))
      throw new ValueError(`${name}: projSize must be from 0 to hiddenSize - 1, got ${projSize}`);
    this.numLayers = numLayers;
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = p;
    this.bidirectional = bidirectional;
    const rows = GATES[kind] * hiddenSize;
    for (let layer = 0; layer < numLayers; layer++)
      for (const suffix of this.suffixesOf(layer)) {
        const features = layer === 0 ? inputSize : this.outputSize * this.directions;
        const add = (property: string, shape: number[]): void =>
          this.registerParameter(property + suffix, new Parameter(empty(shape, { dtype, device })));
        add('weightIh', [rows, features]);
        add('weightHh', [rows, this.outputSize]);
        if (bias) {
          add('biasIh', [rows]);
          add('biasHh', [rows]);
        }
        if (projSize > 0) add('weightHr', [projSize, hiddenSize]);
      }
    this.resetParameters();
  }

  private get directions(): number {
    return this.bidirectional ? 2 : 1;
  }
  private get outputSize(): number {
    return this.projSize > 0 ? this.projSize : this.hiddenSize;
  }
  /** What the names of a layer's parameters end in, for each direction. */
  private suffixesOf(layer: number): string[] {
    return this.bidirectional ? [`L${layer}`, `L${layer}Reverse`] : [`L${layer}`];
  }

  /** Draws the initial values anew, uniform in `±1 / sqrt(hiddenSize)`. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound);
  }

  /** Weights and biases in the order of `recurrentLayer`. */
  private parametersOf(suffix: string): [Tensor, Tensor, Tensor | null, Tensor | null, Tensor | null] {
    const own = this as unknown as Readonly<Record<string, Tensor | undefined>>;
    const [ih, hh, bih, bhh, hr] = ['weightIh', 'weightHh', 'biasIh', 'biasHh', 'weightHr'].map((p) => own[p + suffix] ?? null);
    return [ih as Tensor, hh as Tensor, bih, bhh, hr];
  }

  /** All layers over packed data (N, inputSize). */
  private run(data: Tensor, batchSizes: readonly number[], [h0, c0]: States): [output: Tensor, States] {
    const last: { h: Tensor[]; c: Tensor[] } = { h: [], c: [] };
    let x = data;
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0) x = dropout(x, this.dropout, { training: this.training });
      const outputs = this.suffixesOf(layer).map((suffix, direction) => {
        const i = layer * this.directions + direction;
        const tensors: LayerTensors = [x, h0.select(0, i), c0?.select(0, i) ?? null, ...this.parametersOf(suffix)];
        const [output, h, c] = recurrentLayer({ kind: this.kind, batchSizes, reverse: direction === 1 }, tensors);
        last.h.push(h);
        if (c !== undefined) last.c.push(c);
        return output;
      });
      x = outputs.length === 1 ? outputs[0] : cat(outputs, 1);
    }
    // the gradient reads what the last layer returned, which users may change in place all the same, but for an LSTM's (as in PyTorch)
    if (c0 === null && this.directions === 1 && x.requiresGrad) x = x.clone();
    const stacked = (states: Tensor[]): Tensor => cat(states.map((s) => s.unsqueeze(0))); // no view: users detach_ what they carry on
    return [x, [stacked(last.h), c0 === null ? null : stacked(last.c)]];
  }

  private checkStates(states: States, batch: number): void {
    const layers = this.numLayers * this.directions;
    const sizes = [this.outputSize, this.hiddenSize];
    states.forEach((state, i) => {
      if (state === null) return;
      const wanted = [layers, batch, sizes[i]];
      if (formatShape(state.shape) !== formatShape(wanted))
        throw new ShapeError(
          `${this.constructor.name}: expected ${'hc'[i]}0 of shape ${formatShape(wanted)}, got ${formatShape(state.shape)}`,
        );
    });
  }

  /** @internal Any input, with the states given or zeros. */
  protected runLayers(input: Tensor | PackedSequence, given: States | null): [output: Tensor | PackedSequence, States] {
    const layers = this.numLayers * this.directions;
    const zeroStates = (batch: number, { dtype, device }: Tensor): States => [
      zeros([layers, batch, this.outputSize], { dtype, device }),
      this.kind === 'lstm' ? zeros([layers, batch, this.hiddenSize], { dtype, device }) : null,
    ];
    const each = ([h, c]: States, f: (state: Tensor) => Tensor): States => [f(h), c === null ? null : f(c)];

    if (input instanceof PackedSequence) {
      const { data, batchSizes, sortedIndices, unsortedIndices } = input;
      this.checkFeatures(data);
      const states = given ?? zeroStates(batchSizes[0], data);
      this.checkStates(states, batchSizes[0]);
      const sorted = sortedIndices === null ? states : each(states, (s) => s.indexSelect(1, sortedIndices));
      const [output, last] = this.run(data, batchSizes, sorted);
      const restored = unsortedIndices === null ? last : each(last, (s) => s.indexSelect(1, unsortedIndices));
      return [new PackedSequence(output, batchSizes, sortedIndices, unsortedIndices), restored];
    }
    if (input.ndim !== 2 && input.ndim !== 3)
      throw new ShapeError(
        `${this.constructor.name}: expected ${this.batchFirst ? '(B, T, features)' : '(T, B, features)'} or (T, features), got ${formatShape(input.shape)}`,
      );
    this.checkFeatures(input);
    if (input.ndim === 2) {
      const [output, last] = this.runPadded(
        input.unsqueeze(1),
        given === null ? null : each(given, (s) => s.unsqueeze(1)),
        zeroStates,
      );
      return [output.squeeze(1), each(last, (s) => s.squeeze(1))];
    }
    const [output, last] = this.runPadded(this.batchFirst ? input.transpose(0, 1) : input, given, zeroStates);
    return [this.batchFirst ? output.transpose(0, 1) : output, last];
  }

  /** Sequences of one length: (T, B, features). */
  private runPadded(
    input: Tensor,
    given: States | null,
    zeroStates: (batch: number, like: Tensor) => States,
  ): [output: Tensor, States] {
    const [steps, batch, features] = input.shape;
    if (steps === 0) throw new ShapeError(`${this.constructor.name}: the input ${formatShape(input.shape)} has no time step`);
    const states = given ?? zeroStates(batch, input);
    this.checkStates(states, batch);
    const sizes = new Array<number>(steps).fill(batch);
    const [output, last] = this.run(input.reshape([steps * batch, features]), sizes, states);
    return [output.reshape([steps, batch, output.shape[1]]), last];
  }

  private checkFeatures({ shape }: Tensor): void {
    if (shape[shape.length - 1] !== this.inputSize)
      throw new ShapeError(
        `${this.constructor.name}: expected ${this.inputSize} features (inputSize), got an input ${formatShape(shape)}`,
      );
  }

  override extraRepr(): string {
    const { numLayers, bias, batchFirst, dropout: p, bidirectional, projSize } = this;
    return [
      `${this.inputSize}, ${this.hiddenSize}`,
      ...(projSize > 0 ? [`projSize=${projSize}`] : []),
      ...(numLayers !== 1 ? [`numLayers=${numLayers}`] : []),
      ...(bias ? [] : ['bias=false']),
      ...(batchFirst ? ['batchFirst=true'] : []),
      ...(p > 0 ? [`dropout=${p}`] : []),
      ...(bidirectional ? ['bidirectional=true'] : []),
    ].join(', ');
  }
}

/** What goes in comes out: a tensor or a packed sequence. */
type Sequences = Tensor | PackedSequence;

export interface RNNOptions extends RecurrentOptions {
  /** Default `'tanh'`. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/**
 * A simple recurrent network: `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)`. PyTorch: `torch.nn.RNN`. Elman 1990.
 *
 * @example
 * const [output, h] = new RNN(10, 20, { numLayers: 2 })(randn([5, 3, 10])); // (5, 3, 20) and (2, 3, 20)
 */
export class RNN extends RNNBase {
  readonly nonlinearity: 'tanh' | 'relu';
  constructor(inputSize: number, hiddenSize: number, { nonlinearity = 'tanh', ...options }: RNNOptions = {}) {
    if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
      throw new ValueError(`RNN: nonlinearity must be 'tanh' or 'relu', got '${String(nonlinearity)}'`);
    super(nonlinearity === 'tanh' ? 'rnn_tanh' : 'rnn_relu', inputSize, hiddenSize, options);
    this.nonlinearity = nonlinearity;
  }

  /**
   * @param input - Shape `(T, B, inputSize)`, `(B, T, inputSize)` with `batchFirst`, `(T, inputSize)`, or a packed sequence.
   * @param h0 - Shape `(layers · directions, B, hiddenSize)`. Default zeros.
   * @returns All outputs `(T, B, directions · hiddenSize)`, or packed; and the last states, of `h0`'s shape.
   */
  forward<S extends Sequences>(input: S, h0: Tensor | null = null): [output: S, h: Tensor] {
    const [output, [h]] = this.runLayers(input, h0 === null ? null : [h0, null]);
    return [output as S, h];
  }
}

/**
 * A gated recurrent network. PyTorch: `torch.nn.GRU`. Cho et al. 2014.
 *
 * @example
 * const [output, h] = new GRU(10, 20, { bidirectional: true })(randn([5, 3, 10])); // (5, 3, 40) and (2, 3, 20)
 */
export class GRU extends RNNBase {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super('gru', inputSize, hiddenSize, options);
  }

  /** Shapes are those of `RNN`. */
  forward<S extends Sequences>(input: S, h0: Tensor | null = null): [output: S, h: Tensor] {
    const [output, [h]] = this.runLayers(input, h0 === null ? null : [h0, null]);
    return [output as S, h];
  }
}

export interface LSTMOptions extends RecurrentOptions {
  /** Size of a projection of the hidden state; 0 for none. Default 0. */
  readonly projSize?: number;
}

/**
 * A network with long short-term memory. PyTorch: `torch.nn.LSTM`. Hochreiter and Schmidhuber 1997.
 *
 * @example
 * const [output, [h, c]] = new LSTM(10, 20, { batchFirst: true })(randn([3, 5, 10])); // (3, 5, 20), (1, 3, 20), (1, 3, 20)
 */
export class LSTM extends RNNBase {
  constructor(inputSize: number, hiddenSize: number, { projSize = 0, ...options }: LSTMOptions = {}) {
    super('lstm', inputSize, hiddenSize, options, projSize);
  }

  /**
   * @param input - Shape `(T, B, inputSize)`, `(B, T, inputSize)` with `batchFirst`, `(T, inputSize)`, or a packed sequence.
   * @param states - Hidden and cell state, `(layers · directions, B, projSize or hiddenSize)` and `(…, hiddenSize)`. Default zeros.
   */
  forward<S extends Sequences>(
    input: S,
    states: readonly [h: Tensor, c: Tensor] | null = null,
  ): [output: S, states: [h: Tensor, c: Tensor]] {
    const [output, last] = this.runLayers(input, states);
    return [output as S, last as [Tensor, Tensor]];
  }
}

// A call keeps the input's type, which the base class's signature cannot say. Each has a second member, so that it stays an interface.
export interface RNN {
  <S extends Sequences>(input: S, h0?: Tensor | null): [output: S, h: Tensor];
  readonly length: unknown;
}
export interface GRU {
  <S extends Sequences>(input: S, h0?: Tensor | null): [output: S, h: Tensor];
  readonly length: unknown;
}
export interface LSTM {
  <S extends Sequences>(input: S, states?: readonly [h: Tensor, c: Tensor] | null): [output: S, states: [h: Tensor, c: Tensor]];
  readonly length: unknown;
}
