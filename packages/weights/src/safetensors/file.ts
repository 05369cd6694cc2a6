/** One safetensors file, read whole or tensor by tensor. */
import type { Tensor } from '@flambeau/core';
import { CheckpointError } from '../errors.js';
import { type ByteSource, sourceOf } from '../source.js';
import { type Metadata, readAll, type TensorFile } from '../tensor-file.js';
import { readHeader, readTensor, type SafetensorsInfo } from './header.js';

/**
 * An open safetensors file: the header is read at once, tensors when they are asked for. Close it after use.
 *
 * @example
 * const file = new SafetensorsFile('model.safetensors');
 * const bias = file.tensor('fc.bias');
 * file.close();
 */
export class SafetensorsFile implements TensorFile {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
  private readonly dataStart: number;
  private readonly source: ByteSource;

  /** @param input - A path, or the bytes of a file. @throws {CheckpointError} If it cannot be read or is malformed. */
  constructor(input: string | Uint8Array) {
    this.source = sourceOf(input);
    try {
      ({ metadata: this.metadata, tensors: this.tensors, dataStart: this.dataStart } = readHeader(this.source));
    } catch (error) {
      this.source.close();
      throw error;
    }
  }

  get path(): string {
    return this.source.name;
  }

  keys(): string[] {
    return [...this.tensors.keys()];
  }

  info(name: string): SafetensorsInfo {
    const info = this.tensors.get(name);
    if (info === undefined) throw new CheckpointError(`${this.path} has no tensor '${name}'; it has ${this.keys().join(', ')}`);
    return info;
  }

  /** Reads one tensor: only its bytes are read. @throws {CheckpointError} If there is none of this name. */
  tensor(name: string): Tensor {
    return readTensor(this.source, this.dataStart, name, this.info(name));
  }

  /** The same as `tensor`. */
  get(name: string): Tensor {
    return this.tensor(name);
  }

  close(): void {
    this.source.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

/**
 * Reads all tensors of a safetensors file, in the file's order. Python: `safetensors.torch.load_file`.
 *
 * @throws {CheckpointError} If the file is missing, truncated or malformed.
 */
export function loadFile(path: string): Record<string, Tensor> {
  const file = new SafetensorsFile(path);
  try {
    return readAll(file);
  } finally {
    file.close();
  }
}
