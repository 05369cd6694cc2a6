import { readFileSync } from 'node:fs';
import { type DType, fromTypedArray, ones, rand, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import * as functional from './functional.js';
import { makeGrid } from './grid.js';

interface Stored {
  readonly shape: number[];
  readonly dtype: DType;
  readonly data: number[];
}
interface Case {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly input: number;
  readonly output: Stored;
}
/** Results of torchvision; the file names its version. */
const fixtures = JSON.parse(readFileSync(new URL('../test/fixtures/torchvision.json', import.meta.url), 'utf8')) as {
  inputs: Stored[];
  cases: Case[];
};
const tensorOf = ({ shape, dtype, data }: Stored): Tensor => tensor(data, { dtype }).reshape(shape);
const functions = new Map(Object.entries({ ...functional, makeGrid })) as Map<
  string,
  (image: Tensor, ...rest: unknown[]) => Tensor
>;
const call = ({ name, args }: Case, input: Tensor): Tensor =>
  (functions.get(name) as (image: Tensor, ...rest: readonly unknown[]) => Tensor)(input, ...args);

/** What may differ: rounding of the last bit of a float, and with uint8 what it makes of a tie. */
const toleranceOf = ({ dtype }: Stored, name: string) =>
  dtype === 'uint8' ? (name.startsWith('adjust') || name === 'resize' || name === 'rotate' || name === 'affine' ? 1 : 0) : 3e-6;

describe('functional', () => {
  it.each(fixtures.cases.map((c) => [c.name, JSON.stringify(c.args), fixtures.inputs[c.input].dtype, c] as const))(
    '%s %s of %s is as in torchvision',
    (name, _, __, c) => {
      const input = tensorOf(fixtures.inputs[c.input]);
      const before = input.toTypedArray();
      const output = call(c, input);
      expect([output.shape, output.dtype]).toEqual([c.output.shape, c.output.dtype]);
      const values = output.toTypedArray();
      const differences = c.output.data.map((x, i) => Math.abs(Number(values[i]) - x));
      expect(Math.max(...differences)).toBeLessThanOrEqual(toleranceOf(c.output, name));
      // ties are rare: a wrong formula would differ in most pixels
      if (c.output.dtype === 'uint8')
        expect(differences.filter((d) => d > 0).length).toBeLessThanOrEqual(differences.length * 0.03);
      expect(input.toTypedArray()).toEqual(before);
    },
  );

  it('works on batches as on single images', () => {
    const batch = rand([2, 3, 6, 5]);
    for (const f of [
      (x: Tensor) => functional.resize(x, [4, 7]),
      (x: Tensor) => functional.affine(x, { angle: 20, interpolation: 'bilinear', fill: [0.1, 0.2, 0.3] }),
      (x: Tensor) => functional.adjustContrast(x, 1.5),
      (x: Tensor) => functional.adjustSaturation(x, 0.5),
      (x: Tensor) => functional.adjustHue(x, 0.2),
      (x: Tensor) => functional.normalize(x, [0.1, 0.2, 0.3], [1, 2, 3]),
      (x: Tensor) => functional.rgbToGrayscale(x),
      (x: Tensor) => functional.pad(x, 2, { fill: [1, 2, 3] }),
      functional.vflip,
    ])
      expect(f(batch).select(0, 1).toTypedArray()).toEqual(f(batch.select(0, 1)).toTypedArray());
  });

  it('takes views, and images of one pixel', () => {
    const image = rand([4, 6, 3]).permute([2, 0, 1]);
    expect(functional.hflip(image).toArray()).toEqual(functional.hflip(image.contiguous()).toArray());
    expect(functional.resize(ones([1, 1, 1]), [2, 3]).toArray()).toEqual([
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
    ]);
    expect(functional.pad(zeros([1, 0, 2]), 1).shape).toEqual([1, 2, 4]);
  });

  it('toTensor scales bytes and never guesses the layout', () => {
    const bytes = fromTypedArray(Uint8Array.of(0, 51, 255, 102, 204, 153), [1, 2, 3]);
    expect(functional.toTensor(bytes).shape).toEqual([1, 2, 3]);
    expect(functional.toTensor(bytes, { layout: 'HWC' }).shape).toEqual([3, 1, 2]);
    expect(functional.toTensor(bytes.select(0, 0)).shape).toEqual([1, 2, 3]);
    expect(functional.toTensor(bytes).toTypedArray()).toEqual(Float32Array.of(0, 0.2, 1, 0.4, 0.8, 0.6));
    const floats = rand([3, 2, 2]);
    expect(functional.toTensor(floats)).toBe(floats);
  });

  it('names what is wrong', () => {
    const image = rand([3, 4, 5]);
    expect(() => functional.resize(tensor([1]), 3)).toThrow('expected an image of shape (*, H, W), got (1,)');
    expect(() => functional.resize(image.long(), 3)).toThrow('expected a uint8, float32 or float64 image, got int64');
    expect(() => functional.resize(image, 0)).toThrow('size must be positive integers');
    expect(() => functional.resize(zeros([1, 0, 3]), [2, 2])).toThrow('the image has no pixels');
    expect(() => functional.resize(image, [2, 2], { interpolation: 'cubic' as never })).toThrow("got 'cubic'");
    expect(() => functional.normalize(image, [0, 0], [1])).toThrow('mean has 2 values for an image of 3 channels');
    expect(() => functional.normalize(image, [0], [0])).toThrow('std must not hold zeros');
    expect(() => functional.normalize(image.to('uint8'), [0], [1])).toThrow('expected a floating image, got uint8');
    expect(() => functional.pad(image, 5, { paddingMode: 'reflect' })).toThrow('reflect padding of 5 pixels is more than');
    expect(() => functional.rgbToGrayscale(rand([2, 4, 5]))).toThrow(
      'expected an image of shape (*, 1 or 3, H, W), got (2, 4, 5)',
    );
    expect(() => functional.adjustHue(image, 0.7)).toThrow('must be in [-0.5, 0.5], got 0.7');
  });
});
