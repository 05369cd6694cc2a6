import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { AudioError } from './audio-error.js';
import { info, load } from './load.js';

const SHARED = process.env.FLAMBEAU_SHARED_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'flambeau-audio-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Wav {
  readonly tag?: number;
  readonly channels?: number;
  readonly bits: number;
  readonly rate?: number;
}
/** A WAV file of the given bytes of samples. */
function wav(data: Buffer, { tag = 1, channels = 1, bits, rate = 8000 }: Wav): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF\0\0\0\0WAVEfmt ', 'latin1');
  head.writeUInt32LE(36 + data.length, 4);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(tag, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE((rate * channels * bits) / 8, 28);
  head.writeUInt16LE((channels * bits) / 8, 32);
  head.writeUInt16LE(bits, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
const samplesOf = async (bytes: Buffer) => Array.from((await load(bytes)).waveform.toTypedArray() as Float32Array);
/** The integers as little-endian bytes. */
function integers(values: readonly number[], bytes: number): Buffer {
  const out = Buffer.alloc(values.length * bytes);
  for (const [i, v] of values.entries()) {
    if (bytes === 1) out.writeUInt8(v, i);
    else out.writeIntLE(v, i * bytes, bytes);
  }
  return out;
}

describe('load', () => {
  it.each([16, 24, 32])('divides %i-bit samples by 2^(bits - 1), at the ends too', async (bits) => {
    const half = 2 ** (bits - 1);
    const values = [-half, -half + 1, -1, 0, 1, half / 2, half - 1];
    expect(await samplesOf(wav(integers(values, bits / 8), { bits }))).toEqual(values.map((v) => Math.fround(v / half)));
  });

  it('reads unsigned bytes', async () => {
    const values = Array.from({ length: 256 }, (_, i) => i);
    expect(await samplesOf(wav(integers(values, 1), { bits: 8 }))).toEqual(values.map((v) => (v - 128) / 128));
  });

  it('reads 32 and 64-bit float', async () => {
    const values = [0, -1, 0.1, 1.5];
    const rounded = values.map(Math.fround);
    expect(await samplesOf(wav(Buffer.from(Float32Array.from(values).buffer), { tag: 3, bits: 32 }))).toEqual(rounded);
    expect(await samplesOf(wav(Buffer.from(Float64Array.from(values).buffer), { tag: 3, bits: 64 }))).toEqual(rounded);
  });

  it('gives a sine wave per channel back, from a file', async () => {
    const rate = 16000;
    const wave = (hz: number, i: number) => Math.sin((2 * Math.PI * hz * i) / rate);
    const values = Array.from({ length: rate / 10 }, (_, i) => [wave(440, i), wave(1000, i)]);
    const path = join(folder, 'sine.wav');
    writeFileSync(
      path,
      wav(
        integers(
          values.flat().map((x) => Math.round(x * 32767)),
          2,
        ),
        { bits: 16, channels: 2, rate },
      ),
    );
    const { waveform, sampleRate } = await load(path);
    expect([waveform.shape, waveform.dtype, sampleRate]).toEqual([[2, 1600], 'float32', rate]);
    const samples = waveform.toTypedArray() as Float32Array;
    for (let i = 0; i < 1600; i++) {
      expect(Math.abs(samples[i] - values[i][0])).toBeLessThan(2 ** -14);
      expect(Math.abs(samples[1600 + i] - values[i][1])).toBeLessThan(2 ** -14);
    }
    expect(await info(path)).toEqual({ sampleRate: rate, numFrames: 1600, numChannels: 2, bitsPerSample: 16, encoding: 'PCM_S' });
  });

  it('reads a part', async () => {
    const bytes = wav(integers([0, 1, 2, 3, 4, 5, 6, 7], 2), { bits: 16, channels: 2 });
    const { waveform } = await load(bytes, { frameOffset: 1, numFrames: 2 });
    expect(waveform.mul(32768).toArray()).toEqual([
      [2, 4],
      [3, 5],
    ]);
    expect((await load(bytes, { frameOffset: 9 })).waveform.shape).toEqual([2, 0]);
    await expect(load(bytes, { numFrames: -1 })).rejects.toThrow('numFrames must be a non-negative integer, got -1');
  });

  it('names the file and the reason', async () => {
    const good = wav(integers([1, 2, 3], 2), { bits: 16 });
    const patched = (at: number, value: number) => {
      const bytes = Buffer.from(good);
      bytes.writeUInt16LE(value, at);
      return bytes;
    };
    const cases: [Buffer, RegExp][] = [
      [Buffer.alloc(0), /the file is empty/],
      [Buffer.from('ID3 and so on'), /not a WAV file: it starts with "ID3 "/],
      [Buffer.from('RIFF\x04\0\0\0AVI '), /the RIFF form is "AVI "/],
      [good.subarray(0, 9), /truncated: 9 bytes/],
      [good.subarray(0, 30), /truncated: the fmt chunk has 10 bytes/],
      [good.subarray(0, 40), /truncated: the file ends before its data chunk/],
      [good.subarray(0, 48), /truncated: the data chunk says 6 bytes, 4 are left/],
      [patched(20, 7), /encoding mu-law is not supported/],
      [patched(20, 0x1234), /encoding 0x1234 is not supported/],
      [patched(22, 0), /the header is corrupt: 0 channels/],
      [patched(32, 7), /do not fit into frames of 7 bytes|16-bit samples in 7 bytes|16-bit PCM/],
      [patched(34, 64), /do not fit into frames of 2 bytes/],
      [wav(Buffer.alloc(8), { bits: 64 }), /64-bit PCM samples are not supported/],
    ];
    for (const [i, [bytes, reason]] of cases.entries()) {
      const path = join(folder, `bad-${i}.wav`);
      writeFileSync(path, bytes);
      const error = await load(path).catch((e: unknown) => e);
      expect(error, String(reason)).toBeInstanceOf(AudioError);
      expect((error as AudioError).file).toBe(path);
      expect((error as AudioError).message).toMatch(reason);
    }
    await expect(load(join(folder, 'none.wav'))).rejects.toThrow(/none\.wav: the file cannot be read \(ENOENT\)/);
  });
});

const odd = join(SHARED, 'wav-odd');
describe.skipIf(!existsSync(odd))(
  `odd WAV files${existsSync(odd) ? '' : ` (skipped: there is no ${odd}; set FLAMBEAU_SHARED_DATA)`}`,
  () => {
    const rows = existsSync(odd)
      ? readFileSync(join(odd, 'expected.csv'), 'utf8')
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => line.split(','))
      : [];
    it.each(rows)('%s', async (file, _bytes, magic, _tag, _subformat, channels, rate, _bits, format, frames) => {
      const reading = load(join(odd, file));
      // what libsndfile reads, we do: unless it is compressed, big-endian or a matter of taste
      const supported =
        /\/(PCM_|FLOAT|DOUBLE)/.test(format) && magic !== 'RIFX' && !file.endsWith('24bit-4byte-48kHz-stereo.wav');
      if (!supported) return await expect(reading).rejects.toThrow(AudioError);
      const { waveform, sampleRate } = await reading;
      expect([waveform.shape, sampleRate]).toEqual([[Number(channels), Number(frames)], Number(rate)]);
      const samples = waveform.toTypedArray() as Float32Array;
      if (!format.endsWith('FLOAT')) expect(samples.every((x) => x >= -1 && x <= 1)).toBe(true);
    });
  },
);

const digits = join(SHARED, 'free-spoken-digits/recordings.zip');
describe.skipIf(!existsSync(digits))(
  `spoken digits${existsSync(digits) ? '' : ` (skipped: there is no ${digits}; set FLAMBEAU_SHARED_DATA)`}`,
  () => {
    it('reads real recordings', async () => {
      const zip = readFileSync(digits);
      let count = 0;
      // local headers of the archive, as far as 20 recordings
      for (let at = 0; count < 20 && zip.readUInt32LE(at) === 0x04034b50; ) {
        const [packed, size] = [zip.readUInt32LE(at + 18), zip.readUInt32LE(at + 22)];
        const start = at + 30 + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
        const name = zip.toString('latin1', at + 30, at + 30 + zip.readUInt16LE(at + 26));
        const body = zip.subarray(start, start + packed);
        at = start + packed;
        if (!name.endsWith('.wav')) continue;
        const bytes = packed === size ? body : inflateRawSync(body);
        const { waveform, sampleRate } = await load(bytes);
        const data = bytes.indexOf('data') + 8;
        expect([sampleRate, waveform.shape[0]]).toEqual([8000, 1]);
        expect(waveform.mul(32768).to('int16').toTypedArray()).toEqual(
          new Int16Array(Uint8Array.from(bytes.subarray(data, data + 2 * waveform.shape[1])).buffer),
        );
        count++;
      }
      expect(count).toBe(20);
    });
  },
);
