import { describe, expect, test } from 'vitest';
import {
  arange,
  asarray,
  asTensor,
  broadcastShapes,
  canCast,
  emptyStrided,
  finfo,
  getDefaultDevice,
  iinfo,
  inf,
  isComplex,
  isFloatingPoint,
  isNonzero,
  isSigned,
  newaxis,
  numel,
  ones,
  resultType,
  setDefaultDevice,
  tensor,
  trilIndices,
  triuIndices,
  zeros,
} from './index.js';

describe('dtypes', () => {
  test('finfo and iinfo are PyTorch’s', () => {
    expect(finfo('float32')).toMatchObject({
      bits: 32,
      eps: 1.1920928955078125e-7,
      max: 3.4028234663852886e38,
      tiny: 1.1754943508222875e-38,
    });
    expect(finfo('float64')).toMatchObject({
      bits: 64,
      eps: Number.EPSILON,
      max: Number.MAX_VALUE,
      tiny: 2.2250738585072014e-308,
    });
    expect(finfo('float16')).toMatchObject({ bits: 16, eps: 0.0009765625, max: 65504, tiny: 6.103515625e-5, resolution: 0.001 });
    expect(finfo('bfloat16')).toMatchObject({ eps: 0.0078125, max: 3.3895313892515355e38, min: -3.3895313892515355e38 });
    expect(finfo('complex64')).toEqual(finfo('float32'));
    expect(() => finfo('int32')).toThrow(/finfo: int32.*iinfo/);
    expect(iinfo('int8')).toMatchObject({ bits: 8, min: -128, max: 127 });
    expect(iinfo('uint8')).toMatchObject({ min: 0, max: 255 });
    expect(iinfo('int64')).toMatchObject({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    expect(() => iinfo('bool')).toThrow(/iinfo: bool/);
  });
  test('resultType and canCast', () => {
    expect(resultType(ones([2], { dtype: 'int32' }), ones([2]))).toBe('float32');
    expect(resultType(ones([2], { dtype: 'uint8' }), ones([2], { dtype: 'int8' }))).toBe('int16');
    expect(resultType(ones([2]), ones([], { dtype: 'float64' }))).toBe('float32');
    expect(resultType(ones([2], { dtype: 'bool' }), 3)).toBe('int64');
    expect(canCast('int32', 'float32')).toBe(true);
    expect(canCast('float64', 'float16')).toBe(true);
    expect(canCast('float32', 'int64')).toBe(false);
    expect(canCast('int8', 'uint8')).toBe(false);
    expect(canCast('complex64', 'float32')).toBe(false);
  });
  test('kinds of dtypes and tensors', () => {
    expect([isFloatingPoint('bfloat16'), isFloatingPoint(zeros([1], { dtype: 'int8' }))]).toEqual([true, false]);
    expect([isComplex('complex64'), isComplex(zeros([1]))]).toEqual([true, false]);
    expect([isSigned('uint8'), isSigned('float32')]).toEqual([false, true]);
    expect(isNonzero(tensor([0.5]))).toBe(true);
    expect(() => isNonzero(zeros([2]))).toThrow(/isNonzero.*\(2,\)/);
  });
});

describe('shapes', () => {
  test('broadcastShapes and numel', () => {
    expect(broadcastShapes([2, 1], [3], [1, 1, 1])).toEqual([1, 2, 3]);
    expect(broadcastShapes()).toEqual([]);
    expect(() => broadcastShapes([2], [3])).toThrow(/broadcastShapes/);
    expect(numel(zeros([2, 3]))).toBe(6);
  });
  test('what a tensor says of its memory', () => {
    const x = arange(12).reshape([3, 4]).index(1).unsqueeze(0);
    expect([x.dim(), x.stride(), x.stride(-1), x.storageOffset(), x.elementSize(), x.itemsize, x.nbytes]).toEqual([
      2,
      [4, 1],
      1,
      4,
      4,
      4,
      16,
    ]);
    expect([x.isFloatingPoint(), x.isComplex()]).toEqual([true, false]);
  });
  test('a tensor iterates over its first dimension, in views', () => {
    const x = arange(6).reshape([3, 2]);
    const rows = [...x];
    expect(rows.map((row) => row.tolist())).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    rows[1].fill_(7);
    expect(x.tolist()).toEqual([
      [0, 1],
      [7, 7],
      [4, 5],
    ]);
    expect(() => [...tensor(1)]).toThrow(/not iterable/);
    expect(x.index(newaxis).shape).toEqual([1, 3, 2]);
  });
});

describe('making tensors', () => {
  test('asTensor shares tensors and typed arrays, asarray has a say about it', () => {
    const x = ones([2]);
    expect(asTensor(x)).toBe(x);
    expect(asTensor(x, { dtype: 'int32' }).dtype).toBe('int32');
    const memory = new Float32Array([1, 2]);
    asTensor(memory).fill_(5);
    expect([...memory]).toEqual([5, 5]);
    asarray(memory, { copy: true }).fill_(6);
    expect([...memory]).toEqual([5, 5]);
    asarray(memory, { copy: false }).fill_(7);
    expect([...memory]).toEqual([7, 7]);
    expect(() => asarray([1, 2], { copy: false })).toThrow(/asarray.*copy/);
    expect(() => asarray(memory, { copy: false, dtype: 'int32' })).toThrow(/asarray.*copy/);
  });
  test('emptyStrided has the strides it is told', () => {
    const x = emptyStrided([2, 3], [1, 2]);
    x.copy_(arange(6).reshape([2, 3]));
    expect([x.strides, x.tolist()]).toEqual([
      [1, 2],
      [
        [0, 1, 2],
        [3, 4, 5],
      ],
    ]);
    expect(() => emptyStrided([2], [1, 1])).toThrow(/2 strides for 1/);
    expect(() => emptyStrided([2], [-1])).toThrow(/-1/);
  });
  test('indices of triangles, as torch.tril_indices(3, 4, 1) and torch.triu_indices(4, 3, -1) give them', () => {
    expect(trilIndices(3, 4, { offset: 1 }).tolist()).toEqual([
      [0, 0, 1, 1, 1, 2, 2, 2, 2],
      [0, 1, 0, 1, 2, 0, 1, 2, 3],
    ]);
    expect(triuIndices(4, 3, { offset: -1 }).tolist()).toEqual([
      [0, 0, 0, 1, 1, 1, 2, 2, 3],
      [0, 1, 2, 0, 1, 2, 1, 2, 2],
    ]);
    expect(triuIndices(0, 3).shape).toEqual([2, 0]);
    expect(() => trilIndices(-1, 2)).toThrow(/-1/);
  });
  test('apply_ calls a function for each element', () => {
    const x = arange(4).reshape([2, 2]);
    x.t().apply_((v) => v * v);
    expect(x.tolist()).toEqual([
      [0, 1],
      [4, 9],
    ]);
    expect(
      tensor([inf])
        .apply_((v) => (v === inf ? 1 : 0))
        .item(),
    ).toBe(1);
  });
  test('the default device is the CPU, and there is no other', () => {
    setDefaultDevice('cpu');
    expect(getDefaultDevice()).toBe('cpu');
    expect(() => setDefaultDevice('cuda')).toThrow(/cuda/);
  });
});
