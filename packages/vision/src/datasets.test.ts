import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { randint, type Tensor } from '@flambeau/core';
import { DataLoader, type Dataset } from '@flambeau/data';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedData } from '../test/shared-data.js';
import {
  Compose,
  FakeData,
  FashionMNIST,
  IdxDataset,
  ImageError,
  ImageFolder,
  MNIST,
  RandomAffine,
  RandomCrop,
  RandomHorizontalFlip,
  readIdx,
  ToTensor,
  writeImage,
} from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'flambeau-datasets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const augment = () =>
  new Compose([
    new RandomCrop(8, { padding: 2 }),
    new RandomHorizontalFlip(),
    new RandomAffine(20, { interpolation: 'bilinear' }),
    new ToTensor(),
  ]);

function idx(shape: number[], data: Uint8Array): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.writeUInt16BE(0x0800 + shape.length, 2);
  for (const [i, n] of shape.entries()) head.writeUInt32BE(n, 4 + 4 * i);
  return Buffer.concat([head, data]);
}
const pixels = Uint8Array.from({ length: 10 * 64 }, (_, i) => (i * 7) % 256);
const images = idx([10, 8, 8], pixels);
const labels = idx(
  [10],
  Uint8Array.from({ length: 10 }, (_, i) => i),
);
const write = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

async function bytesWith(dataset: Dataset<[Tensor, number]>, numWorkers: number): Promise<unknown[]> {
  const loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 5, numWorkers });
  const result: unknown[] = [];
  for await (const [x, y] of loader) result.push([x.shape, x.toTypedArray(), y.toTypedArray()]);
  await loader.close();
  return result;
}

describe('idx files', () => {
  it('plain and compressed', () => {
    for (const path of [write('i', images), write('i.gz', gzipSync(images))]) {
      const t = readIdx(path);
      expect([t.shape, t.dtype]).toEqual([[10, 8, 8], 'uint8']);
      expect(t.toTypedArray()).toEqual(pixels);
    }
  });

  it('broken ones are named with the reason', () => {
    const cases: [Uint8Array, RegExp][] = [
      [images.subarray(0, 3), /truncated: 3 bytes/],
      [images.subarray(0, 10), /less than a header of 3 dimensions \(16\)/],
      [images.subarray(0, 100), /truncated: shape \(10, 8, 8\) needs 640 bytes, the file has 84/],
      [Buffer.concat([images, Buffer.of(0)]), /1 bytes too long/],
      [Buffer.from('hello world'), /its magic number is 0x68656c6c, expected 0x000008NN/],
      [idx([2], Uint8Array.of(1, 2)).fill(0x0d, 2, 3), /type 0x0d are not supported/],
      [gzipSync(images).subarray(0, 40), /gzip data is truncated or corrupt/],
    ];
    cases.forEach(([bytes, reason], i) => {
      const path = write(`bad-${i}`, bytes);
      expect(() => readIdx(path)).toThrow(ImageError);
      expect(() => readIdx(path)).toThrow(reason);
      expect(() => readIdx(path)).toThrow(path);
    });
    expect(() => readIdx(join(folder, 'none'))).toThrow('ENOENT');
    expect(() => new IdxDataset(write('l', labels), write('i', images))).toThrow('were the files mixed up?');
  });

  it('MNIST finds its files and gives images with labels', () => {
    const root = join(folder, 'mnist');
    mkdirSync(join(root, 'MNIST/raw'), { recursive: true });
    writeFileSync(join(root, 'MNIST/raw/t10k-images-idx3-ubyte.gz'), gzipSync(images));
    writeFileSync(join(root, 'MNIST/raw/t10k-labels-idx1-ubyte'), labels);
    const test = new MNIST({ root, train: false });
    const [image, label] = test.get(3);
    expect([test.length, image.shape, image.dtype, label]).toEqual([10, [1, 8, 8], 'uint8', 3]);
    expect(image.toTypedArray()).toEqual(pixels.slice(3 * 64, 4 * 64));
    expect(() => test.get(10)).toThrow('index 10 is out of range for a dataset of 10 samples');
    expect(() => new MNIST({ root })).toThrow(/train-images-idx3-ubyte: no such file, plain or .gz, in/);
  });

  it('workers augment as the main thread does', async () => {
    const dataset = new IdxDataset(write('i', images), write('l', labels), { transform: augment() });
    expect(await bytesWith(dataset, 2)).toEqual(await bytesWith(dataset, 0));
  });
});

describe('ImageFolder', () => {
  const root = join(folder, 'pictures');
  const fill = async () => {
    for (const [name, count] of [
      ['dog', 3],
      ['cat', 4],
    ] as const) {
      mkdirSync(join(root, name, 'deep'), { recursive: true });
      for (let i = 0; i < count; i++)
        await writeImage(
          randint(0, 256, [i % 2 ? 1 : 3, 8, 8], { dtype: 'uint8' }),
          join(root, name, i === 0 ? 'deep/a.PNG' : `${i}.png`),
        );
      writeFileSync(join(root, name, 'notes.txt'), 'no image');
    }
  };

  it('numbers the classes and decodes when asked; workers augment as the main thread does', async () => {
    await fill();
    const dataset = new ImageFolder(root, { transform: augment() });
    expect(dataset.classes).toEqual(['cat', 'dog']);
    expect(dataset.samples.map(([, label]) => label)).toEqual([0, 0, 0, 0, 1, 1, 1]);
    const [image, label] = await dataset.get(6);
    expect([image.shape, image.dtype, label]).toEqual([[3, 8, 8], 'float32', 1]);
    expect(await bytesWith(dataset, 2)).toEqual(await bytesWith(dataset, 0));
  });

  it('a broken image surfaces from a worker with its path', async () => {
    writeFileSync(join(root, 'dog/9.png'), 'broken');
    await expect(bytesWith(new ImageFolder(root), 2)).rejects.toThrow(/dog\/9\.png: not an image of a known format/);
    expect(() => new ImageFolder(join(folder, 'none'))).toThrow('the folder cannot be read (ENOENT)');
    mkdirSync(join(folder, 'empty/class'), { recursive: true });
    expect(() => new ImageFolder(join(folder, 'empty'))).toThrow(/class: no images in it/);
    expect(() => new ImageFolder(join(folder, 'empty/class'))).toThrow('no folders in it');
  });
});

describe('FakeData', () => {
  it('repeats itself, in workers, too', async () => {
    const dataset = new FakeData({ size: 9, imageSize: [3, 8, 8], numClasses: 4, transform: augment() });
    const [image, label] = dataset.get(2);
    expect(image.shape).toEqual([3, 8, 8]);
    expect(label).toBeLessThan(4);
    expect(new FakeData({ size: 9, imageSize: [3, 8, 8] }).get(2)[0].toArray()).toEqual(
      new FakeData({ size: 9, imageSize: [3, 8, 8] }).get(2)[0].toArray(),
    );
    expect(await bytesWith(dataset, 2)).toEqual(await bytesWith(dataset, 0));
  });
});

const mnist = sharedData('mnist');
const fashion = sharedData('fashion-mnist');
describe.skipIf(mnist.missing || fashion.missing)(`real MNIST and Fashion-MNIST${mnist.note}${fashion.note}`, () => {
  it('have the published sizes, labels and mean', () => {
    const train = new MNIST({ root: mnist.path });
    expect([train.length, train.images.shape]).toEqual([60000, [60000, 28, 28]]);
    expect([0, 1, 2, 3, 4].map((i) => train.get(i)[1])).toEqual([5, 0, 4, 1, 9]);
    // the 0.1307 that everybody normalizes with
    const sum = (train.images.toTypedArray() as Uint8Array).reduce((a, b) => a + b, 0);
    expect(sum / train.images.numel / 255).toBeCloseTo(0.1307, 4);
    const test = new FashionMNIST({ root: fashion.path, train: false });
    expect([test.length, test.classes[test.get(0)[1]]]).toEqual([10000, 'Ankle boot']);
  });
});
