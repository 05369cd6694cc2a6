/** Products of a vector and the Jacobian, from either side. */
import { formatShape, type Tensor, zerosLike } from '@flambeau/core';
import { sameShape } from '@flambeau/core/internal';
import { DualFrame, DualTensor } from '../forward/frame.js';
import { checkSync, enter, TransformError } from '../transforms/frame.js';
import { fillTree, leavesOf, mapTree } from '../transforms/pytree.js';
import { type AnyTree, splitAux } from './arguments.js';
import { Recording } from './recording.js';

/** The tensors of `given`, which must be as nested and as large as those of `like`. */
function matching(op: string, what: string, given: unknown, like: readonly Tensor[]): Tensor[] {
  const leaves = leavesOf(given);
  if (leaves.length !== like.length) throw new TransformError(`${op}: expected ${like.length} ${what}, got ${leaves.length}`);
  leaves.forEach((t, i) => {
    if (!sameShape(t.shape, like[i].shape))
      throw new TransformError(
        `${op}: expected ${what} of shape ${formatShape(like[i].shape)}, got ${formatShape(t.shape)} (number ${i})`,
      );
  });
  return leaves;
}

export interface AuxOptions {
  /** The function returns `[output, aux]`, and `aux` is passed through as a third result. Default false. */
  readonly hasAux?: boolean;
}

/** What `vjp` returns: the outputs, the function from cotangents to gradients, and what the function passed through. */
export type VjpResult = [output: AnyTree, vjpFn: (...cotangents: AnyTree[]) => AnyTree, aux?: AnyTree];

/**
 * Computes `f(...primals)` and a function from a cotangent (of the output's shape) to the gradients of all primals: one gradient for
 * one primal, else a list. It can be called any number of times. PyTorch: `torch.func.vjp`.
 */
export function vjp(
  f: (...args: AnyTree[]) => unknown,
  primals: AnyTree | readonly AnyTree[],
  { hasAux = false }: AuxOptions = {},
): VjpResult {
  const args: readonly unknown[] = Array.isArray(primals) ? primals : [primals];
  const leaves = leavesOf(args);
  const recording = new Recording('vjp', leaves);
  const [output, aux] = splitAux(
    'vjp',
    recording.run((tree) => f(...(tree as never[])), args),
    hasAux,
  );
  const outputs = leavesOf(output);
  if (outputs.length === 0) throw new TransformError('vjp: the function must return at least one tensor');
  const vjpFn = (...given: unknown[]): unknown => {
    const cotangents = matching('vjp', 'cotangents', given, outputs);
    const gradients = recording.released(recording.gradients(outputs, cotangents, true));
    const tree = fillTree(args, gradients) as unknown[];
    return args.length === 1 ? tree[0] : tree;
  };
  const released = recording.released(output);
  return hasAux ? [released, vjpFn, recording.released(aux)] : [released, vjpFn];
}

/**
 * Computes `f(...primals)` and how it changes in the direction of `tangents`, which are nested like the primals.
 * PyTorch: `torch.func.jvp`.
 *
 * @returns The output, its tangent, and with `hasAux` what the function passed through.
 */
export function jvp(
  f: (...args: AnyTree[]) => unknown,
  primals: AnyTree | readonly AnyTree[],
  tangents: AnyTree | readonly AnyTree[],
  { hasAux = false }: AuxOptions = {},
): [output: AnyTree, tangent: AnyTree, aux?: AnyTree] {
  const args: readonly unknown[] = Array.isArray(primals) ? primals : [primals];
  const leaves = leavesOf(args);
  const directions = matching('jvp', 'tangents', tangents, leaves);
  return enter(new DualFrame('jvp'), (frame) => {
    const duals = leaves.map((t, i) => {
      if (t.info.category < 2)
        throw new TransformError(`jvp: only floating-point and complex primals have tangents, got ${t.dtype}`);
      return new DualTensor(frame, t, directions[i].to(t.dtype));
    });
    const [output, aux] = splitAux('jvp', checkSync('jvp', f(...(fillTree(args, duals) as never[]))), hasAux);
    if (leavesOf(output).length === 0) throw new TransformError('jvp: the function must return at least one tensor');
    const primal = mapTree(output, (t) => frame.primal(t));
    const tangent = mapTree(output, (t) => frame.tangent(t) ?? zerosLike(frame.primal(t)));
    return hasAux ? [primal, tangent, mapTree(aux, (t) => frame.primal(t))] : [primal, tangent];
  });
}

/**
 * Computes `f(...primals)` and the linear function from tangents to the output's tangent there. The function is evaluated anew at
 * each call, in both directions. PyTorch: `torch.func.linearize`.
 */
export function linearize(
  f: (...args: AnyTree[]) => unknown,
  ...primals: AnyTree[]
): [output: AnyTree, jvpFn: (...tangents: AnyTree[]) => AnyTree] {
  const output = f(...primals);
  return [output, (...tangents: unknown[]) => jvp(f, primals, tangents)[1]];
}
