/**
 * Derivatives of functions at a point, with the function's inputs as a list. The results belong to no graph unless `createGraph`.
 * PyTorch: `torch.autograd.functional`.
 *
 * @module
 */
import { AutogradError, isTensor, onesLike, type Tensor } from '@flambeau/core';
import { jvp as forwardProduct, vjp as reverseProduct } from './func/products.js';
import { jacfwd, jacrev } from './func/jacobians.js';
import { mapTree } from './transforms/pytree.js';

type Inputs = Tensor | readonly Tensor[];
type Outputs = Tensor | readonly Tensor[];
// biome-ignore lint/suspicious/noExplicitAny: takes as many tensors as there are inputs
type Fn = (...inputs: any[]) => Outputs;

export interface FunctionalOptions {
  /** Keep the results connected to the inputs, for further derivatives. Default false. */
  readonly createGraph?: boolean;
}
export interface JacobianOptions extends FunctionalOptions {
  /** Row by row (reverse mode) or column by column (forward mode). Default `'reverse-mode'`. */
  readonly strategy?: 'reverse-mode' | 'forward-mode';
}

const listOf = (t: Inputs): readonly Tensor[] => (isTensor(t) ? [t] : t);
const finish = <T>(result: T, { createGraph = false }: FunctionalOptions): T =>
  (createGraph ? result : mapTree(result, (t) => t.detach())) as T;
/** One for one input, a list for a list. */
const like = (inputs: Inputs, list: readonly unknown[]): unknown => (isTensor(inputs) ? list[0] : list);

/** The Jacobian: for one output and one input a tensor `(*out, *in)`; lists for lists, outputs first. PyTorch: `jacobian`. */
export function jacobian(fn: Fn, inputs: Inputs, options: JacobianOptions = {}): unknown {
  const list = listOf(inputs);
  const argnums = isTensor(inputs) ? 0 : list.map((_, i) => i);
  const transform = options.strategy === 'forward-mode' ? jacfwd : jacrev;
  return finish(transform(fn, { argnums })(...list), options);
}

/** The Hessian of a scalar function: `(*in, *in)`; a list of lists for a list of inputs. PyTorch: `hessian`. */
export function hessian(fn: Fn, inputs: Inputs, options: FunctionalOptions = {}): unknown {
  const list = listOf(inputs);
  const argnums = isTensor(inputs) ? 0 : list.map((_, i) => i);
  return finish(
    jacrev(
      jacrev((...args: Tensor[]) => scalar('hessian', fn(...args)), { argnums }),
      { argnums },
    )(...list),
    options,
  );
}

function scalar(op: string, output: Outputs): Tensor {
  if (!isTensor(output) || output.numel !== 1) throw new AutogradError(`${op}: the function must return one scalar`);
  return output.reshape([]);
}

/** The output and `vᵀ J`. Without `v` the output must be a scalar. PyTorch: `vjp`. */
export function vjp(fn: Fn, inputs: Inputs, v?: Outputs, options: FunctionalOptions = {}): [output: Outputs, gradient: unknown] {
  const list = listOf(inputs);
  const [output, back] = reverseProduct(fn, list);
  const cotangent = v ?? onesLike(scalar('vjp', output as Outputs)).reshape((output as Tensor).shape);
  const found = back(cotangent) as unknown;
  return finish([output as Outputs, like(inputs, list.length === 1 ? [found] : (found as unknown[]))], options);
}

/** The output and `J v`. Without `v` there must be one input with one element. PyTorch: `jvp`. */
export function jvp(fn: Fn, inputs: Inputs, v?: Inputs, options: FunctionalOptions = {}): [output: Outputs, tangent: Outputs] {
  const list = listOf(inputs);
  const [output, tangent] = forwardProduct(fn, list, v ?? [onesLike(scalar('jvp', inputs)).reshape(list[0].shape)]);
  return finish([output as Outputs, tangent as Outputs], options);
}

/** The gradient of a scalar function, as a function of the inputs. */
const gradientOf =
  (op: string, fn: Fn) =>
  (...args: Tensor[]): Tensor[] => {
    const [output, back] = reverseProduct((...inner: Tensor[]) => scalar(op, fn(...inner)), args);
    const found = back(onesLike(output as Tensor)) as unknown;
    return args.length === 1 ? [found as Tensor] : (found as Tensor[]);
  };

/** The output of a scalar function and `H v`, in forward over reverse mode. PyTorch: `hvp`. */
export function hvp(fn: Fn, inputs: Inputs, v?: Inputs, options: FunctionalOptions = {}): [output: Tensor, product: unknown] {
  const list = listOf(inputs);
  const direction = v ?? [onesLike(scalar('hvp', inputs)).reshape(list[0].shape)];
  const [, tangent] = forwardProduct(gradientOf('hvp', fn), list, direction);
  return finish([scalar('hvp', fn(...list)), like(inputs, tangent as unknown[])], options);
}

/** The output of a scalar function and `vᵀ H`, in reverse over reverse mode. PyTorch: `vhp`. */
export function vhp(fn: Fn, inputs: Inputs, v?: Inputs, options: FunctionalOptions = {}): [output: Tensor, product: unknown] {
  const list = listOf(inputs);
  const [, back] = reverseProduct(gradientOf('vhp', fn), list);
  const found = back(listOf(v ?? onesLike(scalar('vhp', inputs)).reshape(list[0].shape))) as unknown;
  return finish([scalar('vhp', fn(...list)), like(inputs, list.length === 1 ? [found] : (found as unknown[]))], options);
}
