/** Gradients on demand. */
import { AutogradError, checkTensor, formatShape, onesLike, ShapeError, type Tensor, zerosLike } from '@flambeau/core';
import { castTo, sameShape } from '@flambeau/core/internal';
import { type BackwardOptions as EngineOptions, type Root, runBackward } from './engine.js';
import { vmap } from './func/vmap.js';
import { edgeOf } from './history.js';
import { enableGrad } from './mode.js';
import { asGradOf, differentiated } from './sparse.js';
import type { Edge } from './node.js';
import { TransformError } from './transforms/frame.js';
import { WrappedTensor } from './transforms/wrapped.js';

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
      if (output.info.kind === 'complex')
        throw new AutogradError(
          `${op}: a complex number is no loss; give its gradient, or take a real one of it, e.g. with .abs()`,
        );
      return { edge, grad: onesLike(output) };
    }
    if (!sameShape(given.shape, output.shape))
      throw new ShapeError(`${op}: the gradient has shape ${formatShape(given.shape)}, the tensor ${formatShape(output.shape)}`);
    return { edge, grad: castTo(given, output.info) };
  });
}

export interface BackwardCallOptions {
  /** The gradient of the loss with respect to the tensor, of its shape; a list for a list of tensors. Default 1 for scalars. */
  readonly gradient?: Tensor | readonly (Tensor | null)[];
  /** Keep the graph for another backward. Default: `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the backward pass, for higher derivatives. Default false. */
  readonly createGraph?: boolean;
  /** Add gradients into `.grad` of these tensors only. Default: all leaves. */
  readonly inputs?: TensorOrTensors;
}

/**
 * Adds the gradients of the tensors (of their sum, if there are several) into `.grad` of every leaf they were computed from.
 * PyTorch: `Tensor.backward`, `torch.autograd.backward`.
 */
export function backward(tensors: TensorOrTensors, options: Tensor | BackwardCallOptions = {}): void {
  const given: BackwardCallOptions = 'storage' in options ? { gradient: options as Tensor } : options;
  const { gradient, createGraph = false, retainGraph = createGraph, inputs } = given;
  const roots = list(tensors);
  if (roots.some((t) => t instanceof WrappedTensor))
    throw new TransformError(
      'backward: gradients cannot be accumulated into leaves inside of a transform; use func.grad or grad()',
    );
  const gradients = gradient === undefined ? [] : Array.isArray(gradient) ? gradient : [gradient as Tensor];
  const edges = rootsOf('backward', roots, gradients);
  if (inputs === undefined) runBackward(edges, { retainGraph, createGraph }, null);
  else accumulateInto(list(inputs), edges, { retainGraph, createGraph });
}

function accumulateInto(inputs: readonly Tensor[], roots: readonly Root[], options: EngineOptions): void {
  const leaves = inputs.map(differentiated);
  const targets = leaves.map((t, i) => {
    const edge = edgeOf(t);
    if (edge === null) throw new AutogradError(`backward: inputs[${i}] does not need gradients`);
    return edge;
  });
  runBackward(roots, options, targets).forEach((g, i) => {
    // a gradient that rules handed on as it was may be that of another leaf, too, or the user's
    if (g !== null) leaves[i].grad = leaves[i].grad === null ? g.clone() : leaves[i].grad.add(g);
  });
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
  /** `gradOutputs` have a batch of gradients as their first dimension, and so have the results. Default false. */
  readonly isGradsBatched?: boolean;
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
  if (options.isGradsBatched) return batchedGrad(outputs, inputs, options);
  const { gradOutputs, createGraph = false, retainGraph = createGraph, allowUnused = false, materializeGrads = false } = options;
  const wanted = list(inputs);
  const targets = wanted.map((input, i): Edge => {
    checkTensor('grad', `inputs[${i}]`, input);
    const edge = edgeOf(differentiated(input));
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
    const input = wanted[i];
    if (result !== null) return asGradOf(input, result);
    if (materializeGrads) return asGradOf(input, zerosLike(differentiated(input)));
    if (allowUnused) return null;
    throw new AutogradError(
      `grad: inputs[${i}] was not used in computing the outputs; pass { allowUnused: true } to get null for it`,
    );
  });
}

/** One walk through the graph for a batch of gradients. */
function batchedGrad(outputs: TensorOrTensors, inputs: TensorOrTensors, options: GradOptions): (Tensor | null)[] {
  const { gradOutputs, isGradsBatched: _, ...rest } = options;
  const given = gradOutputs === undefined ? [] : Array.isArray(gradOutputs) ? gradOutputs : [gradOutputs as Tensor];
  const batched = given.filter((g): g is Tensor => g !== null);
  if (batched.length === 0) throw new AutogradError('grad: isGradsBatched needs gradOutputs with a batch dimension in front');
  let present: readonly boolean[] = [];
  const found = vmap((...examples: Tensor[]) => {
    let next = 0;
    const each = given.map((g) => (g === null ? null : examples[next++]));
    const grads = grad(outputs, inputs, { ...rest, gradOutputs: each });
    present = grads.map((g) => g !== null);
    return grads.filter((g) => g !== null);
  })(...batched);
  let next = 0;
  return present.map((is) => (is ? found[next++] : null));
}
