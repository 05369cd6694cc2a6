/** Gradients on demand. */
import { AutogradError, checkTensor, formatShape, onesLike, ShapeError, type Tensor, zerosLike } from '@flambeau/core';
import { castTo, sameShape } from '@flambeau/core/internal';
import { type Root, runBackward } from './engine.js';
import { edgeOf } from './history.js';
import { needsGrad } from './meta.js';
import { enableGrad } from './mode.js';
import type { Edge } from './node.js';

type TensorOrTensors = Tensor | readonly Tensor[];
const list = (t: TensorOrTensors): readonly Tensor[] => (Array.isArray(t) ? t : [t as Tensor]);

function rootsOf(op: string, outputs: readonly Tensor[], gradients: readonly (Tensor | null | undefined)[]): Root[] {
  return outputs.map((output, i) => {
    checkTensor(op, 'output', output);
    const edge = enableGrad(() => edgeOf(output));
    if (edge === null)
      throw new AutogradError(
        `${op}: the tensor does not need gradients and has no history; set requiresGrad on what it is computed from (and not inside noGrad)`,
      );
    const given = gradients[i];
    if (given === null || given === undefined) {
      if (output.numel !== 1)
        throw new AutogradError(
          `${op}: a tensor of shape ${formatShape(output.shape)} is not a scalar; give its gradient, or reduce it first, e.g. with .sum()`,
        );
      return { edge, grad: onesLike(output) };
    }
    if (!sameShape(given.shape, output.shape))
      throw new ShapeError(`${op}: the gradient has shape ${formatShape(given.shape)}, the tensor ${formatShape(output.shape)}`);
    return { edge, grad: castTo(given, output.info) };
  });
}

export interface BackwardCallOptions {
  /** The gradient of the loss with respect to this tensor, of its shape. Default 1 for a scalar. */
  readonly gradient?: Tensor;
  /** Keep the graph for another backward. Default: `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the backward pass, for higher derivatives. Default false. */
  readonly createGraph?: boolean;
}

/** Adds the gradient of `self` into `.grad` of every leaf it was computed from. PyTorch: `Tensor.backward`. */
export function backward(self: Tensor, options: Tensor | BackwardCallOptions = {}): void {
  const {
    gradient,
    createGraph = false,
    retainGraph = createGraph,
  } = 'storage' in options ? { gradient: options as Tensor } : options;
  runBackward(rootsOf('backward', [self], [gradient]), { retainGraph, createGraph }, null);
}

export interface GradOptions {
  /** One gradient per output. Default 1 for scalars. */
  readonly gradOutputs?: TensorOrTensors | readonly (Tensor | null)[];
  readonly retainGraph?: boolean;
  readonly createGraph?: boolean;
  /** Give null for inputs that the outputs do not depend on, instead of an error. Default false. */
  readonly allowUnused?: boolean;
  /** Give zeros for such inputs. Default false. */
  readonly materializeGrads?: boolean;
}

/**
 * Gradients of `outputs` with respect to `inputs`, without touching `.grad`. PyTorch: `torch.autograd.grad`.
 *
 * @throws {AutogradError} If an input does not need gradients, or (without `allowUnused`) was not used.
 */
export function grad(
  outputs: TensorOrTensors,
  inputs: TensorOrTensors,
  options?: GradOptions & { allowUnused?: false },
): Tensor[];
export function grad(outputs: TensorOrTensors, inputs: TensorOrTensors, options?: GradOptions): (Tensor | null)[];
export function grad(outputs: TensorOrTensors, inputs: TensorOrTensors, options: GradOptions = {}): (Tensor | null)[] {
  const { gradOutputs, createGraph = false, retainGraph = createGraph, allowUnused = false, materializeGrads = false } = options;
  const wanted = list(inputs);
  const targets = wanted.map((input, i): Edge => {
    checkTensor('grad', `inputs[${i}]`, input);
    const edge = needsGrad(input) ? edgeOf(input) : null;
    if (edge === null)
      throw new AutogradError(`grad: inputs[${i}] does not need gradients; set its requiresGrad before computing the outputs`);
    return edge;
  });
  const given = gradOutputs === undefined ? [] : Array.isArray(gradOutputs) ? gradOutputs : [gradOutputs as Tensor];
  const from = list(outputs);
  if (given.length > 0 && given.length !== from.length)
    throw new AutogradError(
      `grad: ${given.length} gradOutputs for ${from.length} outputs; give one for each, null for the default`,
    );
  const results = runBackward(rootsOf('grad', from, given), { retainGraph, createGraph }, targets);
  return results.map((result, i) => {
    if (result !== null) return result;
    if (materializeGrads) return zerosLike(wanted[i]);
    if (allowUnused) return null;
    throw new AutogradError(
      `grad: inputs[${i}] was not used in computing the outputs; pass { allowUnused: true } to get null for it`,
    );
  });
}
