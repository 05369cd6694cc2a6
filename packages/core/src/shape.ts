/** Arithmetic on shapes and strides. Shapes and strides count elements; nothing here touches data. */
import { formatShape, ShapeError, IndexError } from './errors.js';

export type Shape = readonly number[];

/** Most dimensions a tensor may have: what a kernel's view can describe. */
export const MAX_DIMS = 16;

export function numelOf(shape: Shape): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

/** Row-major strides. A dimension of size 0 counts as 1, as in PyTorch. */
export function contiguousStrides(shape: Shape): number[] {
  const ndim = shape.length;
  const strides = new Array<number>(ndim);
  let step = 1;
  for (let i = ndim - 1; i >= 0; i--) {
    strides[i] = step;
    if (shape[i] > 1) step *= shape[i];
  }
  return strides;
}

/** True if the elements lie in row-major order without gaps. */
export function isContiguousLayout(shape: Shape, strides: Shape): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i];
    if (size === 0) return true;
    if (size !== 1) {
      if (strides[i] !== step) return false;
      step *= size;
    }
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Throws unless every entry is a non-negative integer and there are at most MAX_DIMS of them. */
export function checkShape(op: string, shape: Shape): void {
  if (shape.length > MAX_DIMS) throw new ShapeError(`${op}: ${shape.length} dimensions; at most ${MAX_DIMS} are supported`);
  for (const size of shape)
    if (!Number.isSafeInteger(size) || size < 0)
      throw new ShapeError(`${op}: invalid shape ${formatShape(shape)}: sizes are non-negative integers`);
}

/** Turns a dimension counted from the end into one counted from the start; a 0-d tensor accepts 0 and -1. */
export function normalizeDim(op: string, dim: number, ndim: number): number {
  const range = ndim === 0 ? 1 : ndim;
  if (!Number.isInteger(dim) || dim < -range || dim >= range)
    throw new IndexError(`${op}: dimension out of range (expected to be in [${-range}, ${range - 1}], but got ${dim})`);
  return dim < 0 ? dim + range : dim;
}

const ALL_DIMS: readonly (readonly number[])[] = Array.from({ length: MAX_DIMS + 1 }, (_, n) =>
  Array.from({ length: n }, (_, i) => i),
);

/** Normalises a list of dimensions; `undefined` or `null` means all. Throws if one is named twice. */
export function normalizeDims(op: string, dims: number | readonly number[] | null | undefined, ndim: number): readonly number[] {
  if (dims === undefined || dims === null) return ALL_DIMS[ndim];
  if (typeof dims === 'number') {
    const dim = normalizeDim(op, dims, ndim);
    return ndim === 0 ? ALL_DIMS[0] : [dim];
  }
  const list = dims;
  if (list.length === 0) return ALL_DIMS[ndim]; // PyTorch: an empty list reduces everything
  const result = list.map((d) => normalizeDim(op, d, ndim));
  if (new Set(result).size !== result.length) throw new ShapeError(`${op}: a dimension appears twice in [${list.join(', ')}]`);
  return ndim === 0 ? [] : result;
}

/** The common shape of two broadcast operands. Returns `a` or `b` itself where it can. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  const ndim = Math.max(a.length, b.length);
  const result = new Array<number>(ndim);
  for (let i = 1; i <= ndim; i++) {
    const x = i <= a.length ? a[a.length - i] : 1;
    const y = i <= b.length ? b[b.length - i] : 1;
    if (x !== y && x !== 1 && y !== 1) throw broadcastError(op, a, b, ndim - i);
    result[ndim - i] = x === 1 ? y : x;
  }
  return result;
}

function broadcastError(op: string, a: Shape, b: Shape, dim: number): ShapeError {
  const ndim = Math.max(a.length, b.length);
  const mark = (shape: Shape) =>
    formatShape(shape.map((size, i) => (i + ndim - shape.length === dim ? `*${size}*` : String(size)) as unknown as number));
  const x = a[dim - ndim + a.length];
  const y = b[dim - ndim + b.length];
  return new ShapeError(
    `${op}: shapes ${mark(a)} and ${mark(b)} do not broadcast: ${x} ≠ ${y} (sizes, aligned from the right, must be equal or 1)`,
  );
}

/** The shape after reducing `dims`. */
export function reducedShape(shape: Shape, dims: readonly number[], keepdim: boolean): number[] {
  const result: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (!dims.includes(i)) result.push(shape[i]);
    else if (keepdim) result.push(1);
  }
  return result;
}

/** Replaces the one -1 in `shape` by the size that is left for it. Throws unless `numel` elements fit exactly. */
export function inferShape(op: string, shape: Shape, numel: number, from: Shape): number[] {
  const result = [...shape];
  const unknown = result.indexOf(-1);
  if (unknown !== result.lastIndexOf(-1)) throw new ShapeError(`${op}: only one size of ${formatShape(shape)} can be -1`);
  let known = 1;
  result.forEach((size, i) => {
    if (i !== unknown) known *= size;
  });
  if (unknown >= 0) {
    if (known === 0 && numel === 0)
      throw new ShapeError(
        `${op}: the -1 of ${formatShape(shape)} could be any size, because there are zero elements; write the size`,
      );
    result[unknown] = known === 0 ? -1 : numel / known;
  }
  if (result.some((size) => !Number.isInteger(size) || size < 0) || numelOf(result) !== numel)
    throw new ShapeError(`${op}: shape ${formatShape(shape)} does not hold the ${numel} elements of ${formatShape(from)}`);
  return result;
}

/**
 * The strides with which memory laid out as (shape, strides) reads as `target`; null if it takes a copy. A target dimension can
 * only lie within a run of dimensions that follow each other without gaps.
 */
export function viewStrides(shape: Shape, strides: Shape, target: Shape): number[] | null {
  const result = new Array<number>(target.length);
  if (numelOf(shape) === 0) return sameShape(shape, target) ? [...strides] : contiguousStrides(target);
  let to = target.length - 1;
  let runStride = shape.length > 0 ? strides[shape.length - 1] : 1; // of the run's last dimension
  let runSize = 1; // elements in the run so far
  let placed = 1; // elements of the run that target dimensions cover
  for (let from = shape.length - 1; from >= 0; from--) {
    runSize *= shape[from];
    const runEnds = from === 0 || (shape[from - 1] !== 1 && strides[from - 1] !== runSize * runStride);
    if (!runEnds) continue;
    while (to >= 0 && (placed < runSize || target[to] === 1)) {
      result[to] = placed * runStride;
      placed *= target[to];
      to--;
    }
    if (placed !== runSize) return null;
    if (from > 0) {
      runStride = strides[from - 1];
      runSize = placed = 1;
    }
  }
  for (; to >= 0; to--) result[to] = 1; // a 0-d tensor seen with dimensions of size 1
  return to === -1 ? result : null;
}

/** The number of storage elements from the first one to just past the last one that a layout reaches. */
export function extentOf(shape: Shape, strides: Shape): number {
  let last = 0;
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] === 0) return 0;
    last += (shape[i] - 1) * strides[i];
  }
  return last + 1;
}

/** Whether some two elements may lie at one place. May say yes too often, never no. */
export function mayOverlap(shape: Shape, strides: Shape): boolean {
  const dims = shape.map((size, i) => ({ size, stride: strides[i] })).filter(({ size }) => size !== 1);
  if (dims.some(({ size }) => size === 0)) return false;
  dims.sort((a, b) => a.stride - b.stride);
  let reach = 0; // of the dimensions with smaller strides
  for (const { size, stride } of dims) {
    if (stride <= reach) return true;
    reach += (size - 1) * stride;
  }
  return false;
}
