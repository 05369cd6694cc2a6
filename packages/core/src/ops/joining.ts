/** Joining tensors, and bringing them to one shape. */
import { promoteInfos } from '../dtype.js';
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { defineOp, type Inputs, type TensorMeta } from '../op.js';
import { broadcastShapes, normalizeDim, sameShape } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { expand, reshape, unflatten, unsqueeze } from './view.js';

/** What one kernel call can take. */
const MAX_TENSORS = 256;

function checkTensors(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors)) throw new TypeError(`${op}: expected an array of tensors, got ${typeof tensors}`);
  tensors.forEach((x, i) => {
    checkTensor(op, `tensors[${i}]`, x);
  });
  if (tensors.length === 0) throw new ValueError(`${op}: expected at least one tensor`);
}

function joinedMeta(inputs: Inputs, dim: number): TensorMeta {
  const tensors = inputs as readonly Tensor[];
  const [first] = tensors;
  const shape = [...first.shape];
  shape[dim] = 0;
  tensors.forEach((x, i) => {
    if (x.ndim !== first.ndim || x.shape.some((size, d) => d !== dim && size !== first.shape[d]))
      throw new ShapeError(
        `cat: tensors[${i}] of shape ${formatShape(x.shape)} does not fit to tensors[0] of shape ${formatShape(first.shape)}; all sizes but that of dimension ${dim} must be equal`,
      );
    shape[dim] += x.shape[dim];
  });
  return { shape, dtype: first.info };
}

/** @internal At most `MAX_TENSORS` tensors of one dtype. */
export const catOp = defineOp({
  name: 'cat',
  inputs: ['tensors'],
  variadic: true,
  args: (tensors: readonly Tensor[], dim: number) => [tensors, { dim }],
  infer: (inputs, { dim }) => joinedMeta(inputs, dim),
  kernel: 'cat',
  differentiable: true,
});

/**
 * Joins tensors along an existing dimension; dtypes are promoted. PyTorch: `torch.cat`.
 *
 * @throws {ShapeError} If the other dimensions differ.
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  checkTensors('cat', tensors);
  if (tensors.some((x) => x.ndim === 0)) throw new ShapeError('cat: 0-d tensors cannot be joined; use stack');
  // PyTorch lets empty one-dimensional tensors pass whatever the others' shape
  const parts = tensors.filter((x) => !(x.ndim === 1 && x.numel === 0));
  if (parts.length === 0) parts.push(tensors[0]);
  const dtype = tensors.map((x) => x.info).reduce(promoteInfos);
  const d = normalizeDim('cat', dim, parts[0].ndim);
  return catMany(
    parts.map((x) => castTo(x, dtype)),
    d,
  );
}

function catMany(tensors: readonly Tensor[], dim: number): Tensor {
  if (tensors.length <= MAX_TENSORS) return catOp(tensors, dim);
  const groups = Array.from({ length: Math.ceil(tensors.length / MAX_TENSORS) }, (_, i) =>
    catOp(tensors.slice(i * MAX_TENSORS, (i + 1) * MAX_TENSORS), dim),
  );
  return catMany(groups, dim);
}

/** Joins tensors of one shape along a new dimension. PyTorch: `torch.stack`. */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  checkTensors('stack', tensors);
  const { shape } = tensors[0];
  tensors.forEach((x, i) => {
    if (!sameShape(x.shape, shape))
      throw new ShapeError(
        `stack: tensors[${i}] has shape ${formatShape(x.shape)}, tensors[0] ${formatShape(shape)}; all shapes must be equal`,
      );
  });
  const d = normalizeDim('stack', dim, shape.length + 1);
  // one view of the result costs less than one of each tensor
  if (d < shape.length) return unflatten(cat(tensors, d), d, [tensors.length, shape[d]]);
  return cat(
    tensors.map((x) => unsqueeze(x, d)),
    d,
  );
}

/** Joins along the second dimension, vectors along their only one. PyTorch: `torch.hstack`. */
export function hstack(tensors: readonly Tensor[]): Tensor {
  checkTensors('hstack', tensors);
  const parts = tensors.map((x) => (x.ndim === 0 ? reshape(x, [1]) : x));
  return cat(parts, parts[0].ndim === 1 ? 0 : 1);
}

/** Joins along the first dimension; vectors become rows. PyTorch: `torch.vstack`. */
export function vstack(tensors: readonly Tensor[]): Tensor {
  checkTensors('vstack', tensors);
  return cat(tensors.map((x) => (x.ndim < 2 ? reshape(x, [1, x.numel]) : x)));
}

/** Views of all tensors in their common broadcast shape. PyTorch: `torch.broadcast_tensors`. */
export function broadcastTensors(...tensors: Tensor[]): Tensor[] {
  checkTensors('broadcastTensors', tensors);
  const shape = tensors.map((x) => x.shape).reduce((a, b) => broadcastShapes('broadcastTensors', a, b));
  return tensors.map((x) => expand(x, shape));
}

export interface MeshgridOptions {
  /** 'ij': dimension `i` of the results belongs to tensor `i`. 'xy': the first two are swapped, as in images. Default 'ij'. */
  readonly indexing?: 'ij' | 'xy';
}
/** The coordinates of a grid: for each vector a view of its values over the whole grid. PyTorch: `torch.meshgrid`. */
export function meshgrid(tensors: readonly Tensor[], { indexing = 'ij' }: MeshgridOptions = {}): Tensor[] {
  checkTensors('meshgrid', tensors);
  if (indexing !== 'ij' && indexing !== 'xy')
    throw new ValueError(`meshgrid: indexing must be 'ij' or 'xy', got '${String(indexing)}'`);
  const swapped = indexing === 'xy' && tensors.length > 1;
  const place = (i: number) => (swapped && i < 2 ? 1 - i : i);
  const shape = new Array<number>(tensors.length);
  tensors.forEach((x, i) => {
    if (x.ndim > 1) throw new ShapeError(`meshgrid: tensors[${i}] must have at most one dimension, got ${formatShape(x.shape)}`);
    if (x.info !== tensors[0].info)
      throw new DTypeError(`meshgrid: the tensors must have one dtype, got ${tensors[0].dtype} and ${x.dtype}`);
    shape[place(i)] = x.numel;
  });
  return tensors.map((x, i) =>
    expand(
      reshape(
        x,
        shape.map((_, d) => (d === place(i) ? -1 : 1)),
      ),
      shape,
    ),
  );
}
