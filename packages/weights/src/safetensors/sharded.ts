/**
 * A checkpoint in several safetensors files and an index that says which tensor is in which, as large models are published.
 *
 * The index is JSON: `{ "metadata": { "total_size": … }, "weight_map": { "<tensor>": "<file>" } }`.
 */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Tensor } from '@flambeau/core';
import { writeFileAtomic } from '../atomic.js';
import { CheckpointError } from '../errors.js';
import { withSource } from '../source.js';
import { entriesOf, type Metadata, type TensorFile, type TensorInfo, type TensorMap } from '../tensor-file.js';
import { SafetensorsFile } from './file.js';
import { byteLengthOf, type SaveFileOptions, saveFile } from './save.js';

const INDEX_SUFFIX = '.safetensors.index.json';
const MAX_INDEX_BYTES = 100_000_000;

/**
 * Opens a safetensors file, or a sharded checkpoint by its `*.safetensors.index.json`. Only headers are read.
 *
 * @throws {CheckpointError} If it cannot be read or is malformed.
 * @example
 * await using file = openSafetensors('model.safetensors.index.json');
 * const head = file.tensor('lm_head.weight'); // nothing else is read
 */
export const openSafetensors = (path: string): TensorFile =>
  path.endsWith('.json') ? new ShardedSafetensors(path) : new SafetensorsFile(path);

/** A sharded checkpoint. A shard is opened when one of its tensors is asked for. */
class ShardedSafetensors implements TensorFile {
  readonly metadata: Metadata;
  private readonly weightMap: ReadonlyMap<string, string>;
  private readonly shards = new Map<string, SafetensorsFile>();
  private open = true;

  constructor(private readonly path: string) {
    ({ metadata: this.metadata, weightMap: this.weightMap } = readIndex(path));
  }

  keys(): string[] {
    return [...this.weightMap.keys()];
  }
  info(name: string): TensorInfo {
    return this.shardOf(name).info(name);
  }
  tensor(name: string): Tensor {
    return this.shardOf(name).tensor(name);
  }

  private shardOf(name: string): SafetensorsFile {
    if (!this.open) throw new CheckpointError(`${this.path} was closed`);
    const file = this.weightMap.get(name);
    if (file === undefined) throw new CheckpointError(`${this.path} has no tensor '${name}'; it has ${this.keys().join(', ')}`);
    let shard = this.shards.get(file);
    if (shard === undefined) {
      shard = new SafetensorsFile(join(dirname(this.path), file));
      this.shards.set(file, shard);
    }
    return shard;
  }

  close(): void {
    for (const shard of this.shards.values()) shard.close();
    this.shards.clear();
    this.open = false;
  }
  [Symbol.dispose](): void {
    this.close();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

function readIndex(path: string): { metadata: Metadata; weightMap: Map<string, string> } {
  const text = withSource(path, (source) => {
    if (source.size > MAX_INDEX_BYTES) throw source.error(`an index of ${source.size} bytes is not plausible`);
    return Buffer.from(source.read(0, source.size)).toString('utf8');
  });
  let index: { weight_map?: unknown; metadata?: unknown } | null;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(`${path} is not an index of a sharded checkpoint: ${(cause as Error).message}`, { cause });
  }
  const map = index?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw new CheckpointError(`${path} is not an index of a sharded checkpoint: it has no weight_map`);
  const weightMap = new Map(Object.entries(map as Record<string, unknown>).map(([name, file]) => [name, shardName(file, path)]));
  const metadata = Object.entries((index?.metadata ?? {}) as object).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { metadata: Object.fromEntries(metadata), weightMap };
}

/** Shards lie beside the index: a name that leads elsewhere is refused. */
function shardName(file: unknown, path: string): string {
  if (typeof file !== 'string' || !/^[^/\\\0]+\.safetensors$/.test(file))
    throw new CheckpointError(`${path} names ${JSON.stringify(file)} as a shard; expected a .safetensors file beside the index`);
  return file;
}

export interface SaveShardedOptions extends SaveFileOptions {
  /** Most bytes of tensors in a shard; a larger tensor gets one of its own. Default 5e9. */
  readonly maxShardSize?: number;
  /** What the files are called before `.safetensors`. Default `model`. */
  readonly name?: string;
}

/**
 * Writes tensors into a folder: `model.safetensors` if they fit into one shard, else `model-00001-of-00003.safetensors`, … and
 * `model.safetensors.index.json`, which is written last. Each file is atomic, the set is not: save into a new folder.
 *
 * @returns The path to open: of the single file or of the index.
 * @throws {CheckpointError} If a file cannot be written.
 */
export function saveSharded(
  folder: string,
  tensors: TensorMap,
  { maxShardSize = 5e9, name = 'model', metadata }: SaveShardedOptions = {},
): string {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new CheckpointError(`cannot write to ${folder}: ${(cause as Error).message}`, { cause });
  }
  const shards = split(tensors, maxShardSize);
  if (shards.length <= 1) {
    const path = join(folder, `${name}.safetensors`);
    saveFile(path, tensors, { metadata });
    return path;
  }
  const weightMap: Record<string, string> = {};
  let totalSize = 0;
  for (const [i, shard] of shards.entries()) {
    const number = (n: number): string => String(n).padStart(5, '0');
    const file = `${name}-${number(i + 1)}-of-${number(shards.length)}.safetensors`;
    saveFile(join(folder, file), shard, { metadata });
    for (const [key, t] of shard) {
      weightMap[key] = file;
      totalSize += byteLengthOf(t);
    }
  }
  const path = join(folder, name + INDEX_SUFFIX);
  const index = { metadata: { ...metadata, total_size: totalSize }, weight_map: weightMap };
  writeFileAtomic(path, [`${JSON.stringify(index, null, 2)}\n`]);
  return path;
}

function split(tensors: TensorMap, maxShardSize: number): Map<string, Tensor>[] {
  if (!(maxShardSize > 0)) throw new CheckpointError(`saveSharded: maxShardSize is a number of bytes, got ${maxShardSize}`);
  const shards: Map<string, Tensor>[] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const [name, t] of entriesOf(tensors)) {
    if (size + byteLengthOf(t) > maxShardSize) {
      shards.push(new Map());
      size = 0;
    }
    shards.at(-1)!.set(name, t);
    size += byteLengthOf(t);
  }
  return shards;
}
