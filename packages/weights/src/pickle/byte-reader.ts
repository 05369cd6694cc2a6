/** Reads a pickle from its start, a window at a time: what follows it in the file (gigabytes of storages) stays there. */
import type { ByteSource } from '../source.js';

const WINDOW_BYTES = 1 << 16;
/** The longest line of the textual instructions: a name or a number. */
const MAX_LINE = 8192;

export class ByteReader {
  private window: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  private view = new DataView(this.window.buffer);
  private windowStart: number;
  private at = 0;

  constructor(
    readonly source: ByteSource,
    position = 0,
  ) {
    this.windowStart = position;
  }

  /** Where the next byte is in the source. */
  get position(): number {
    return this.windowStart + this.at;
  }

  /** Makes the next `length` bytes lie in the window, and steps over them. Returns where they begin in it. */
  private take(length: number): number {
    if (this.at + length > this.window.byteLength) {
      const { position, source } = this;
      if (length > source.size - position)
        throw source.error(`the pickle is truncated or damaged: ${length} bytes are wanted at ${position} of ${source.size}`);
      this.window = source.read(position, Math.min(source.size - position, Math.max(length, WINDOW_BYTES)));
      this.view = new DataView(this.window.buffer);
      this.windowStart = position;
      this.at = 0;
    }
    const start = this.at;
    this.at += length;
    return start;
  }

  uint8(): number {
    // most of a pickle is read here
    if (this.at < this.window.byteLength) return this.window[this.at++];
    const at = this.take(1);
    return this.window[at];
  }
  uint16(): number {
    const at = this.take(2);
    return this.view.getUint16(at, true);
  }
  int32(): number {
    const at = this.take(4);
    return this.view.getInt32(at, true);
  }
  uint32(): number {
    const at = this.take(4);
    return this.view.getUint32(at, true);
  }
  uint64(): number {
    const at = this.take(8);
    return Number(this.view.getBigUint64(at, true));
  }
  float64(): number {
    const at = this.take(8);
    return this.view.getFloat64(at, false);
  }
  /** A copy. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const start = this.take(length);
    return this.window.slice(start, start + length);
  }
  /** Text up to the end of the line, which is skipped. */
  line(): string {
    const codes: number[] = [];
    for (let code = this.uint8(); code !== 0x0a; code = this.uint8()) {
      if (codes.length >= MAX_LINE) throw this.source.error('the pickle is damaged: a line of it does not end');
      codes.push(code);
    }
    return Buffer.from(codes).toString('utf8');
  }
}
