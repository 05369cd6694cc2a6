/** Index arguments: tensors of integers, or arrays of numbers that stand for int64 tensors. */
import { DTypeError, formatShape, ShapeError, ValueError } from '../errors.js';
import { type TensorData, tensor } from '../from-data.js';
import { INT64 } from '../promotion.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { castTo } from './copy.js';

/** Integers as a tensor, or as (nested) arrays of numbers. */
export type Indices = Tensor | readonly TensorData[];

/**
 * @internal Indices as an int64 tensor; numbers as one on the device of `beside`.
 *
 * @throws {DTypeError} If a tensor does not have integers.
 * @throws {ValueError} If an array has a number that is not an integer.
 */
export function toIndices(op: string, name: string, indices: Indices, beside?: { readonly device: string }): Tensor {
  if (Array.isArray(indices)) {
    const wrong = (indices as unknown[])
      .flat(Number.POSITIVE_INFINITY)
      .find((x) => typeof x !== 'bigint' && !Number.isSafeInteger(x));
    if (wrong !== undefined) throw new ValueError(`${op}: ${name} must hold integers, got ${String(wrong)}`);
    return tensor(indices as TensorData, { dtype: 'int64', device: beside?.device });
  }
  checkTensor(op, name, indices);
  if (indices.info.kind !== 'int')
    throw new DTypeError(
      `${op}: ${name} must hold integers (int64), got ${indices.dtype} of shape ${formatShape(indices.shape)}; convert with .long()`,
    );
  return castTo(indices, INT64);
}

/** @internal Indices as numbers, one after the other; throws like `toIndices`. */
export function toNumbers(op: string, name: string, indices: Indices): number[] {
  const elements = toIndices(op, name, indices, { device: 'cpu' }).reshape([-1]).toArray();
  return (elements as (number | bigint)[]).map(Number);
}

/** @internal Throws unless `index` stays within `within` in every dimension but `dim`. */
export function checkIndexShape(op: string, index: Tensor, within: Tensor, what: string, dim: number | null): void {
  if (index.numel === 0 || (index.ndim <= 1 && within.ndim <= 1 && dim !== null)) return;
  if (index.ndim !== within.ndim || index.shape.some((size, d) => d !== dim && size > within.shape[d]))
    throw new ShapeError(
      `${op}: the index of shape ${formatShape(index.shape)} must have as many dimensions as ${what} of shape ${formatShape(within.shape)} and be no larger${dim === null ? '' : ` but in dimension ${dim}`}`,
    );
}
