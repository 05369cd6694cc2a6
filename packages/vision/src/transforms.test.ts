import { arange, getRngState, manualSeed, ones, rand, type Tensor, zeros } from '@flambeau/core';
import { TO_WORKER, workerFunction } from '@flambeau/data';
import { describe, expect, it } from 'vitest';
import * as vision from './index.js';
import {
  CenterCrop,
  ColorJitter,
  Compose,
  Lambda,
  Normalize,
  RandomAffine,
  RandomApply,
  RandomCrop,
  RandomHorizontalFlip,
  RandomResizedCrop,
  RandomRotation,
  RandomVerticalFlip,
  Resize,
  ToTensor,
  Transform,
} from './index.js';

const classes = new Map(Object.entries(vision));
const image = (h = 8, w = 8): Tensor =>
  arange(3 * h * w)
    .div(3 * h * w)
    .reshape([3, h, w]);
const seeded = <T>(seed: number, f: () => T): T => {
  manualSeed(seed);
  return f();
};

describe('transforms', () => {
  it('are objects that can be called', () => {
    const resize = new Resize([4, 4]);
    expect(resize).toBeInstanceOf(Transform);
    expect(resize).toBeInstanceOf(Resize);
    expect(resize(image()).toArray()).toEqual(resize.forward(image()).toArray());
    expect(resize.size).toEqual([4, 4]);
    expect(String(new Compose([resize, new RandomHorizontalFlip()]))).toContain('Compose(');
  });

  it('Compose goes through them in order', () => {
    const transform = new Compose([new ToTensor(), new CenterCrop(2), new Normalize([0.5], [0.5])]);
    expect(transform(ones([1, 4, 4], { dtype: 'uint8' }).mul(255)).toArray()).toEqual([
      [
        [1, 1],
        [1, 1],
      ],
    ]);
    expect(() => new Compose([new ToTensor(), 3 as never])).toThrow('transform 1 is not a transform');
  });

  const random: [string, Transform][] = [
    ['RandomHorizontalFlip', new RandomHorizontalFlip()],
    ['RandomVerticalFlip', new RandomVerticalFlip()],
    ['RandomCrop', new RandomCrop(8, { padding: 2 })],
    ['RandomResizedCrop', new RandomResizedCrop(6)],
    ['RandomAffine', new RandomAffine(30, { translate: [0.2, 0.2], scale: [0.8, 1.2], shear: 10, interpolation: 'bilinear' })],
    ['RandomRotation', new RandomRotation(45)],
    ['ColorJitter', new ColorJitter({ brightness: 0.5, contrast: 0.5, saturation: 0.5, hue: 0.2 })],
    ['RandomApply', new RandomApply([new RandomHorizontalFlip(1)])],
    ['RandomGrayscale', new vision.RandomGrayscale(0.5)],
  ];
  it.each(random)("%s draws from core's generator only", (_, transform) => {
    const results = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => seeded(seed, () => transform(image()).toTypedArray().join()));
    expect(new Set(results).size).toBeGreaterThan(1);
    for (const seed of [1, 2, 3]) expect(seeded(seed, () => transform(image()).toTypedArray().join())).toBe(results[seed - 1]);
    const before = seeded(0, () => getRngState());
    transform(image());
    expect(getRngState()).not.toEqual(before);
  });

  it.each(random)('%s can be made again from its reference', (_, transform) => {
    const { name, args = [] } = transform[TO_WORKER]();
    const again = Reflect.construct(classes.get(name) as typeof Compose, args) as Transform;
    expect(seeded(3, () => again(image()).toTypedArray())).toEqual(seeded(3, () => transform(image()).toTypedArray()));
  });

  it('flips have their probability', () => {
    manualSeed(0);
    const flip = new RandomHorizontalFlip(0.25);
    const x = rand([1, 1, 2]);
    let flipped = 0;
    for (let i = 0; i < 1000; i++) if (flip(x) !== x) flipped++;
    expect(Math.abs(flipped - 250)).toBeLessThan(5 * 13.7);
    expect(() => new RandomHorizontalFlip(1.5)).toThrow('p must be a probability in [0, 1], got 1.5');
  });

  it('RandomCrop reaches every place and refuses small images', () => {
    const places = new Set<number>();
    const crop = new RandomCrop([1, 1]);
    for (let seed = 0; seed < 200; seed++) places.add(seeded(seed, () => crop(arange(6).reshape([1, 2, 3])).item()));
    expect([...places].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(() => new RandomCrop(9)(image())).toThrow('an image of 8 x 8 pixels is smaller than the crop of 9 x 9');
    expect(new RandomCrop(9, { padIfNeeded: true })(image()).shape).toEqual([3, 9, 9]);
  });

  it('RandomAffine stays within its ranges', () => {
    expect(new RandomAffine(0)(image()).toArray()).toEqual(image().toArray());
    const moved = seeded(
      1,
      () => new RandomAffine(0, { translate: [0.5, 0], fill: 7 })(zeros([1, 2, 8])).toArray() as number[][][],
    );
    expect(moved[0][0].every((x) => x === 0 || x === 7)).toBe(true);
    expect(() => new RandomAffine([3, 1])).toThrow('RandomAffine: degrees');
    expect(() => new RandomAffine(0, { translate: [2, 0] })).toThrow('two parts in [0, 1]');
    expect(() => new RandomAffine(0, { scale: [0, 1] })).toThrow('0 < low ≤ high');
  });

  it('Lambda says what a worker needs', () => {
    const double = new Lambda((x) => x.mul(2));
    expect(double(ones([1, 1])).item()).toBe(2);
    expect(() => double[TO_WORKER]()).toThrow('workerFunction(import.meta.url, name, fn)');
    expect(new Lambda(workerFunction('file:///m.mjs', 'f', (x: Tensor) => x))[TO_WORKER]().name).toBe('Lambda');
  });
});
