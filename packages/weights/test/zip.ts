/** Zip archives by hand, right or wrong on purpose. */
import { crc32 } from 'node:zlib';

export interface HandMadeMember {
  readonly name: string;
  readonly data: Uint8Array;
  /** What the directory says, where it is not the truth. */
  readonly size?: number;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly at?: number;
}

export const zip = (members: readonly HandMadeMember[]): Buffer => build(members, false);
/** Sizes and offsets in zip64 fields, although they would fit. */
export const zip64 = (members: readonly HandMadeMember[]): Buffer => build(members, true);

function build(members: readonly HandMadeMember[], wide: boolean): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, size = data.byteLength, crc = crc32(data), method = 0, flags = 0, at: claimed = at } of members) {
    const text = Buffer.from(name);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50);
    header.writeUInt16LE(text.length, 26);
    local.push(header, text, Buffer.from(data));
    const extra = Buffer.alloc(wide ? 28 : 0);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(wide ? 0xffffffff : data.byteLength, 20);
    entry.writeUInt32LE(wide ? 0xffffffff : size, 24);
    entry.writeUInt16LE(text.length, 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(wide ? 0xffffffff : claimed, 42);
    if (wide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      for (const [i, value] of [size, data.byteLength, claimed].entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
    }
    directory.push(entry, text, extra);
    at += 30 + text.length + data.byteLength;
  }
  const size = Buffer.concat(directory).length;
  const end64 = Buffer.alloc(wide ? 76 : 0);
  if (wide) {
    end64.writeUInt32LE(0x06064b50);
    end64.writeBigUInt64LE(44n, 4);
    end64.writeBigUInt64LE(BigInt(members.length), 32);
    end64.writeBigUInt64LE(BigInt(size), 40);
    end64.writeBigUInt64LE(BigInt(at), 48);
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(at + size), 64);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(wide ? 0xffff : members.length, 10);
  end.writeUInt32LE(wide ? 0xffffffff : size, 12);
  end.writeUInt32LE(wide ? 0xffffffff : at, 16);
  return Buffer.concat([...local, ...directory, end64, end]);
}
