/**
 * Zip archives as PyTorch and NumPy write them: stored or deflated members, zip64. Nothing is ever unpacked to disk.
 *
 * @see APPNOTE.TXT, "ZIP File Format Specification", version 6.3
 */
import { inflateRawSync } from 'node:zlib';
import type { ByteSource } from '../source.js';
import { checksum } from './checksum.js';

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
/** The end record is followed by a comment of at most this length. */
const MAX_COMMENT = 0xffff;
/** Deflate cannot do better; who claims more is lying about the size. */
const MAX_DEFLATE_RATIO = 1032;
const MAX_ENTRIES = 1_000_000;

const STORED = 0;
const DEFLATED = 8;

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly localHeader: number;
  /** No byte of the member lies at or behind this position. */
  end: number;
}

export class ZipReader {
  private readonly entries: ReadonlyMap<string, Entry>;

  /** Reads the directory. @throws {CheckpointError} If it is damaged, or members overlap. */
  constructor(private readonly source: ByteSource) {
    this.entries = readDirectory(source);
  }

  names(): string[] {
    return [...this.entries.keys()];
  }
  has(name: string): boolean {
    return this.entries.has(name);
  }
  /** Bytes of a member once it is inflated. */
  sizeOf(name: string): number {
    return this.entry(name).size;
  }

  /**
   * The content of a member. @throws {CheckpointError} If there is none of this name, or it is damaged.
   *
   * @param options - `checkCrc`: whether the checksum must fit. PyTorch can write files without checksums.
   */
  read(name: string, { checkCrc = false }: { readonly checkCrc?: boolean } = {}): Uint8Array<ArrayBuffer> {
    const entry = this.entry(name);
    const { source } = this;
    const local = dataView(source.read(entry.localHeader, LOCAL_BYTES));
    if (local.getUint32(0, true) !== LOCAL) throw source.error(`member '${name}' has no header where the directory says`);
    const start = entry.localHeader + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
    if (start + entry.compressedSize > entry.end) throw source.error(`member '${name}' overlaps what follows it`);
    const raw = source.read(start, entry.compressedSize);
    const bytes = entry.method === STORED ? raw : inflate(raw, entry, source);
    if (checkCrc && checksum(bytes) !== entry.crc) throw source.error(`member '${name}' is damaged: its checksum does not fit`);
    return bytes;
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined) throw this.source.error(`the archive has no member '${name}'`);
    return entry;
  }
}

function inflate(raw: Uint8Array, { name, size }: Entry, source: ByteSource): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(inflateRawSync(raw, { maxOutputLength: Math.max(size, 1) })); // starts its own buffer
  } catch (cause) {
    throw source.error(`member '${name}' cannot be inflated: ${(cause as Error).message}`, cause);
  }
  if (bytes.byteLength !== size)
    throw source.error(`member '${name}' inflates to ${bytes.byteLength} bytes, the directory says ${size}`);
  return bytes;
}

function readDirectory(source: ByteSource): Map<string, Entry> {
  const { count, offset, size } = findDirectory(source);
  if (count > MAX_ENTRIES || size < count * CENTRAL_BYTES)
    throw source.error(`the directory claims ${count} members in ${size} bytes`);
  const bytes = source.read(offset, size);
  const view = dataView(bytes);
  const entries = new Map<string, Entry>();
  for (let i = 0, at = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > size || view.getUint32(at, true) !== CENTRAL)
      throw source.error('the directory of the archive is damaged');
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + CENTRAL_BYTES + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > size) throw source.error('the directory of the archive is damaged');
    const entry = readEntry(bytes, at, nameLength, extraLength, source);
    if (entries.has(entry.name)) throw source.error(`the archive has two members called '${entry.name}'`);
    entries.set(entry.name, entry);
    at = next;
  }
  separate([...entries.values()], offset, source);
  return entries;
}

function readEntry(
  bytes: Uint8Array<ArrayBuffer>,
  at: number,
  nameLength: number,
  extraLength: number,
  source: ByteSource,
): Entry {
  const view = dataView(bytes);
  const nameEnd = at + CENTRAL_BYTES + nameLength;
  const name = Buffer.from(bytes.subarray(at + CENTRAL_BYTES, nameEnd)).toString('utf8');
  if (name.startsWith('/') || name.includes('\\') || name.split('/').includes('..'))
    throw source.error(`member ${JSON.stringify(name)} would lie outside of the archive`);
  const flags = view.getUint16(at + 8, true);
  if (flags & 1) throw source.error(`member '${name}' is encrypted`);
  const method = view.getUint16(at + 10, true);
  if (method !== STORED && method !== DEFLATED)
    throw source.error(`member '${name}' is compressed by method ${method}; only stored and deflated ones can be read`);
  const crc = view.getUint32(at + 16, true);
  // sizes and offset that do not fit are all ones, and follow in the zip64 field in this order
  const wide = zip64Values(bytes.subarray(nameEnd, nameEnd + extraLength));
  const widened = (value: number): number => (value === 0xffffffff ? (wide.shift() ?? value) : value);
  const size = widened(view.getUint32(at + 24, true));
  const compressedSize = widened(view.getUint32(at + 20, true));
  const localHeader = widened(view.getUint32(at + 42, true));
  const plausible = method === STORED ? size === compressedSize : size <= (compressedSize + 1) * MAX_DEFLATE_RATIO;
  if (!plausible) throw source.error(`member '${name}' claims ${size} bytes and has ${compressedSize}`);
  return { name, method, crc, compressedSize, size, localHeader, end: 0 };
}

function zip64Values(extra: Uint8Array<ArrayBuffer>): number[] {
  const view = dataView(extra);
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      const count = Math.min(length, extra.byteLength - at - 4) >> 3;
      return Array.from({ length: count }, (_, i) => Number(view.getBigUint64(at + 4 + 8 * i, true)));
    }
    at += 4 + length;
  }
  return [];
}

/** Members must lie one after the other: overlapping ones could inflate the same bytes again and again. */
function separate(entries: Entry[], directory: number, source: ByteSource): void {
  entries.sort((a, b) => a.localHeader - b.localHeader);
  for (const [i, entry] of entries.entries()) {
    entry.end = entries[i + 1]?.localHeader ?? directory;
    if (entry.localHeader + LOCAL_BYTES + entry.compressedSize > entry.end)
      throw source.error(`member '${entry.name}' overlaps what follows it, or the archive is truncated`);
  }
}

function findDirectory(source: ByteSource): { count: number; offset: number; size: number } {
  const tailStart = Math.max(0, source.size - END_BYTES - MAX_COMMENT);
  const tail = source.read(tailStart, source.size - tailStart);
  const view = dataView(tail);
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || at + END_BYTES + view.getUint16(at + 20, true) > tail.byteLength) continue;
    const end = tailStart + at;
    return (
      findDirectory64(source, end) ?? {
        count: view.getUint16(at + 10, true),
        size: view.getUint32(at + 12, true),
        offset: view.getUint32(at + 16, true),
      }
    );
  }
  throw source.error('the archive is truncated: it has no directory');
}

function findDirectory64(source: ByteSource, end: number): { count: number; offset: number; size: number } | null {
  if (end < 20) return null;
  const locator = dataView(source.read(end - 20, 20));
  if (locator.getUint32(0, true) !== END64_LOCATOR) return null;
  const record = dataView(source.read(Number(locator.getBigUint64(8, true)), 56));
  if (record.getUint32(0, true) !== END64) throw source.error('the zip64 directory of the archive is damaged');
  return {
    count: Number(record.getBigUint64(32, true)),
    size: Number(record.getBigUint64(40, true)),
    offset: Number(record.getBigUint64(48, true)),
  };
}

const dataView = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
