/**
 * TensorBoard event files: records of (length, masked CRC of it, an Event message, masked CRC of that).
 *
 * @see tensorflow/core/util/event.proto, tensorflow/core/lib/io/record_writer.h
 */
import { appendFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Logger } from './logger.js';
import { VersionedFolder } from './versioned-folder.js';

/** Metrics as curves in TensorBoard. Lightning: `TensorBoardLogger`. */
export class TensorBoardLogger implements Logger {
  private readonly folder: VersionedFolder;
  private readonly fileName = `events.out.tfevents.${Math.floor(Date.now() / 1000)}.${hostname()}.${process.pid}.0`;
  private pending: Uint8Array[] = [record(event(0, (w) => w.tag(3, WireType.LengthDelimited).string('brain.Event:2')))];

  constructor(saveDir: string, { version }: { readonly version?: number | string } = {}) {
    this.folder = new VersionedFolder(saveDir, version);
  }
  get logDir(): string {
    return this.folder.path;
  }
  get file(): string {
    return join(this.logDir, this.fileName);
  }

  logMetrics(metrics: Readonly<Record<string, number>>, step: number): void {
    this.pending.push(record(event(step, (w) => w.tag(5, WireType.LengthDelimited).bytes(summary(metrics)))));
  }
  flush(): void {
    if (this.pending.length === 0) return;
    appendFileSync(this.file, Buffer.concat(this.pending));
    this.pending = [];
  }
  close(): void {
    this.flush();
  }
}

/** An `Event`: wall_time = 1 (double), step = 2 (int64), then what happened. */
function event(step: number, what: (w: BinaryWriter) => BinaryWriter): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.Bit64).double(Date.now() / 1000);
  if (step !== 0) writer.tag(2, WireType.Varint).int64(step);
  return what(writer).finish();
}

/** A `Summary`: repeated value = 1 { tag = 1, simple_value = 2 (float) }. */
function summary(metrics: Readonly<Record<string, number>>): Uint8Array {
  const writer = new BinaryWriter();
  for (const [name, value] of Object.entries(metrics)) {
    const scalar = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
    // the wire format's float refuses what overflows it
    scalar.tag(2, WireType.Bit32).float(Math.fround(value));
    writer.tag(1, WireType.LengthDelimited).bytes(scalar.finish());
  }
  return writer.finish();
}

function record(data: Uint8Array): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.byteLength));
  return Buffer.concat([length, maskedCrc(length), data, maskedCrc(data)]);
}

/** CRC-32C (Castagnoli), rotated and offset so that a CRC of data that holds CRCs is not degenerate. */
function maskedCrc(data: Uint8Array): Buffer {
  let crc = 0xffff_ffff;
  for (const byte of data) crc = CRC32C[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  crc = ~crc >>> 0;
  const masked = Buffer.alloc(4);
  masked.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0);
  return masked;
}
const CRC32C = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0x82f6_3b78 ^ (c >>> 1) : c >>> 1;
  return c;
});
