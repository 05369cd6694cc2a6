import { describe, expect, test } from 'vitest';
import {
  arange,
  AutogradError,
  DeviceError,
  empty,
  eye,
  full,
  fullLike,
  linspace,
  logspace,
  ones,
  onesLike,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  zerosLike,
} from './index.js';

describe('filled tensors', () => {
  test('have the shape, dtype and value asked for', () => {
    expect(zeros([2, 2]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(ones([2], { dtype: 'bool' }).toArray()).toEqual([true, true]);
    expect(empty([3, 0, 2]).shape).toEqual([3, 0, 2]);
    expect(full([2], 2n ** 60n).toTypedArray()).toEqual(new BigInt64Array(2).fill(2n ** 60n));
    expect(full([], true).dtype).toBe('bool');
    expect(full([1], { re: 1, im: -2 }).toArray()).toEqual([{ re: 1, im: -2 }]);
    expect(full([2], 1.75, { dtype: 'int32' }).toArray()).toEqual([1, 1]);
  });

  test('can follow another tensor', () => {
    const like = tensor([[1, 2, 3]], { dtype: 'int16' });
    expect(zerosLike(like).toString()).toBe('tensor([[0, 0, 0]], dtype=int16)');
    expect(onesLike(like, { dtype: 'float32' }).toString()).toBe('tensor([[1., 1., 1.]])');
    expect(fullLike(like, 7).toArray()).toEqual([[7, 7, 7]]);
  });

  test('eye reaches to the end of the shorter side', () => {
    expect(eye(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(eye(3, 1).toArray()).toEqual([[1], [0], [0]]);
    expect(eye(0).shape).toEqual([0, 0]);
  });

  test('refuse bad arguments', () => {
    expect(() => zeros([-1])).toThrow(ShapeError);
    expect(() => zeros(3 as never)).toThrow(TypeError);
    expect(() => zeros([2], { device: 'moon' })).toThrow(DeviceError);
    expect(() => full([1], { re: 1, im: 1 }, { dtype: 'float32' })).toThrow(/complex/);
    expect(() => zeros([1], { requiresGrad: true })).toThrow(AutogradError);
    expect(() => zeros([1], { requiresGrad: true })).toThrow(/@flambeau\/autograd/);
  });
});

describe('ranges', () => {
  test('arange', () => {
    expect(arange(4).toString()).toBe('tensor([0., 1., 2., 3.])');
    expect(arange(1n, 4n).toString()).toBe('tensor([1, 2, 3])');
    expect(arange(1, 2, 0.25, { dtype: 'float64' }).toArray()).toEqual([1, 1.25, 1.5, 1.75]);
    expect(arange(5, 0, -2, { dtype: 'int64' }).toArray()).toEqual([5, 3, 1]);
    expect(arange(0).shape).toEqual([0]);
    expect(() => arange(0, 5, 0)).toThrow(ValueError);
    expect(() => arange(0, 5, -1)).toThrow(ValueError);
    expect(() => arange(Number.NaN)).toThrow(ValueError);
  });

  test('linspace and logspace include both ends exactly', () => {
    expect(linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    const tenths = linspace(-1, 0.1, 12, { dtype: 'float64' }).toArray() as number[];
    expect([tenths[0], tenths[11]]).toEqual([-1, 0.1]);
    const long = linspace(-1, 2, 100_001, { dtype: 'float64' }).toTypedArray() as Float64Array;
    const step = 3 / 100_000;
    expect(long.every((x, i) => x === (i < 50_000.5 ? -1 + i * step : 2 - (100_000 - i) * step))).toBe(true);
    for (const dtype of ['float32', 'float16', 'bfloat16', 'int32', 'uint8'])
      expect(linspace(0, 250, 251, { dtype }).eq(arange(251)).all().item(), dtype).toBe(true);
    expect(linspace(3, 4, 1).toArray()).toEqual([3]);
    expect(linspace(3, 4, 0).toArray()).toEqual([]);
    expect(logspace(0, 3, 4).toArray()).toEqual([1, 10, 100, 1000]);
    expect(logspace(0, 3, 4, 2).toArray()).toEqual([1, 2, 4, 8]);
    expect(() => linspace(0, 1, 1.5)).toThrow(ValueError);
  });
});
