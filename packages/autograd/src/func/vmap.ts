/** Functions of one example as functions of a batch. */
import { formatShape, type Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import { type Randomness, BatchedTensor, VmapFrame } from '../batching/frame.js';
import { checkSync, enter, TransformError } from '../transforms/frame.js';
import { fillTree, leavesOf, mapTree, spread } from '../transforms/pytree.js';

const { cat } = groups.joining;
const { movedim, narrow } = groups.view;

/** Which dimension is the batch: a number, null for none, or such specifications nested like the arguments. */
export type Dims = number | null | readonly Dims[] | { readonly [key: string]: Dims };

export interface VmapOptions {
  /** The batch dimension of the arguments: one for all, or one per argument. Default 0. */
  readonly inDims?: Dims;
  /** Where the batch dimension of the results goes. Default 0. */
  readonly outDims?: Dims;
  /** What random operations do: fail, draw once for all examples, or anew for each. Default `'error'`. */
  readonly randomness?: Randomness;
  /** At most this many examples at a time, for less memory. Default: all. */
  readonly chunkSize?: number | null;
}

interface Arguments {
  readonly tree: readonly unknown[];
  readonly leaves: readonly Tensor[];
  readonly dims: readonly (number | null)[];
  readonly size: number;
}

function checkArguments(tree: readonly unknown[], inDims: Dims): Arguments {
  const leaves = leavesOf(tree);
  const dims = spread(inDims, tree);
  if (dims === null) throw new TransformError(`vmap: inDims ${JSON.stringify(inDims)} does not match the arguments`);
  let size = -1;
  const normalized = dims.map((dim, i) => {
    if (dim === null) return null;
    const { shape } = leaves[i];
    if (!Number.isInteger(dim) || dim < -shape.length || dim >= shape.length)
      throw new TransformError(`vmap: inDims names dimension ${dim} of a tensor of shape ${formatShape(shape)}`);
    const d = dim < 0 ? dim + shape.length : dim;
    if (size >= 0 && shape[d] !== size)
      throw new TransformError(`vmap: the batch has ${size} examples in one argument and ${shape[d]} in another`);
    size = shape[d];
    return d;
  });
  if (size < 0) throw new TransformError('vmap: at least one tensor among the arguments needs a batch dimension (inDims)');
  return { tree, leaves, dims: normalized, size };
}

const toFront = (t: Tensor, dim: number): Tensor => (dim === 0 ? t : movedim(t, dim, 0));

/** One pass over `size` examples. Results keep their batch in front. */
function run(f: (...args: never[]) => unknown, { tree, leaves, dims, size }: Arguments, randomness: Randomness): unknown {
  return enter(new VmapFrame(size, randomness), (frame) => {
    const wrapped = leaves.map((t, i) => (dims[i] === null ? t : new BatchedTensor(frame, toFront(t, dims[i]), true)));
    const result = checkSync('vmap', f(...(fillTree(tree, wrapped) as never[])));
    return mapTree(checkResult(result), (t) => frame.leave(t));
  });
}

function checkResult(result: unknown): unknown {
  if (leavesOf(result).length === 0 && !(Array.isArray(result) && result.length === 0))
    throw new TransformError(
      `vmap: the function must return tensors (or arrays or objects of them), got ${result === null ? 'null' : typeof result}`,
    );
  return result;
}

function chunked(f: (...args: never[]) => unknown, args: Arguments, randomness: Randomness, chunkSize: number): unknown {
  const results: unknown[] = [];
  for (let start = 0; start < args.size; start += chunkSize) {
    const size = Math.min(chunkSize, args.size - start);
    const leaves = args.leaves.map((t, i) => (args.dims[i] === null ? t : narrow(t, args.dims[i], start, size)));
    results.push(run(f, { ...args, leaves, size }, randomness));
  }
  const lists = results.map(leavesOf);
  return fillTree(
    results[0],
    lists[0].map((_, i) => cat(lists.map((list) => list[i]))),
  );
}

/** Moves the batch, which is in front, to where `outDims` wants it. */
function place(result: unknown, outDims: Dims): unknown {
  const dims = spread(outDims, result);
  if (dims === null) throw new TransformError(`vmap: outDims ${JSON.stringify(outDims)} does not match the results`);
  return fillTree(
    result,
    leavesOf(result).map((t, i) => {
      const dim = dims[i];
      // the same for all examples: one of them, and the caller has said that it is one
      if (dim === null) return groups.view.select(t, 0, 0);
      if (dim < -t.ndim || dim >= t.ndim)
        throw new TransformError(`vmap: outDims names dimension ${dim} of a result of shape ${formatShape(t.shape)}`);
      return dim === 0 ? t : movedim(t, 0, dim);
    }),
  );
}

/**
 * Makes a function of one example one of a batch: `vmap(f)(xs)` is `stack(xs.map(f))`, but runs each operation once for all
 * examples. Transforms nest in any order. PyTorch: `torch.func.vmap`.
 *
 * Inside, the elements of a tensor cannot be read, shapes must not depend on values, and what differs between examples cannot be
 * written in place into a tensor that they share.
 *
 * @param f - Takes and returns tensors, or arrays and plain objects of them.
 * @throws {TransformError} If `f` does what has no meaning for a batch.
 * @example
 * const perSample = vmap(func.grad(loss), { inDims: [null, 0, 0] })(parameters, inputs, targets);
 */
export function vmap<A extends readonly unknown[], R>(f: (...args: A) => R, options: VmapOptions = {}): (...args: A) => R {
  const { inDims = 0, outDims = 0, randomness = 'error', chunkSize = null } = options;
  if (!['error', 'same', 'different'].includes(randomness))
    throw new TransformError(`vmap: randomness must be 'error', 'same' or 'different', got '${String(randomness)}'`);
  if (chunkSize !== null && (!Number.isInteger(chunkSize) || chunkSize < 1))
    throw new TransformError(`vmap: chunkSize must be a positive integer, got ${chunkSize}`);
  return (...given: A): R => {
    const args = checkArguments(given, inDims);
    const plain = f as unknown as (...args: never[]) => unknown;
    const result =
      chunkSize !== null && chunkSize < args.size ? chunked(plain, args, randomness, chunkSize) : run(plain, args, randomness);
    return place(result, outDims) as R;
  };
}
