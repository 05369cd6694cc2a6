/**
 * The chunks of a WAV file up to its samples.
 *
 * @see IBM and Microsoft 1991, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF, WAVE); Microsoft,
 * "WAVEFORMATEXTENSIBLE"; EBU Tech 3306 (RF64).
 */
import { AudioError } from './audio-error.js';

export interface WavHeader {
  /** Integers, or IEEE floating point. */
  readonly floating: boolean;
  readonly channels: number;
  /** Hz. */
  readonly sampleRate: number;
  /** Significant bits of a sample. */
  readonly bitsPerSample: number;
  /** Bytes that a sample takes. */
  readonly bytesPerSample: number;
  /** Where the samples start in the file. */
  readonly dataStart: number;
  /** Whole frames (one sample per channel) in the file. */
  readonly frames: number;
}

interface Format {
  readonly extensible: boolean;
  readonly tag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly blockAlign: number;
  readonly bits: number;
}

const PCM = 0x0001;
const IEEE_FLOAT = 0x0003;
const EXTENSIBLE = 0xfffe;
/** What may stand in a WAV file besides. RFC 2361 lists them all. */
const ENCODINGS: { readonly [tag: number]: string } = {
  2: 'Microsoft ADPCM',
  6: 'A-law',
  7: 'mu-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
};
/** The last 14 bytes of the GUIDs that stand for format tags. */
const TAG_GUID = '000000001000800000aa00389b71';
/** A size that is not known, or stands in a ds64 chunk. */
const UNKNOWN_SIZE = 0xffff_ffff;

/** @throws {AudioError} If the file is no WAV file, truncated, inconsistent or of an encoding other than PCM and float. */
export function readWavHeader(file: string, bytes: Buffer): WavHeader {
  if (bytes.length === 0) throw new AudioError(file, 'the file is empty');
  const form = bytes.toString('latin1', 0, 4);
  if (form === 'RIFX') throw new AudioError(file, 'big-endian WAV (RIFX) is not supported');
  if (form !== 'RIFF' && form !== 'RF64')
    throw new AudioError(file, `not a WAV file: it starts with ${JSON.stringify(form)}, expected "RIFF"`);
  if (bytes.length < 12) throw new AudioError(file, `truncated: ${bytes.length} bytes are less than a RIFF header`);
  const kind = bytes.toString('latin1', 8, 12);
  if (kind !== 'WAVE') throw new AudioError(file, `not a WAV file: the RIFF form is ${JSON.stringify(kind)}, expected "WAVE"`);

  let format: Format | null = null;
  let longDataSize: number | null = null;
  for (let at = 12; ; ) {
    if (at + 8 > bytes.length)
      throw new AudioError(file, `truncated: the file ends before its ${format === null ? 'fmt' : 'data'} chunk`);
    const id = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const start = at + 8;
    if (id === 'data') {
      if (format === null) throw new AudioError(file, 'the data chunk stands before the fmt chunk');
      return headerOf(file, format, start, size === UNKNOWN_SIZE ? longDataSize : size, bytes.length - start);
    }
    if (id === 'fmt ' || id === 'ds64') {
      const chunk = bytes.subarray(start, start + size);
      if (chunk.length < 16)
        throw new AudioError(file, `truncated: the ${id.trim()} chunk has ${chunk.length} bytes, at least 16 are needed`);
      if (id === 'fmt ') format = readFormat(file, chunk);
      else longDataSize = Number(chunk.readBigUInt64LE(8));
    }
    at = start + size + (size % 2); // chunks start at even places
  }
}

function readFormat(file: string, chunk: Buffer): Format {
  let tag = chunk.readUInt16LE(0);
  const extensible = tag === EXTENSIBLE;
  let bits = chunk.readUInt16LE(14);
  if (extensible) {
    if (chunk.length < 40)
      throw new AudioError(file, `truncated: an extensible fmt chunk has 40 bytes, this one ${chunk.length}`);
    if (chunk.toString('hex', 26, 40) !== TAG_GUID)
      throw new AudioError(file, `encoding ${chunk.toString('hex', 24, 40)} is not supported, only PCM and IEEE float`);
    tag = chunk.readUInt16LE(24);
    bits = chunk.readUInt16LE(18) || bits;
  }
  return {
    extensible,
    tag,
    channels: chunk.readUInt16LE(2),
    sampleRate: chunk.readUInt32LE(4),
    blockAlign: chunk.readUInt16LE(12),
    bits,
  };
}

function headerOf(file: string, format: Format, dataStart: number, dataSize: number | null, available: number): WavHeader {
  const { tag, channels, sampleRate, blockAlign, bits } = format;
  if (tag !== PCM && tag !== IEEE_FLOAT) {
    const name = ENCODINGS[tag] ?? `0x${tag.toString(16).padStart(4, '0')}`;
    throw new AudioError(file, `encoding ${name} is not supported, only PCM and IEEE float`);
  }
  if (channels === 0 || sampleRate === 0)
    throw new AudioError(file, `the header is corrupt: ${channels} channels at ${sampleRate} Hz`);
  const bytesPerSample = blockAlign / channels;
  if (!Number.isInteger(bytesPerSample) || bytesPerSample * 8 < bits || bits === 0)
    throw new AudioError(
      file,
      `the header is corrupt: ${channels} channels of ${bits} bits do not fit into frames of ${blockAlign} bytes`,
    );
  const floating = tag === IEEE_FLOAT;
  if (floating ? bits !== bytesPerSample * 8 || (bits !== 32 && bits !== 64) : bytesPerSample > 4)
    throw new AudioError(
      file,
      `${bits}-bit ${floating ? 'float' : 'PCM'} samples are not supported, only 8 to 32-bit PCM, 32 and 64-bit float`,
    );
  // only the extensible format says which bytes hold the sample if there are more than it needs
  if (!format.extensible && bytesPerSample > Math.ceil(bits / 8))
    throw new AudioError(file, `${bits}-bit samples in ${bytesPerSample} bytes are not supported`);
  const size = dataSize ?? available;
  if (size > available)
    throw new AudioError(file, `truncated: the data chunk says ${size} bytes, ${available} are left in the file`);
  return {
    floating,
    channels,
    sampleRate,
    bitsPerSample: bits,
    bytesPerSample,
    dataStart,
    frames: Math.floor(size / blockAlign),
  };
}
