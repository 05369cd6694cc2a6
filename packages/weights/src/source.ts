/** Where checkpoints are read from: a file, piece by piece, or bytes in memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CheckpointError } from './errors.js';

/** One read of the operating system takes at most 2 GiB. */
const READ_BYTES = 2 ** 30;

/** Bytes at positions. Errors that are about the content are made by `error`, which names the source. */
export abstract class ByteSource {
  abstract readonly size: number;
  /** @param name - The path of the file, or what else errors call it. */
  constructor(readonly name: string) {}

  protected abstract copy(position: number, length: number): Uint8Array<ArrayBuffer>;
  abstract close(): void;

  /** A copy of some bytes, in a buffer of its own. @throws {CheckpointError} If the source ends before. */
  read(position: number, length: number): Uint8Array<ArrayBuffer> {
    if (length < 0 || position < 0 || position + length > this.size)
      throw this.error(`it is truncated or damaged: bytes ${position} to ${position + length} are wanted of ${this.size}`);
    return this.copy(position, length);
  }

  error(message: string, cause?: unknown): CheckpointError {
    return new CheckpointError(`${this.name}: ${message}`, cause === undefined ? undefined : { cause });
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

class FileSource extends ByteSource {
  readonly size: number;
  private readonly file: number;
  private open = true;

  constructor(path: string) {
    super(path);
    try {
      this.file = openSync(path, 'r');
    } catch (cause) {
      throw new CheckpointError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
    }
    const stat = fstatSync(this.file);
    this.size = stat.size;
    if (!stat.isFile()) {
      this.close();
      throw new CheckpointError(`cannot read ${path}: it is not a file`);
    }
  }

  protected copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    if (!this.open) throw this.error('the file was closed');
    const bytes = allocate(this, length);
    for (let at = 0; at < length; ) {
      const n = readSync(this.file, bytes, at, Math.min(length - at, READ_BYTES), position + at);
      if (n === 0) throw this.error('it ends in the middle of its data; it has become shorter since it was opened');
      at += n;
    }
    return bytes;
  }

  close(): void {
    if (this.open) closeSync(this.file);
    this.open = false;
  }
}

class MemorySource extends ByteSource {
  constructor(
    private readonly bytes: Uint8Array,
    name: string,
  ) {
    super(name);
  }
  get size(): number {
    return this.bytes.byteLength;
  }
  protected copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    const copy = allocate(this, length);
    copy.set(this.bytes.subarray(position, position + length)); // a Buffer's own slice() would not copy
    return copy;
  }
  close(): void {}
}

function allocate(source: ByteSource, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw source.error(`there is no memory for ${length} bytes of it`, cause);
  }
}

/** Opens a path, or takes bytes as they are, which errors call `name`. @throws {CheckpointError} If the file cannot be opened. */
export const sourceOf = (input: string | Uint8Array, name = 'the given bytes'): ByteSource =>
  typeof input === 'string' ? new FileSource(input) : new MemorySource(input, name);

/** Opens an input for the duration of `use`. */
export function withSource<T>(input: string | Uint8Array, use: (source: ByteSource) => T): T {
  const source = sourceOf(input);
  try {
    return use(source);
  } finally {
    source.close();
  }
}
