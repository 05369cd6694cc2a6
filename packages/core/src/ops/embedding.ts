/** Rows of a table by number. */
import { formatShape, IndexError, ShapeError, ValueError } from '../errors.js';
import { tensor } from '../from-data.js';
import { defineOp } from '../op.js';
import { INT64 } from '../promotion.js';
import { checkTensor, type Tensor } from '../tensor.js';
import { castTo } from './copy.js';
import { type Indices, toIndices } from './indices.js';

/** @internal The row `paddingIdx` (-1: none) gets no gradient. */
export const embeddingLookup = defineOp({
  name: 'embedding',
  inputs: ['weight', 'indices'],
  args: (weight: Tensor, indices: Tensor, paddingIdx: number) => [[weight, indices], { paddingIdx }],
  infer: ([weight, indices]) => ({
    shape: [...(indices as Tensor).shape, (weight as Tensor).shape[1]],
    dtype: (weight as Tensor).info,
  }),
  kernel: 'embedding',
  contiguous: true,
  differentiable: true,
});

/** @internal Adds up the gradients of each row of a table with `rows` rows. */
export const embeddingBackward = defineOp({
  name: 'embedding_backward',
  inputs: ['grad', 'indices'],
  args: (grad: Tensor, indices: Tensor, paddingIdx: number, rows: number) => [[grad, indices], { paddingIdx, rows }],
  infer: ([grad], { rows }) => ({
    shape: [rows, (grad as Tensor).shape[(grad as Tensor).ndim - 1]],
    dtype: (grad as Tensor).info,
  }),
  kernel: 'embedding_backward',
  contiguous: true,
  differentiable: true,
});

export interface EmbeddingOptions {
  /** The row whose gradient is zero; negative counts from the end. Default: none. */
  readonly paddingIdx?: number | null;
}

/**
 * The rows of `weight` that `input` names. PyTorch: `torch.nn.functional.embedding`.
 *
 * @param input - Row numbers in [0, rows), any shape `(*)`.
 * @param weight - Shape `(rows, D)`.
 * @returns Shape `(*, D)`.
 * @throws {IndexError} If there is no such row.
 */
export function embedding(input: Indices, weight: Tensor, { paddingIdx = null }: EmbeddingOptions = {}): Tensor {
  const indices = toIndices('embedding', 'input', input, weight);
  checkTensor('embedding', 'weight', weight);
  if (weight.ndim !== 2)
    throw new ShapeError(`embedding: expected a weight of shape (rows, D), got ${formatShape(weight.shape)}`);
  const rows = weight.shape[0];
  if (paddingIdx !== null && (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows))
    throw new IndexError(`embedding: paddingIdx ${paddingIdx} is not one of the ${rows} rows`);
  return embeddingLookup(weight, indices, paddingIdx === null ? -1 : paddingIdx < 0 ? paddingIdx + rows : paddingIdx);
}

/**
 * One-hot rows of integers: int64 of shape `(*, numClasses)`. PyTorch: `torch.nn.functional.one_hot`.
 *
 * @param numClasses - Default: one more than the largest integer.
 */
export function oneHot(input: Indices, numClasses: number = -1): Tensor {
  const indices = toIndices('oneHot', 'input', input);
  if (indices.numel === 0 && numClasses < 0)
    throw new ValueError('oneHot: numClasses must be given for an input without elements');
  const largest = indices.numel === 0 ? -1 : Number(indices.amax().item());
  const smallest = indices.numel === 0 ? 0 : Number(indices.amin().item());
  const classes = numClasses < 0 ? largest + 1 : numClasses;
  if (smallest < 0 || largest >= classes)
    throw new IndexError(`oneHot: class ${smallest < 0 ? smallest : largest} is not in [0, ${classes})`);
  return castTo(
    indices.unsqueeze(-1).eq(
      tensor(
        Array.from({ length: classes }, (_, i) => i),
        { dtype: 'int64', device: indices.device },
      ),
    ),
    INT64,
  );
}
