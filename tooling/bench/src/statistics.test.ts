import { expect, test } from 'vitest';
import { largestError, median } from './statistics.js';

test('median', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 10, 2])).toBe(3);
});

test('largestError is relative to the largest value, and never small for NaN or other lengths', () => {
  expect(largestError(new Float32Array([1, -4]), new Float32Array([2, -4]))).toBe(0.25);
  expect(largestError(new Float32Array(3), new Float32Array(3))).toBe(0);
  expect(largestError(new Float32Array([Number.NaN]), new Float32Array([1]))).toBe(Number.POSITIVE_INFINITY);
  expect(largestError(new Float32Array([1]), new Float32Array([Number.NaN]))).toBe(Number.POSITIVE_INFINITY);
  expect(largestError(new Float32Array(2), new Float32Array(3))).toBe(Number.POSITIVE_INFINITY);
});
