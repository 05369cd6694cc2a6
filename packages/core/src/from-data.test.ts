import { describe, expect, test } from 'vitest';
import { DTypeError, frombuffer, fromTypedArray, ShapeError, StorageError, tensor, ValueError, zeros } from './index.js';

describe('tensor', () => {
  test.each([
    [3.5, 'float32', []],
    [[1, 2], 'float32', [2]],
    [[[true], [false]], 'bool', [2, 1]],
    [[1n, 2n], 'int64', [2]],
    [[1, true], 'float32', [2]],
    [[{ re: 1, im: 2 }, 1], 'complex64', [2]],
    [[], 'float32', [0]],
    [[[], []], 'float32', [2, 0]],
    [new Float64Array([1, 2]), 'float64', [2]],
    [[new Int8Array([1, 2])], 'float32', [1, 2]],
  ] as const)('case %# has the dtype and shape of its data', (data, dtype, shape) => {
    const t = tensor(data);
    expect(t.dtype).toBe(dtype);
    expect(t.shape).toEqual(shape);
  });

  test('converts to the dtype asked for', () => {
    expect(tensor([1.7, -1.7], { dtype: 'int64' }).toArray()).toEqual([1, -1]);
    expect(tensor([2, 0], { dtype: 'bool' }).toArray()).toEqual([true, false]);
    expect(tensor([1.0009765625], { dtype: 'float16' }).toTypedArray()).toEqual(new Uint16Array([0x3c01]));
    expect(tensor([-(2n ** 63n)]).toTypedArray()).toEqual(new BigInt64Array([-(2n ** 63n)]));
  });

  test('says where the data is wrong', () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(ShapeError);
    expect(() => tensor([[1, 2], [3]])).toThrow(/data\[1\] has 1 elements where its neighbours have 2/);
    expect(() => tensor([1, [2]])).toThrow(/data\[1\] is an array/);
    expect(() => tensor([[1], 2])).toThrow(/data\[1\] is a value/);
    expect(() => tensor([1, null as never])).toThrow(/data\[1\] is null/);
    expect(() => tensor(['1' as never])).toThrow(TypeError);
    expect(() => tensor([zeros([1]) as never])).toThrow(/stack\(\)/);
    expect(() => tensor([256], { dtype: 'uint8' })).toThrow(ValueError);
    expect(() => tensor([Number.NaN], { dtype: 'int64' })).toThrow(ValueError);
    expect(() => tensor([{ re: 1, im: 1 }], { dtype: 'float32' })).toThrow(DTypeError);
  });
});

describe('fromTypedArray', () => {
  test('shares the memory in both directions', () => {
    const array = new Float32Array([1, 2, 3, 4]);
    const t = fromTypedArray(array, [2, 2]);
    array[3] = 40;
    t.add_(1);
    expect(t.toArray()).toEqual([
      [2, 3],
      [4, 41],
    ]);
    expect([...array]).toEqual([2, 3, 4, 41]);
  });

  test('takes part of a buffer, Node buffers and dtypes that an array does not name', () => {
    expect(fromTypedArray(new Float32Array(8).fill(3).subarray(3, 5)).toArray()).toEqual([3, 3]);
    expect(fromTypedArray(Buffer.from([1, 255])).toString()).toBe('tensor([  1, 255], dtype=uint8)');
    expect(fromTypedArray(new Uint8ClampedArray([300])).toArray()).toEqual([255]);
    expect(fromTypedArray(new Uint16Array([0x3c00, 0xc000]), null, { dtype: 'float16' }).toArray()).toEqual([1, -2]);
    expect(fromTypedArray(new Uint16Array([0x3f80]), null, { dtype: 'bfloat16' }).toArray()).toEqual([1]);
    expect(fromTypedArray(new Float32Array([1, 2, 3, 4]), null, { dtype: 'complex64' }).shape).toEqual([2]);
    expect(fromTypedArray(new Uint8Array([1, 0]), null, { dtype: 'bool' }).toArray()).toEqual([true, false]);
    expect(fromTypedArray(new Float32Array(0)).shape).toEqual([0]);
  });

  test('refuses what cannot be lent or read', () => {
    expect(() => fromTypedArray(new Uint16Array(1))).toThrow(/float16 or bfloat16/);
    expect(() => fromTypedArray(new Uint32Array(1) as never)).toThrow(DTypeError);
    expect(() => fromTypedArray(new Float32Array(1), null, { dtype: 'int32' })).toThrow(/frombuffer/);
    expect(() => fromTypedArray(new Float32Array(3), [2, 2])).toThrow(ShapeError);
    expect(() => fromTypedArray(new Uint8Array([2]), null, { dtype: 'bool' })).toThrow(ValueError);
    expect(() => fromTypedArray([1] as never)).toThrow(TypeError);
    const Resizable = ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer;
    expect(() => fromTypedArray(new Float32Array(new Resizable(8, { maxByteLength: 16 })))).toThrow(StorageError);
  });

  test('a transferred buffer is noticed before it is touched', () => {
    const array = new Float32Array(1024);
    const t = fromTypedArray(array);
    structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(() => t.add(1)).toThrow(StorageError);
    expect(() => t.toTypedArray()).toThrow(/transferred or detached/);
  });
});

test('frombuffer shares aligned memory and copies the rest', () => {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setFloat32(4, 1.5, true);
  new DataView(bytes.buffer).setFloat32(1, 2.5, true);
  const aligned = frombuffer(bytes.buffer, { dtype: 'float32', offset: 8, count: 1 });
  const unaligned = frombuffer(bytes.buffer, { dtype: 'float32', offset: 1, count: 1 });
  expect(unaligned.toArray()).toEqual([2.5]);
  bytes.fill(0);
  aligned.fill_(4);
  expect(new Float32Array(bytes.buffer)[2]).toBe(4);
  expect(unaligned.toArray()).toEqual([2.5]);
  expect(() => frombuffer(bytes.buffer, { dtype: 'float64' })).toThrow(ValueError);
  expect(() => frombuffer(bytes.buffer, { dtype: 'uint8', offset: 13 })).toThrow(ValueError);
});
