import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromTypedArray, randint, type Tensor, tensor } from '@flambeau/core';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedData } from '../test/shared-data.js';
import { saveImage } from './grid.js';
import { ImageError } from './image-error.js';
import { encodeJpeg, encodePng, readImage, writeImage } from './image-io.js';

const folder = mkdtempSync(join(tmpdir(), 'flambeau-vision-'));
afterAll(() => rmSync(folder, { recursive: true }));
const noise = (...shape: number[]) => randint(0, 256, shape, { dtype: 'uint8' });
const bytesOf = (t: Tensor) => t.toTypedArray() as Uint8Array;

describe('PNG and JPEG', () => {
  it.each([1, 2, 3, 4])('PNG keeps %i channels exactly', async (channels) => {
    const image = noise(channels, 5, 7);
    const back = await readImage(await encodePng(image));
    expect([back.shape, back.dtype]).toEqual([[channels, 5, 7], 'uint8']);
    expect(bytesOf(back)).toEqual(bytesOf(image));
  });

  it('JPEG comes close', async () => {
    const ramp = Uint8Array.from({ length: 3 * 32 * 32 }, (_, i) => (i % 32) * 8);
    const image = fromTypedArray(ramp, [3, 32, 32]);
    const back = await readImage(await encodeJpeg(image, { quality: 95 }));
    const values = bytesOf(back);
    expect(back.shape).toEqual([3, 32, 32]);
    expect(Math.max(...ramp.map((x, i) => Math.abs(x - values[i])))).toBeLessThan(12);
    expect((await readImage(await encodeJpeg(image.narrow(0, 0, 1)))).shape).toEqual([1, 32, 32]);
  });

  it('modes convert', async () => {
    const rgba = await encodePng(tensor([[[255]], [[128]], [[0]], [[7]]], { dtype: 'uint8' }));
    const read = async (mode: 'rgb' | 'rgba' | 'gray') => bytesOf(await readImage(rgba, { mode }));
    expect(await read('rgb')).toEqual(Uint8Array.of(255, 128, 0));
    expect(await read('rgba')).toEqual(Uint8Array.of(255, 128, 0, 7));
    expect(await read('gray')).toEqual(Uint8Array.of(Math.round(0.299 * 255 + 0.587 * 128)));
    const gray = await encodePng(noise(1, 2, 2));
    expect((await readImage(gray, { mode: 'rgb' })).shape).toEqual([3, 2, 2]);
    expect(bytesOf(await readImage(gray, { mode: 'gray' }))).toEqual(bytesOf(await readImage(gray)));
    await expect(readImage(gray, { mode: 'RGB' as never })).rejects.toThrow(
      "mode must be one of unchanged, gray, rgb, rgba, got 'RGB'",
    );
  });

  it('writes by the ending of the path', async () => {
    const image = noise(3, 4, 4);
    await writeImage(image, join(folder, 'a.png'));
    expect(bytesOf(await readImage(join(folder, 'a.png')))).toEqual(bytesOf(image));
    await writeImage(image, join(folder, 'a.JPG'));
    expect(readFileSync(join(folder, 'a.JPG')).subarray(0, 2)).toEqual(Buffer.of(0xff, 0xd8));
    await expect(writeImage(image, 'a.bmp')).rejects.toThrow('a.bmp: writeImage writes .png, .jpg and .jpeg files');
    await expect(writeImage(image, join(folder, 'none', 'a.png'))).rejects.toThrow(/cannot be written \(ENOENT\)/);
    await expect(encodePng(image.float())).rejects.toThrow('expected a uint8 image, got float32');
    await expect(encodeJpeg(noise(4, 2, 2))).rejects.toThrow('expected shape (1 or 3, H, W)');
  });

  it('saveImage rounds floating images as torchvision does', async () => {
    await saveImage(tensor([[[0, 0.5, 1.5]]]), join(folder, 'f.png'));
    expect(bytesOf(await readImage(join(folder, 'f.png'), { mode: 'gray' }))).toEqual(Uint8Array.of(0, 128, 255));
  });
});

describe('broken files', () => {
  const reading = async (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, name), bytes);
    return await readImage(join(folder, name)).catch((e: unknown) => e as ImageError);
  };
  it('name the file and the reason', async () => {
    const png = await encodePng(noise(3, 64, 64));
    const jpeg = await encodeJpeg(noise(3, 64, 64));
    const flipped = Buffer.from(png);
    flipped[png.length >> 1] ^= 0xff;
    const cases: [string, Uint8Array, RegExp][] = [
      ['empty.png', Buffer.alloc(0), /the file is empty/],
      ['text.png', Buffer.from('no image'), /not an image of a known format.*6e 6f 20 69/],
      ['half.png', png.subarray(0, png.length >> 1), /truncated or corrupt: ./],
      ['flipped.png', flipped, /truncated or corrupt: ./],
      ['half.jpg', jpeg.subarray(0, jpeg.length >> 1), /truncated or corrupt: .*premature end/i],
      ['header.jpg', jpeg.subarray(0, 20), /truncated or corrupt|not an image/],
    ];
    for (const [name, bytes, reason] of cases) {
      const error = await reading(name, bytes);
      expect(error, name).toBeInstanceOf(ImageError);
      expect((error as ImageError).file).toBe(join(folder, name));
      expect((error as ImageError).message, name).toMatch(reason);
    }
    await expect(readImage(join(folder, 'none.png'))).rejects.toThrow(/none\.png: the file cannot be read \(ENOENT\)/);
    await expect(readImage(png, { maxPixels: 1000 })).rejects.toThrow(/pixel limit/);
  });
});

const odd = sharedData('images-odd');
describe.skipIf(odd.missing)(`odd images${odd.note}`, () => {
  // formats that sharp does not read
  const UNSUPPORTED = /\.(bmp|ico|pgm|ppm|pbm)$|12bit\.cropped\.tif$/;
  /** Where we differ from Pillow, and why. */
  const EXCEPTIONS: { readonly [file: string]: string } = {
    'pillow/transparent.gif': 'colours of invisible pixels',
    'pngsuite/tbbn0g04.png': 'Pillow does not scale the transparent value of 4-bit grey images',
    'pillow/png_decompression_dos.png': 'the bomb is in a text chunk, which is not read',
    'pillow/unknown_compression_method.png': 'only a text chunk is compressed in an unknown way',
    'pngsuite/xcsn0g01.png': 'Pillow does not see the wrong checksum',
  };
  const rows = odd.missing ? [] : parseCsv(readFileSync(join(odd.path, 'expected.csv'), 'utf8')).slice(1);

  it.each(rows)('%s', async (file, _format, _mode, width, height, _frames, orientation, error, sha256) => {
    const reading = readImage(join(odd.path, file), { mode: 'rgba' });
    if (file === 'pngsuite/xcsn0g01.png' || UNSUPPORTED.test(file) || (error !== '' && EXCEPTIONS[file] === undefined))
      return await expect(reading).rejects.toThrow(ImageError);
    const image = await reading;
    if (EXCEPTIONS[file] !== undefined) return expect(image.shape[0]).toBe(4);
    // libtiff turns TIFF images itself; Pillow's size is that of the turned image
    expect(image.shape).toEqual(
      [4, Number(height), Number(width)].map((n, i, all) =>
        file.endsWith('.tif') && Number(orientation) > 4 ? [4, all[2], all[1]][i] : n,
      ),
    );
    if (sha256 !== '' && !file.endsWith('.tif')) {
      const pixels = Buffer.from(bytesOf(image.permute([1, 2, 0])));
      expect(createHash('sha256').update(pixels).digest('hex')).toBe(sha256);
    }
  });

  it('turns images as EXIF says', async () => {
    const read = (n: number) => readImage(join(odd.path, `exif-orientation/Portrait_${n}.jpg`), { applyExifOrientation: true });
    const upright = bytesOf(await read(1));
    for (const n of [3, 6, 8]) {
      const image = await read(n);
      expect(image.shape).toEqual([3, 1800, 1200]);
      const values = bytesOf(image);
      let difference = 0;
      for (let i = 0; i < values.length; i += 97) difference += Math.abs(values[i] - upright[i]);
      expect(difference / (values.length / 97)).toBeLessThan(4); // each file was compressed by itself
    }
  });
});

function parseCsv(text: string): string[][] {
  return text
    .trim()
    .split('\n')
    .map((line) => [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted ?? plain));
}
