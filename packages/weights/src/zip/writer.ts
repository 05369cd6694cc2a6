/**
 * Zip archives laid out as PyTorch's writer does: every member stored, its data on a multiple of 64 bytes (a file that is mapped
 * into memory has aligned tensors), sizes and checksum behind the data, a zip64 directory at the end.
 *
 * @see PyTorch, caffe2/serialize/inline_container.cc
 */
import { checksum } from './checksum.js';

export interface ZipMember {
  readonly name: string;
  readonly data: Uint8Array;
  /** CRC-32 of the data, where it is known already. */
  readonly crc?: number;
}

export const ALIGNMENT = 64;
const MAX_U32 = 0xffffffff;
/** Sizes follow the data; the name is UTF-8. */
const FLAGS = 0x0808;
const LOCAL_BYTES = 30;

/** The bytes of an archive, member by member. */
export function* zipPieces(members: Iterable<ZipMember>): Generator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, data, crc = checksum(data) } of members) {
    const header = localHeader(name, data.byteLength, at);
    const descriptor = dataDescriptor(crc, data.byteLength);
    yield header;
    yield data;
    yield descriptor;
    directory.push(centralHeader(name, crc, data.byteLength, at));
    at += header.byteLength + data.byteLength + descriptor.byteLength;
  }
  const size = directory.reduce((sum, header) => sum + header.byteLength, 0);
  yield* directory;
  yield endRecords(directory.length, at, size);
}

/** A field that aligns the data: `FB`, its length, and Z's. */
function padding(start: number): Buffer {
  const length = (ALIGNMENT - ((start + 4) % ALIGNMENT)) % ALIGNMENT;
  const field = Buffer.alloc(4 + length, 'Z');
  field.write('FB');
  field.writeUInt16LE(length, 2);
  return field;
}

/** The zip64 field of a member: the sizes and the offset that 32 bits do not hold. Empty if they hold all. */
function zip64Field(size: number, offset: number): Buffer {
  const values = [...(size >= MAX_U32 ? [size, size] : []), ...(offset >= MAX_U32 ? [offset] : [])];
  if (values.length === 0) return Buffer.alloc(0);
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return field;
}

function localHeader(name: string, size: number, at: number): Buffer {
  const text = Buffer.from(name);
  const wide = zip64Field(size, at);
  const fixed = Buffer.alloc(LOCAL_BYTES);
  fixed.write('PK\x03\x04', 'latin1');
  fixed.writeUInt16LE(FLAGS, 6);
  if (size >= MAX_U32) fixed.fill(0xff, 18, 26);
  const aligned = padding(at + LOCAL_BYTES + text.byteLength + wide.byteLength);
  fixed.writeUInt16LE(text.byteLength, 26);
  fixed.writeUInt16LE(wide.byteLength + aligned.byteLength, 28);
  return Buffer.concat([fixed, text, wide, aligned]);
}

function dataDescriptor(crc: number, size: number): Buffer {
  const wide = size >= MAX_U32;
  const descriptor = Buffer.alloc(wide ? 24 : 16);
  descriptor.write('PK\x07\x08', 'latin1');
  descriptor.writeUInt32LE(crc, 4);
  for (const i of [0, 1]) {
    if (wide) descriptor.writeBigUInt64LE(BigInt(size), 8 + 8 * i);
    else descriptor.writeUInt32LE(size, 8 + 4 * i);
  }
  return descriptor;
}

function centralHeader(name: string, crc: number, size: number, at: number): Buffer {
  const text = Buffer.from(name);
  const wide = zip64Field(size, at);
  const fixed = Buffer.alloc(46);
  fixed.write('PK\x01\x02', 'latin1');
  fixed.writeUInt16LE(FLAGS, 8);
  fixed.writeUInt32LE(crc, 16);
  fixed.writeUInt32LE(Math.min(size, MAX_U32), 20);
  fixed.writeUInt32LE(Math.min(size, MAX_U32), 24);
  fixed.writeUInt16LE(text.byteLength, 28);
  fixed.writeUInt16LE(wide.byteLength, 30);
  fixed.writeUInt32LE(Math.min(at, MAX_U32), 42);
  return Buffer.concat([fixed, text, wide]);
}

/** The zip64 end record, its locator, and the end record. */
function endRecords(count: number, offset: number, size: number): Buffer {
  const end = Buffer.alloc(56 + 20 + 22);
  end.write('PK\x06\x06', 0, 'latin1');
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(0x031e, 12);
  end.writeUInt16LE(45, 14);
  end.writeBigUInt64LE(BigInt(count), 24);
  end.writeBigUInt64LE(BigInt(count), 32);
  end.writeBigUInt64LE(BigInt(size), 40);
  end.writeBigUInt64LE(BigInt(offset), 48);
  end.write('PK\x06\x07', 56, 'latin1');
  end.writeBigUInt64LE(BigInt(offset + size), 64);
  end.writeUInt32LE(1, 72);
  end.write('PK\x05\x06', 76, 'latin1');
  end.writeUInt16LE(Math.min(count, 0xffff), 84);
  end.writeUInt16LE(Math.min(count, 0xffff), 86);
  end.writeUInt32LE(Math.min(size, MAX_U32), 88);
  end.writeUInt32LE(Math.min(offset, MAX_U32), 92);
  return end;
}
