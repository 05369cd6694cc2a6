/** What the decompositions of matrices ask of their operands, and how they say that one has none. */
import { autocasting } from '../autocast.js';
import { DTypeError, formatShape, LinAlgError, ShapeError } from '../errors.js';
import { broadcastShapes } from '../shape.js';
import { checkTensor, type Tensor } from '../tensor.js';

/** Throws unless `t` is a matrix or a batch of matrices of float32 or float64. */
export function requireMatrices(op: string, name: string, t: Tensor): void {
  checkTensor(op, name, t);
  const isWidened = t.itemSize === 2 && t.info.kind === 'float' && autocasting() !== null;
  if (t.dtype !== 'float32' && t.dtype !== 'float64' && !isWidened)
    throw new DTypeError(
      `${op}: expected ${name} to be float32 or float64, got ${t.dtype}; convert it first, e.g. with .float()`,
    );
  if (t.ndim < 2)
    throw new ShapeError(
      `${op}: expected ${name} to be a matrix or a batch of matrices (*, m, n), got shape ${formatShape(t.shape)}`,
    );
}

/** The same for square matrices. */
export function requireSquare(op: string, name: string, t: Tensor): void {
  requireMatrices(op, name, t);
  if (t.shape[t.ndim - 1] !== t.shape[t.ndim - 2])
    throw new ShapeError(`${op}: expected ${name} to be square matrices (*, n, n), got shape ${formatShape(t.shape)}`);
}

/** Whether `t` holds complex matrices, for functions that compute with their real blocks. */
export function isComplexMatrix(op: string, name: string, t: Tensor): boolean {
  checkTensor(op, name, t);
  if (t.info.kind !== 'complex') return false;
  if (t.ndim < 2)
    throw new ShapeError(
      `${op}: expected ${name} to be a matrix or a batch of matrices (*, m, n), got shape ${formatShape(t.shape)}`,
    );
  return true;
}

/** The dimensions before the last two. */
export const batchShape = (t: Tensor): readonly number[] => t.shape.slice(0, -2);

/** Both operands with the same batch dimensions. */
export function broadcastBatches(op: string, a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const batch = broadcastShapes(op, batchShape(a), batchShape(b));
  return [a.expand([...batch, ...a.shape.slice(-2)]), b.expand([...batch, ...b.shape.slice(-2)])];
}

/**
 * Throws a LinAlgError for the first matrix of the batch whose status is not 0.
 *
 * @param info - int32, one status for each matrix.
 * @param problem - What a status means and what to do about it.
 */
export function checkInfo(op: string, info: Tensor, problem: (status: number) => string): void {
  const statuses = info.toTypedArray() as Int32Array;
  const at = statuses.findIndex((status) => status !== 0);
  if (at === -1) return;
  const index: number[] = [];
  let rest = at;
  for (let d = info.ndim - 1; d >= 0; d--) {
    index.unshift(rest % info.shape[d]);
    rest = Math.floor(rest / info.shape[d]);
  }
  const which = info.ndim === 0 ? 'the matrix' : `matrix [${index.join(', ')}] of the batch`;
  throw new LinAlgError(`${op}: ${which} ${problem(statuses[at])}`);
}
