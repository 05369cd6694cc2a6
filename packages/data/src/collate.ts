/** How samples become a batch. */
import { formatShape, isTensor, ShapeError, stack, type Tensor, tensor } from '@flambeau/core';

/** What `defaultCollate` makes of samples of type `T`. */
export type Collated<T> = T extends Tensor
  ? Tensor
  : T extends number | boolean | bigint
    ? Tensor
    : T extends string
      ? string[]
      : T extends readonly unknown[]
        ? { -readonly [K in keyof T]: Collated<T[K]> }
        : T extends object
          ? { -readonly [K in keyof T]: Collated<T[K]> }
          : T[];

/**
 * Stacks tensors, makes tensors of numbers (integers become int64, others float32) and booleans, and does so inside arrays and
 * objects; strings and everything else stay lists. PyTorch: `torch.utils.data.default_collate`.
 *
 * @throws {ShapeError} If tensors of different shapes meet.
 */
export function defaultCollate<T>(samples: readonly T[]): Collated<T> {
  return collate(samples, 'sample') as Collated<T>;
}

function collate(samples: readonly unknown[], path: string): unknown {
  const [first] = samples;
  const other = samples.findIndex((s) => kindOf(s) !== kindOf(first));
  if (other >= 0)
    throw new TypeError(
      `defaultCollate: ${path} is ${kindOf(first)} in the first sample and ${kindOf(samples[other])} in sample ${other} of the batch`,
    );
  if (isTensor(first)) return stackAll(samples as readonly Tensor[], path);
  switch (typeof first) {
    case 'number':
      return tensor(samples as number[], { dtype: samples.every((x) => Number.isInteger(x)) ? 'int64' : 'float32' });
    case 'bigint':
    case 'boolean':
      return tensor(samples as boolean[]);
    case 'object': {
      if (first === null || ArrayBuffer.isView(first)) return samples;
      if (Array.isArray(first)) {
        const odd = samples.findIndex((s) => (s as unknown[]).length !== first.length);
        if (odd >= 0)
          throw new ShapeError(
            `defaultCollate: ${path} has ${first.length} parts in the first sample and ${(samples[odd] as unknown[]).length} in sample ${odd} of the batch`,
          );
        return first.map((_, i) =>
          collate(
            samples.map((s) => (s as unknown[])[i]),
            `${path}[${i}]`,
          ),
        );
      }
      return Object.fromEntries(
        Object.keys(first).map((k) => [
          k,
          collate(
            samples.map((s) => (s as Record<string, unknown>)[k]),
            `${path}.${k}`,
          ),
        ]),
      );
    }
    default:
      return samples;
  }
}

function stackAll(tensors: readonly Tensor[], path: string): Tensor {
  const { shape } = tensors[0];
  const odd = tensors.findIndex((t) => t.shape.length !== shape.length || t.shape.some((n, i) => n !== shape[i]));
  if (odd >= 0)
    throw new ShapeError(
      `defaultCollate: ${path} has shape ${formatShape(shape)} in the first sample and ${formatShape(tensors[odd].shape)} in sample ${odd} of the batch; ` +
        'resize or pad the samples, or pass a collateFn',
    );
  return stack(tensors);
}

function kindOf(value: unknown): string {
  if (isTensor(value)) return 'a tensor';
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
