/** What PyTorch 2.13 prints for the same calls. */
import { expect, test } from 'vitest';
import { arange, asStrided, empty, ShapeError, StorageError, zeros } from '../index.js';

test('resize_ keeps what lies in memory', () => {
  const x = arange(6).reshape([2, 3]);
  const view = x.slice(0, 1, 2);
  const old = x.storage;
  expect(x.resize_([2, 2]).tolist()).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect(x.storage).toBe(old);
  expect(x.resize_([3, 2]).tolist()).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  expect(view.fill_(9).tolist()).toEqual([[9, 9, 9]]);
  expect(x.select(0, 2).tolist()).toEqual([9, 9]);
  expect(x.resize_([2, 4]).reshape([-1]).slice(0, 0, 6).tolist()).toEqual([0, 1, 2, 9, 9, 9]);
  expect(x.storage).not.toBe(old);
  expect(x.isContiguous()).toBe(true);
});

test('resize_ forgets strides, and does nothing for the same shape', () => {
  const x = arange(6).reshape([2, 3]).t();
  expect(x.resize_([3, 2]).strides).toEqual([1, 3]);
  expect(x.resize_([6]).tolist()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(zeros([2]).resizeAs_(zeros([0, 3])).shape).toEqual([0, 3]);
  expect(() => x.resize_([-1])).toThrow(ShapeError);
});

test('set_ lays a tensor on the memory of another', () => {
  const source = arange(6);
  const x = empty([0]);
  expect(x.isSetTo(source)).toBe(false);
  expect(x.set_(source).isSetTo(source)).toBe(true);
  x.set_(source, { storageOffset: 1, size: [2, 2], stride: [2, 1] }).fill_(7);
  expect(source.tolist()).toEqual([0, 7, 7, 7, 7, 5]);
  expect(() => x.set_(source, { size: [7] })).toThrow(StorageError);
  expect(() => x.set_(source.to('int64'))).toThrow(/^set_: the source is int64, the tensor float32/);
  expect(x.set_().shape).toEqual([0]);
});

test('memory formats have the strides of PyTorch', () => {
  const x = arange(120).reshape([2, 3, 4, 5]);
  const last = x.contiguous({ memoryFormat: 'channels_last' });
  expect([last.shape, last.strides]).toEqual([
    [2, 3, 4, 5],
    [60, 1, 15, 3],
  ]);
  expect([last.isContiguous('channels_last'), last.isContiguous(), x.isContiguous('channels_last')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(last.equal(x)).toBe(true);
  expect(last.contiguous({ memoryFormat: 'channels_last' })).toBe(last);
  expect(last.contiguous().strides).toEqual([60, 20, 5, 1]);
  expect(x.to({ dtype: 'float64', memoryFormat: 'channels_last' }).strides).toEqual([60, 1, 15, 3]);
  const volume = zeros([2, 3, 2, 4, 5]).to({ memoryFormat: 'channels_last_3d' });
  expect([volume.strides, volume.isContiguous('channels_last_3d')]).toEqual([[120, 1, 60, 15, 3], true]);
  expect(last.to({ memoryFormat: 'preserve_format' })).toBe(last);
  expect(zeros([2, 1, 4, 5]).isContiguous('channels_last')).toBe(true);
  expect(zeros([2, 3]).isContiguous('channels_last')).toBe(false);
  expect(() => zeros([2, 3]).contiguous({ memoryFormat: 'channels_last' })).toThrow(
    /channels_last is for 4 dimensions, got \(2, 3\)/,
  );
});

test('asStrided_ gives the same object another layout', () => {
  const x = arange(8);
  expect(x.asStrided_([2, 2], [3, 2], 1)).toBe(x);
  expect(x.tolist()).toEqual([
    [1, 3],
    [4, 6],
  ]);
});

test('an empty view lies anywhere', () => {
  expect(asStrided(zeros([0]), [0], [1], 5).numel).toBe(0);
  const rows = zeros([400, 0, 5]);
  expect(rows.select(0, 399).toTypedArray()).toEqual(new Float32Array(0));
  expect(rows.select(0, 399).unsafeData()).toEqual(new Float32Array(0));
});
