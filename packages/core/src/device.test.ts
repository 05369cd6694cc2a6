/** The meta device: shapes and dtypes without elements. */
import { afterEach, expect, test } from 'vitest';
import {
  arange,
  cat,
  DeviceError,
  defaultGenerator,
  emptyLike,
  linalg,
  linspace,
  matmul,
  ones,
  rand,
  setDefaultDevice,
  StorageError,
  tensor,
  zeros,
} from './index.js';

afterEach(() => setDefaultDevice('cpu'));
const meta = { device: 'meta' } as const;

test('operators infer shapes, dtypes and strides', () => {
  const x = zeros([300_000, 400_000], meta);
  const y = matmul(x.t(), ones([300_000, 7], meta))
    .add(1)
    .softmax(-1);
  expect([y.device, y.shape, y.dtype, y.isMeta, y.isCpu, y.getDevice()]).toEqual([
    'meta',
    [400_000, 7],
    'float32',
    true,
    false,
    -1,
  ]);
  expect(x.t().strides).toEqual([1, 400_000]);
  expect(x.gt(0).sum(0).dtype).toBe('int64');
  expect(cat([x, x]).shape).toEqual([600_000, 400_000]);
  expect(linalg.solve(rand([5, 5], meta), rand([5, 2], meta)).shape).toEqual([5, 2]);
  expect(x.add_(2).normal_().device).toBe('meta');
  expect(arange(5, meta).to('int64').dtype).toBe('int64');
  expect([linspace(0, 1, 7, meta), tensor([[1, 2]], meta), tensor(new Float64Array(3), meta)].map((t) => t.shape)).toEqual([
    [7],
    [1, 2],
    [3],
  ]);
  expect(() => x.add(ones([3], meta))).toThrow(/do not broadcast/);
  expect(`${x}`).toBe("tensor(..., device='meta', size=(300000, 400000))");
});

test('nothing is drawn there', () => {
  const before = defaultGenerator.getState();
  rand([10], meta);
  expect(defaultGenerator.getState()).toEqual(before);
});

test('there are no elements to read, copy or mix', () => {
  const x = zeros([2], meta);
  expect(() => x.tolist()).toThrow(StorageError);
  expect(() => x.to({ device: 'cpu' })).toThrow(/meta device has a shape and a dtype but no elements/);
  expect(() => x.add(zeros([2]))).toThrow(DeviceError);
  expect(() => zeros([2]).add_(x)).toThrow(/^add: tensors on different devices, cpu and meta/);
  expect(() => zeros([2]).copy_(x)).toThrow(DeviceError);
  expect(() => zeros([2], { device: 'gpu' })).toThrow("zeros: there is no device 'gpu'; available: cpu, meta");
  expect(x.add(tensor(1)).shape).toEqual([2]);
});

test('tensors move to it and are made anew from it', () => {
  const x = ones([2, 3]).t();
  expect(x.to({ device: 'meta', dtype: 'float64' }).nbytes).toBe(48);
  expect(x.to(ones([1], { device: 'meta', dtype: 'float64' })).nbytes).toBe(48);
  const back = emptyLike(x.to({ device: 'meta' }), { device: 'cpu' }).fill_(3);
  expect(back.sum().item()).toBe(18);
});

test('it can be the default', () => {
  setDefaultDevice('meta');
  expect([zeros([2]).device, rand([2]).device, tensor([1]).device]).toEqual(['meta', 'meta', 'meta']);
  expect(() => setDefaultDevice('tpu')).toThrow(DeviceError);
});
