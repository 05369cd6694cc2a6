/** Tensors out of raw bytes, in every layout, without the help of any op under test. */
import { ellipsis, slice, Tensor } from '@flambeau/core';
import { allocateOwn, contiguousStrides, dtypeInfo, numelOf } from '@flambeau/core/internal';
import { type Argument, type DType, inputBytes, mapSpecs, type Sample, specsOf } from '@flambeau/op-database';

export type LayoutName = 'contiguous' | 'transposed' | 'sliced' | 'expanded';

interface Placement {
  readonly strides: readonly number[];
  readonly offset: number;
  /** Elements of the storage. */
  readonly length: number;
}

function place(shape: readonly number[], layout: LayoutName): Placement {
  const numel = numelOf(shape);
  switch (layout) {
    case 'contiguous':
      return { strides: contiguousStrides(shape), offset: 0, length: numel };
    case 'transposed':
      return { strides: contiguousStrides(shape.toReversed()).toReversed(), offset: 0, length: numel };
    case 'sliced': {
      // every second element of rows with a margin, one element into the storage
      const larger = shape.map((n, i) => (i === shape.length - 1 ? 2 * n + 1 : n + 1));
      const strides = contiguousStrides(larger);
      return { strides: strides.map((s, i) => (i === shape.length - 1 ? 2 * s : s)), offset: 1, length: numelOf(larger) + 1 };
    }
    case 'expanded': {
      const strides = contiguousStrides(shape.map((n, i) => (i === 0 ? 1 : n)));
      return { strides: strides.map((s, i) => (i === 0 ? 0 : s)), offset: 0, length: Math.max(numel, 1) };
    }
  }
}

/** A tensor whose elements in row-major order are `bytes`. Memory between them is garbage. */
export function makeTensor(dtype: DType, shape: readonly number[], bytes: Uint8Array, layout: LayoutName = 'contiguous'): Tensor {
  const info = dtypeInfo(dtype);
  const { strides, offset, length } = place(shape, layout);
  const size = info.itemSize;
  const storage = allocateOwn(length * size);
  const memory = new Uint8Array(storage.buffer, storage.byteOffset, length * size);
  if (layout === 'contiguous') memory.set(bytes);
  else {
    memory.fill(dtype === 'bool' ? 1 : 0xff); // NaN in every float dtype
    const index = new Array<number>(shape.length).fill(0);
    const numel = numelOf(shape);
    for (let i = 0; i < numel; i++) {
      const at = offset + index.reduce((sum, k, d) => sum + k * strides[d], 0);
      memory.set(bytes.subarray(i * size, (i + 1) * size), at * size);
      for (let d = shape.length - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
    }
  }
  return new Tensor(storage, shape, strides, offset, info);
}

/** The sample's bytes with every slice along the first dimension equal to the first, as an expanded tensor has them. */
export function repeatFirst(shape: readonly number[], bytes: Uint8Array): Uint8Array {
  if (shape.length === 0 || shape[0] === 0) return bytes;
  const slice = bytes.subarray(0, bytes.length / shape[0]);
  const result = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += slice.length || 1) result.set(slice, at);
  return result;
}

/** The tensors of a sample, by number. */
export function makeInputs(op: string, index: number, sample: Sample, dtype: DType, layout: LayoutName = 'contiguous'): Tensor[] {
  const bytes = inputBytes(op, index, sample, dtype);
  return specsOf(sample.args as Argument).map((spec, i) => makeTensor(spec.dtype ?? dtype, spec.shape, bytes[i], layout));
}

/** The sample's arguments with these tensors in their places. */
export const withInputs = (sample: Pick<Sample, 'args'>, inputs: readonly Tensor[]): unknown[] =>
  mapSpecs(sample.args, (_, i) => inputs[i]).map(subscriptItems);

/** Slices and the ellipsis stand as data in samples. */
function subscriptItems(argument: unknown): unknown {
  if (Array.isArray(argument)) return argument.map(subscriptItems);
  if (typeof argument !== 'object' || argument === null || argument instanceof Tensor) return argument;
  if ('$ellipsis' in argument) return ellipsis;
  if ('$slice' in argument) return slice(...(argument.$slice as [number | null, number | null, number]));
  return argument;
}

/** The tensors of a result, whatever its form: a tensor, a list, an object of tensors, a number. */
export function flattenResult(result: unknown): (Tensor | number | boolean)[] {
  if (result instanceof Tensor || typeof result === 'number' || typeof result === 'boolean') return [result];
  if (Array.isArray(result)) return result.flatMap(flattenResult);
  if (typeof result === 'object' && result !== null) return Object.values(result).flatMap(flattenResult);
  throw new TypeError(`a result of type ${typeof result}`);
}

export const bytesOf = (t: Tensor): Uint8Array => new Uint8Array(t.toTypedArray().buffer);
