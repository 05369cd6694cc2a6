/** Reading audio files. */
import { readFile } from 'node:fs/promises';
import { fromTypedArray, type Tensor, ValueError } from '@flambeau/core';
import wavDecoder from 'wav-decoder';
import { AudioError } from './audio-error.js';
import { readWavHeader, type WavHeader } from './wav-header.js';

/** What a file holds. PyTorch: `torchaudio.AudioMetaData`. */
export interface AudioInfo {
  /** Hz. */
  readonly sampleRate: number;
  /** Samples per channel. */
  readonly numFrames: number;
  readonly numChannels: number;
  readonly bitsPerSample: number;
  /** Unsigned integers (8 bits), signed integers, or floating point. */
  readonly encoding: 'PCM_U' | 'PCM_S' | 'PCM_F';
}

/** The format and length of a WAV file, or of the bytes of one. PyTorch: `torchaudio.info`. @throws {AudioError} As `load`. */
export async function info(source: string | Uint8Array): Promise<AudioInfo> {
  const [file, bytes] = await bytesOf(source);
  const { sampleRate, frames, channels, bitsPerSample, bytesPerSample, floating } = readWavHeader(file, bytes);
  return {
    sampleRate,
    numFrames: frames,
    numChannels: channels,
    bitsPerSample,
    encoding: floating ? 'PCM_F' : bytesPerSample === 1 ? 'PCM_U' : 'PCM_S',
  };
}

export interface LoadOptions {
  /** Frames to skip. Default 0. */
  readonly frameOffset?: number;
  /** Frames to read at most. Default: all. */
  readonly numFrames?: number;
}

export interface Audio {
  /** float32, shape `(channels, frames)`; integer samples are divided by 2^(bits - 1), so they lie in [-1, 1). */
  readonly waveform: Tensor;
  /** Hz. */
  readonly sampleRate: number;
}

/**
 * Reads a WAV file, or the bytes of one: PCM of 8 to 32 bits and float of 32 and 64 bits, any number of channels, RIFF and RF64.
 *
 * @throws {AudioError} If the file cannot be read, is no WAV file, truncated, corrupt or of another encoding.
 * @see PyTorch: `torchaudio.load`.
 * @example
 * const { waveform, sampleRate } = await load('speech.wav');
 */
export async function load(source: string | Uint8Array, { frameOffset = 0, numFrames }: LoadOptions = {}): Promise<Audio> {
  for (const [name, value] of [
    ['frameOffset', frameOffset],
    ['numFrames', numFrames ?? 0],
  ] as const)
    if (!Number.isSafeInteger(value) || value < 0)
      throw new ValueError(`load: ${name} must be a non-negative integer, got ${value}`);
  const [file, bytes] = await bytesOf(source);
  const header = readWavHeader(file, bytes);
  const first = Math.min(frameOffset, header.frames);
  const count = Math.min(numFrames ?? header.frames, header.frames - first);
  return { waveform: decode(header, bytes, first, count), sampleRate: header.sampleRate };
}

async function bytesOf(source: string | Uint8Array): Promise<[name: string, bytes: Buffer]> {
  if (typeof source !== 'string')
    return [`audio of ${source.length} bytes`, Buffer.from(source.buffer, source.byteOffset, source.length)];
  try {
    return [source, await readFile(source)];
  } catch (cause) {
    throw new AudioError(source, `the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, {
      cause,
    });
  }
}

function decode(header: WavHeader, bytes: Buffer, first: number, count: number): Tensor {
  const { channels, bytesPerSample } = header;
  const { channelData } = wavDecoder.decode.sync(plainWav(header, bytes, first, count), { symmetric: bytesPerSample > 1 });
  const samples = new Float32Array(channels * count);
  for (const [c, data] of channelData.entries()) samples.set(data, c * count);
  correct(samples, bytesPerSample);
  return fromTypedArray(samples, [channels, count]);
}

/** The frames as a file with the shortest header, which is all that wav-decoder knows. */
function plainWav(
  { floating, channels, sampleRate, bytesPerSample, dataStart }: WavHeader,
  bytes: Buffer,
  first: number,
  count: number,
): ArrayBuffer {
  const blockAlign = channels * bytesPerSample;
  const size = count * blockAlign;
  const file = Buffer.from(new ArrayBuffer(44 + size));
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE((36 + size) >>> 0, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(floating ? 3 : 1, 20);
  file.writeUInt16LE(channels, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE((sampleRate * blockAlign) >>> 0, 28);
  file.writeUInt16LE(blockAlign, 32);
  file.writeUInt16LE(bytesPerSample * 8, 34); // fewer significant bits are the upper ones
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(size >>> 0, 40);
  const start = dataStart + first * blockAlign;
  bytes.copy(file, 44, start, start + size);
  return file.buffer as ArrayBuffer;
}

/** Two values of wav-decoder 1.3.0 that are not the sample divided by 2^(bits - 1). */
function correct(samples: Float32Array, bytesPerSample: number): void {
  // 8 bits: values above zero are divided by 127
  if (bytesPerSample === 1)
    for (let i = 0; i < samples.length; i++) if (samples[i] > 0) samples[i] = Math.round(samples[i] * 127) / 128;
  // 24 bits: -2^23 comes with the wrong sign; +1 is not a value of 24 bits
  if (bytesPerSample === 3) for (let i = 0; i < samples.length; i++) if (samples[i] === 1) samples[i] = -1;
}
