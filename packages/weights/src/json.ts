/**
 * Tensors as JSON text: `{ "dtype": "float32", "shape": [2], "data": [1, 2] }`, which `JSON.stringify` makes of a tensor, or nested
 * arrays of numbers; and objects of such, by name. For small tensors that people read and write.
 */
import { type DType, FlambeauError, type Tensor, type TensorData, tensor } from '@flambeau/core';
import { writeFileAtomic } from './atomic.js';
import { CheckpointError } from './errors.js';
import type { ByteSource } from './source.js';
import { entriesOf, type TensorMap } from './tensor-file.js';

const MAX_BYTES = 2 ** 28;
/** Core's tensors have at most 16 dimensions; JSON.parse itself accepts any nesting. */
const MAX_DEPTH = 16;

export function looksLikeJson(source: ByteSource): boolean {
  const start = Buffer.from(source.read(0, Math.min(source.size, 64))).toString('utf8');
  return /^\s*[{[]/.test(start);
}

/** A tensor, or tensors by name. */
export function readJson(source: ByteSource): Tensor | Record<string, Tensor> {
  if (source.size > MAX_BYTES) throw source.error(`${source.size} bytes of JSON are too much; use safetensors`);
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(source.read(0, source.size)).toString('utf8'));
  } catch (cause) {
    throw source.error(`it is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof value === 'object' && value !== null && 'weight_map' in value)
    throw source.error('it is the index of a sharded checkpoint; give its path, because the shards lie beside it');
  if (Array.isArray(value) || isDescribed(value)) return toTensor(value, 'the value', source);
  return Object.fromEntries(Object.entries(value as object).map(([name, item]) => [name, toTensor(item, `'${name}'`, source)]));
}

interface Described {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

const isDescribed = (x: unknown): x is Described =>
  typeof x === 'object' && x !== null && typeof (x as Described).dtype === 'string' && Array.isArray((x as Described).shape);

function toTensor(value: unknown, name: string, source: ByteSource): Tensor {
  const { data, dtype, shape } = isDescribed(value) ? value : { data: value, dtype: undefined, shape: undefined };
  if (depthOf(data) > MAX_DEPTH) throw source.error(`${name} has more than ${MAX_DEPTH} dimensions`);
  try {
    const t = tensor(withNonFinite(data) as TensorData, { dtype });
    return shape === undefined ? t : t.reshape([...shape]);
  } catch (cause) {
    if (!(cause instanceof FlambeauError || cause instanceof TypeError)) throw cause;
    throw source.error(`${name} is no tensor (${cause.message})`, cause);
  }
}

function depthOf(data: unknown): number {
  let depth = 0;
  for (let x = data; Array.isArray(x) && depth <= MAX_DEPTH; x = x[0]) depth++;
  return depth;
}

/** JSON has no NaN and no infinities: they are written as text. */
function withNonFinite(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withNonFinite);
  return typeof data === 'string' && /^(NaN|-?Infinity)$/.test(data) ? Number(data) : data;
}

/** Writes named tensors as JSON, atomically. @throws {CheckpointError} If the file cannot be written. */
export function saveJson(path: string, tensors: TensorMap): void {
  const entries = entriesOf(tensors).map(([name, t]) => [name, described(name, t)]);
  const text = JSON.stringify(Object.fromEntries(entries), (_, x) =>
    typeof x === 'number' && !Number.isFinite(x) ? String(x) : x,
  );
  writeFileAtomic(path, [`${text}\n`]);
}

function described(name: string, t: Tensor): unknown {
  try {
    return t.toJSON();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause; // an int64 that is not exact as a number
    throw new CheckpointError(`cannot save '${name}' as JSON: ${cause.message}`, { cause });
  }
}
