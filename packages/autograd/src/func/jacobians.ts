/** Jacobians and Hessians of functions. */
import { type Tensor, zeros } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import type { Randomness } from '../batching/frame.js';
import { TransformError } from '../transforms/frame.js';
import { fillTree, leavesOf, mapTree } from '../transforms/pytree.js';
import { type AnyTree, type Argnums, choose, type GradOptions } from './arguments.js';
import { jvp, vjp } from './products.js';
import { vmap } from './vmap.js';

const { split } = groups.splitting;
const { diagonal, reshape } = groups.view;
const { fill_ } = groups.randomInplace;

/**
 * Standard basis vectors of the space of all of `tensors`: for each tensor one of shape `(total, *shape)`.
 */
function basis(tensors: readonly Tensor[]): Tensor[] {
  const total = tensors.reduce((n, t) => n + t.numel, 0);
  let row = 0;
  return tensors.map((t) => {
    const flat = zeros([total, t.numel], { dtype: t.dtype, device: t.device });
    fill_(diagonal(flat, -row), 1);
    row += t.numel;
    return reshape(flat, [total, ...t.shape]);
  });
}

export interface JacobianOptions extends GradOptions {
  /** At most this many rows (jacrev) or columns (jacfwd) at a time. Default: all. */
  readonly chunkSize?: number | null;
  /** What random operations do. Default `'error'`. */
  readonly randomness?: Randomness;
}

/**
 * The Jacobian of `f`, row by row in reverse mode: for an output of shape `(*out)` and an argument of shape `(*in)` a tensor of
 * shape `(*out, *in)`; nested outputs contain nested arguments. PyTorch: `torch.func.jacrev`.
 */
export function jacrev<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  options: JacobianOptions = {},
): (...args: A) => AnyTree {
  const { argnums = 0, hasAux = false, chunkSize = null, randomness } = options;
  return (...args: A) => {
    const { tree, call } = choose('jacrev', f as (...args: never[]) => unknown, args, argnums);
    const [output, vjpFn, aux] = vjp((t: unknown) => call(t), [tree], { hasAux });
    const outputs = leavesOf(output);
    const gradients = vmap((...cotangents: Tensor[]) => leavesOf(vjpFn(fillTree(output, cotangents))), { chunkSize, randomness })(
      ...basis(outputs),
    );
    // one tensor (rows, *in) per argument; its rows belong to the outputs one after another
    const sizes = outputs.map((t) => t.numel);
    const perInput = gradients.map((g) => split(g, sizes, 0));
    let o = 0;
    const jacobian = mapTree(output, (out) => {
      const k = o++;
      const rows = perInput.map((parts) => reshape(parts[k], [...out.shape, ...parts[k].shape.slice(1)]));
      return fillTree(tree, rows);
    });
    return hasAux ? [jacobian, aux] : jacobian;
  };
}

/**
 * The Jacobian of `f`, column by column in forward mode; shapes as for `jacrev`. Cheaper for functions with more outputs than
 * inputs. PyTorch: `torch.func.jacfwd`.
 */
export function jacfwd<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  options: JacobianOptions = {},
): (...args: A) => AnyTree {
  const { argnums = 0, hasAux = false, chunkSize = null, randomness } = options;
  return (...args: A) => {
    const { tree, call } = choose('jacfwd', f as (...args: never[]) => unknown, args, argnums);
    const inputs = leavesOf(tree);
    if (inputs.length === 0) throw new TransformError('jacfwd: there is no tensor among the arguments to differentiate');
    let template: unknown;
    const columns = vmap(
      (...tangents: Tensor[]) => {
        const [output, tangent, aux] = jvp((t: unknown) => call(t), [tree], [fillTree(tree, tangents)], { hasAux });
        template = output;
        return hasAux ? [leavesOf(tangent), aux] : [leavesOf(tangent)];
      },
      { chunkSize, randomness, outDims: hasAux ? [0, null] : 0 },
    )(...basis(inputs)) as unknown as [Tensor[], unknown?];
    const sizes = inputs.map((t) => t.numel);
    let o = 0;
    const jacobian = mapTree(template, () => {
      // (columns, *out) to (*out, *in) for each argument
      const parts = split(columns[0][o++], sizes, 0);
      return fillTree(
        tree,
        parts.map((part, i) => {
          const out = part.shape.slice(1);
          const last = part.movedim(0, -1);
          return reshape(last, [...out, ...inputs[i].shape]);
        }),
      );
    });
    return hasAux ? [jacobian, columns[1]] : jacobian;
  };
}

/** The Hessian, `jacfwd(jacrev(f))`. For a scalar function of one tensor of shape `(*in)`: `(*in, *in)`. PyTorch: `torch.func.hessian`. */
export const hessian = <A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  { argnums = 0 }: { readonly argnums?: Argnums } = {},
): ((...args: A) => AnyTree) => jacfwd(jacrev(f, { argnums }), { argnums });
