/** A layer of a recurrent network in one direction, over all time steps: all but the products with the data. */
import { isRecorded } from '../dispatch.js';
import { formatShape, ShapeError } from '../errors.js';
import { defineOp, type Inputs, type Op, type TensorMeta } from '../op.js';
import type { Tensor } from '../tensor.js';
import { requireFloating, requireSameOrCastDtype } from './dtype-checks.js';
import { cat } from './joining.js';
import { CellKind, type LayerAttributes, type LayerInputs, PARTS, runSteps, stepsBackward } from './recurrent-steps.js';

type LayerInputName = 'x' | 'h' | 'c' | 'weightHh' | 'biasHh' | 'weightHr';

/** How many values of each unit the gradients need. */
const KEPT = [0, 0, 5, 4] as const;

type LayerOp = Op<[...LayerInputs, attributes: LayerAttributes], Tensor[], LayerInputName, LayerAttributes, true>;

const none = (t: Tensor): TensorMeta => ({ shape: [0], dtype: t.info });

/** The layer as one operation: with a kernel, which keeps what the gradients need if `keeps`, or made of time steps. */
const layerOp = (name: string, kernel?: string, keeps = kernel !== undefined): LayerOp =>
  defineOp({
    name,
    inputs: ['x', 'h', 'c', 'weightHh', 'biasHh', 'weightHr'],
    args: (...[x, h, c, weightHh, biasHh, weightHr, { kind, reverse, runs }]: [...LayerInputs, attributes: LayerAttributes]) => [
      [x, h, c, weightHh, biasHh, weightHr],
      { kind, reverse, runs },
    ],
    infer: (inputs, { kind, runs }) => {
      const [x, h, c, weightHh, biasHh, weightHr] = inputs as LayerInputs;
      const rows = runs.reduce((n, size, i) => (i % 2 === 0 ? n + size * runs[i + 1] : n), 0);
      const [batch, features] = h.shape;
      const units = weightHr === null ? features : weightHr.shape[1];
      const expected: [string, Tensor | null, number[]][] = [
        ['x', x, [rows, PARTS[kind] * units]],
        ['h', h, [runs[0], features]],
        ['c', c, [batch, units]],
        ['weightHh', weightHh, [PARTS[kind] * units, features]],
        ['biasHh', biasHh, [PARTS[kind] * units]],
        ['weightHr', weightHr, [features, units]],
      ];
      for (const [input, t, shape] of expected)
        if (t !== null && formatShape(t.shape) !== formatShape(shape))
          throw new ShapeError(`recurrentLayer: expected ${input} of shape ${formatShape(shape)}, got ${formatShape(t.shape)}`);
      const meta = (...shape: number[]): TensorMeta => ({ shape, dtype: x.info });
      const kept = keeps ? meta(rows, KEPT[kind] * units) : none(x);
      return [meta(rows, features), meta(batch, features), c === null ? none(x) : meta(batch, units), kept];
    },
    kernel,
    contiguous: kernel !== undefined,
    decompose: (inputs: Inputs, attributes): Tensor[] => {
      const [x] = inputs as LayerInputs;
      const { outputs, last, steps } = runSteps(inputs as LayerInputs, attributes);
      const nothing = x.flatten().narrow(0, 0, 0);
      const kept = (): Tensor =>
        KEPT[attributes.kind] === 0 ? x.narrow(1, 0, 0) : cat(steps.map(({ kept: parts }) => cat(parts.slice(0, 2), 1)));
      return [cat(outputs), last[0], last[1] ?? nothing, keeps ? kept() : nothing];
    },
    differentiable: true,
  });

/**
 * @internal The output (N, P) in the order of the data, the last states (an empty tensor in place of a cell state that there is not),
 * and what the gradients need of each row. In float32, without a projection.
 */
export const fusedRecurrentLayer: LayerOp = layerOp('recurrent_layer', 'recurrent_layer');
/** @internal The same where no gradient is wanted: nothing is kept, the last result is empty. */
export const fusedRecurrentInference: LayerOp = layerOp('recurrent_layer_inference', 'recurrent_layer', false);
/** @internal The same for all types and with a projection. */
export const stepwiseRecurrentLayer: LayerOp = layerOp('recurrent_layer_steps');

type GradientInputs = [gradY: Tensor | null, gradH: Tensor | null, gradC: Tensor | null, y: Tensor, kept: Tensor, ...LayerInputs];
type BackwardOp = Op<
  [...GradientInputs, attributes: LayerAttributes],
  Tensor[],
  'gradY' | 'gradH' | 'gradC' | 'y' | 'kept' | LayerInputName,
  LayerAttributes,
  true
>;

const backwardOp = (name: string, kernel?: string): BackwardOp =>
  defineOp({
    name,
    inputs: ['gradY', 'gradH', 'gradC', 'y', 'kept', 'x', 'h', 'c', 'weightHh', 'biasHh', 'weightHr'],
    args: (...parameters: [...GradientInputs, attributes: LayerAttributes]) => {
      const { kind, reverse, runs } = parameters[11];
      return [parameters.slice(0, 11) as Inputs, { kind, reverse, runs }];
    },
    infer: (inputs, { kind }) => {
      const [x, h, c, , , weightHr] = inputs.slice(5) as unknown as LayerInputs;
      const like = (t: Tensor | null): TensorMeta => (t === null ? none(x) : { shape: t.shape, dtype: x.info });
      return [like(x), like(kind === CellKind.gru ? x : null), like(h), like(c), like(weightHr)];
    },
    kernel,
    contiguous: kernel !== undefined,
    // the steps again, so that second derivatives reach the inputs
    decompose: (inputs: Inputs, attributes): Tensor[] => {
      const [gradY, gradH, gradC] = inputs;
      return stepsBackward([gradY, gradH, gradC], inputs.slice(5) as unknown as LayerInputs, attributes);
    },
    differentiable: true,
  });

/**
 * @internal Gradients of `x`, of the products of the hidden state where they are others (GRU), of `h`, `c` and `weightHr`; empty where
 * there is none. Those of `weightHh` and `biasHh` follow from the products'.
 */
export const fusedRecurrentLayerBackward: BackwardOp = backwardOp('recurrent_layer_backward', 'recurrent_layer_backward');
/** @internal The same for all types and with a projection. */
export const stepwiseRecurrentLayerBackward: BackwardOp = backwardOp('recurrent_layer_steps_backward');

/**
 * @internal All outputs (N, P), the last hidden states (B, P) and, of an LSTM, the last cell states (B, H), from what the data
 * contribute to the gates.
 */
export function recurrentLayer(...parameters: [...LayerInputs, attributes: LayerAttributes]): Tensor[] {
  const [x, h, c, weightHh, biasHh, weightHr, attributes] = parameters;
  requireFloating('recurrentLayer', 'x', x);
  const given = { x, h, weightHh, ...(c && { c }), ...(biasHh && { biasHh }), ...(weightHr && { weightHr }) };
  requireSameOrCastDtype('recurrentLayer', Object.keys(given), Object.values(given));
  const fused = weightHh.dtype === 'float32' && weightHr === null;
  // one step does not pay for packing the weights
  const single = attributes.runs.length === 2 && attributes.runs[1] === 1;
  const whole = isRecorded([x, h, c, weightHh, biasHh, weightHr]) ? fusedRecurrentLayer : fusedRecurrentInference;
  const results = (fused && !single ? whole : stepwiseRecurrentLayer)(...parameters);
  return results.slice(0, c === null ? 2 : 3);
}
