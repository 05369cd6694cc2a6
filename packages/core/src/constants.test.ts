import { expect, test } from 'vitest';
import * as core from './index.js';
import {
  bfloat16,
  bool,
  complex64,
  complex128,
  e,
  emptyLike,
  float16,
  float32,
  float64,
  inf,
  int8,
  int16,
  int32,
  int64,
  nan,
  pi,
  tensor,
  uint8,
  zeros,
} from './index.js';

test.each([
  [float32, 4],
  [float64, 8],
  [float16, 2],
  [bfloat16, 2],
  [int64, 8],
  [int32, 4],
  [int16, 2],
  [int8, 1],
  [uint8, 1],
  [bool, 1],
  [complex64, 8],
  [complex128, 16],
] as const)('%s names a dtype of %i bytes', (dtype, bytes) => {
  const x = zeros([2], { dtype });
  expect([x.dtype, x.itemsize]).toEqual([dtype, bytes]);
  expect((core as Record<string, unknown>)[dtype]).toBe(dtype);
});

test('numbers that have a name', () => {
  expect(tensor(pi, { dtype: float64 }).sin().item()).toBeCloseTo(0, 15);
  expect(tensor(e, { dtype: float64 }).log().item()).toBe(1);
  expect(tensor([nan, inf, 1]).isfinite().tolist()).toEqual([false, false, true]);
});

test('emptyLike has the shape and dtype of another tensor, or another dtype', () => {
  const x = zeros([2, 3], { dtype: int32 });
  expect([emptyLike(x).shape, emptyLike(x).dtype]).toEqual([[2, 3], int32]);
  expect(emptyLike(x, { dtype: float16 }).dtype).toBe(float16);
});
