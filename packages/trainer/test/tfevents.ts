/** A reader of TensorBoard event files, independent of the writer: checks both CRCs of every record bit by bit. */
export interface TfEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  readonly scalars: Readonly<Record<string, number>>;
}

export function readEvents(file: Buffer): TfEvent[] {
  const events: TfEvent[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    check(file.subarray(at, at + 8), file.readUInt32LE(at + 8));
    const data = file.subarray(at + 12, at + 12 + length);
    check(data, file.readUInt32LE(at + 12 + length));
    events.push(parseEvent(data));
    at += 16 + length;
  }
  return events;
}

function check(data: Buffer, expected: number): void {
  let crc = 0xffff_ffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f6_3b78n : crc >> 1n;
  }
  crc ^= 0xffff_ffffn;
  const masked = (((crc >> 15n) | (crc << 17n)) + 0xa282_ead8n) & 0xffff_ffffn;
  if (masked !== BigInt(expected)) throw new Error(`a record's checksum is ${expected}, its data gives ${masked}`);
}

type Field = number | bigint | Buffer;
/** The fields of a protobuf message, in order. */
function* fields(data: Buffer): Generator<[number: number, value: Field]> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
  };
  while (at < data.length) {
    const tag = Number(varint());
    const number = tag >> 3;
    switch (tag & 7) {
      case 0:
        yield [number, varint()];
        break;
      case 1:
        yield [number, data.readDoubleLE(at)];
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        yield [number, data.subarray(at, at + length)];
        at += length;
        break;
      }
      case 5:
        yield [number, data.readFloatLE(at)];
        at += 4;
        break;
      default:
        throw new Error(`unknown wire type ${tag & 7}`);
    }
  }
}

function parseEvent(data: Buffer): TfEvent {
  let event: TfEvent = { wallTime: 0, step: 0, scalars: {} };
  for (const [number, value] of fields(data)) {
    if (number === 1) event = { ...event, wallTime: value as number };
    else if (number === 2) event = { ...event, step: Number(value) };
    else if (number === 3) event = { ...event, fileVersion: String(value) };
    else if (number === 5) event = { ...event, scalars: parseSummary(value as Buffer) };
  }
  return event;
}

function parseSummary(data: Buffer): Record<string, number> {
  const scalars: Record<string, number> = {};
  for (const [number, value] of fields(data)) {
    if (number !== 1) continue;
    const parts = new Map(fields(value as Buffer));
    if (parts.has(2)) scalars[String(parts.get(1))] = parts.get(2) as number;
  }
  return scalars;
}
