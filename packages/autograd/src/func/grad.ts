/** Gradients of functions. */
import { formatShape, isTensor, onesLike, type Tensor } from '@flambeau/core';
import { TransformError } from '../transforms/frame.js';
import { fillTree, leavesOf } from '../transforms/pytree.js';
import { type AnyTree, choose, type GradOptions, splitAux, type WithAux } from './arguments.js';
import { Recording } from './recording.js';

function compute(op: string, f: (...args: never[]) => unknown, args: readonly unknown[], options: GradOptions) {
  const { argnums = 0, hasAux = false } = options;
  const { tree, call } = choose(op, f, args, argnums);
  const leaves = leavesOf(tree);
  if (leaves.length === 0) throw new TransformError(`${op}: there is no tensor among the arguments to differentiate`);
  const recording = new Recording(op, leaves);
  const [output, aux] = splitAux(op, recording.run(call, tree), hasAux);
  if (!isTensor(output) || output.numel !== 1 || output.ndim > 1)
    throw new TransformError(
      `${op}: the function must return a scalar tensor, got ${isTensor(output) ? `one of shape ${formatShape(output.shape)}; use jacrev, or reduce it with .sum()` : typeof output}`,
    );
  const grads = recording.gradients([output], [onesLike(output)], false);
  return {
    grads: fillTree(tree, recording.released(grads)),
    value: recording.released(output),
    aux: recording.released(aux),
  };
}

/**
 * The gradient of a scalar function with respect to its first argument, or those that `argnums` names; arrays and objects of
 * tensors give the same of gradients. PyTorch: `torch.func.grad`. `noGrad` inside of `f` holds for all transforms around it.
 *
 * @throws {TransformError} If `f` does not return a scalar.
 */
export function grad<A extends readonly unknown[]>(
  f: (...args: A) => readonly [Tensor, unknown],
  options: WithAux,
): (...args: A) => [gradient: AnyTree, aux: AnyTree];
export function grad<A extends readonly unknown[]>(f: (...args: A) => Tensor, options?: GradOptions): (...args: A) => AnyTree;
export function grad<A extends readonly unknown[]>(f: (...args: A) => unknown, options: GradOptions = {}) {
  return (...args: A) => {
    const { grads, aux } = compute('grad', f as (...args: never[]) => unknown, args, options);
    return options.hasAux ? [grads, aux] : grads;
  };
}

/**
 * The value and the gradient of a scalar function; with `hasAux` `[[value, aux], gradient]`. PyTorch: `torch.func.grad_and_value`,
 * which gives the gradient first.
 */
export function valueAndGrad<A extends readonly unknown[]>(
  f: (...args: A) => readonly [Tensor, unknown],
  options: WithAux,
): (...args: A) => [[value: Tensor, aux: AnyTree], gradient: AnyTree];
export function valueAndGrad<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  options?: GradOptions,
): (...args: A) => [value: Tensor, gradient: AnyTree];
export function valueAndGrad<A extends readonly unknown[]>(f: (...args: A) => unknown, options: GradOptions = {}) {
  return (...args: A) => {
    const { grads, value, aux } = compute('valueAndGrad', f as (...args: never[]) => unknown, args, options);
    return [options.hasAux ? [value, aux] : value, grads];
  };
}

/** The gradient and the value of a scalar function, in the order of PyTorch's `torch.func.grad_and_value`. */
export function gradAndValue<A extends readonly unknown[]>(
  f: (...args: A) => readonly [Tensor, unknown],
  options: WithAux,
): (...args: A) => [gradient: AnyTree, [value: Tensor, aux: AnyTree]];
export function gradAndValue<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  options?: GradOptions,
): (...args: A) => [gradient: AnyTree, value: Tensor];
export function gradAndValue<A extends readonly unknown[]>(f: (...args: A) => unknown, options: GradOptions = {}) {
  return (...args: A) => {
    const { grads, value, aux } = compute('gradAndValue', f as (...args: never[]) => unknown, args, options);
    return [grads, options.hasAux ? [value, aux] : value];
  };
}
