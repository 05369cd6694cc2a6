import { describe, expect, test } from 'vitest';
import { IndexError, ShapeError } from './errors.js';
import {
  broadcastShapes,
  contiguousStrides,
  extentOf,
  inferShape,
  isContiguousLayout,
  mayOverlap,
  normalizeDim,
  normalizeDims,
  viewStrides,
} from './shape.js';

test('strides of row-major tensors', () => {
  expect(contiguousStrides([2, 3, 4])).toEqual([12, 4, 1]);
  expect(contiguousStrides([])).toEqual([]);
  expect(isContiguousLayout([2, 3], [3, 1])).toBe(true);
  expect(isContiguousLayout([2, 3], [1, 2])).toBe(false);
  expect(isContiguousLayout([1, 3], [99, 1])).toBe(true);
  expect(isContiguousLayout([2, 0], [7, 7])).toBe(true);
});

test('dimensions count from either end', () => {
  expect(normalizeDim('op', -1, 3)).toBe(2);
  expect(normalizeDim('op', 0, 0)).toBe(0);
  expect(() => normalizeDim('op', 3, 3)).toThrow(IndexError);
  expect(() => normalizeDim('op', 0.5, 3)).toThrow(IndexError);
  expect(normalizeDims('op', [-1, 0], 3)).toEqual([2, 0]);
  expect(() => normalizeDims('op', [0, -3], 3)).toThrow(ShapeError);
});

test('broadcasting aligns from the right and names the sizes that differ', () => {
  expect(broadcastShapes('op', [2, 1, 4], [3, 1])).toEqual([2, 3, 4]);
  expect(broadcastShapes('op', [], [0])).toEqual([0]);
  expect(() => broadcastShapes('add', [2, 3], [2, 4])).toThrow('add: shapes (2, *3*) and (2, *4*) do not broadcast: 3 ≠ 4');
});

describe('inferShape', () => {
  test('fills in -1', () => {
    expect(inferShape('view', [2, -1], 6, [6])).toEqual([2, 3]);
    expect(inferShape('view', [-1, 2], 0, [0])).toEqual([0, 2]);
    expect(inferShape('view', [], 1, [1])).toEqual([]);
  });
  test('refuses what does not fit', () => {
    expect(() => inferShape('view', [-1, -1], 6, [6])).toThrow(ShapeError);
    expect(() => inferShape('view', [4, -1], 6, [6])).toThrow(ShapeError);
    expect(() => inferShape('view', [0, -1], 0, [0])).toThrow(ShapeError);
    expect(() => inferShape('view', [-2, 3], 6, [6])).toThrow(ShapeError);
    expect(() => inferShape('view', [7], 6, [6])).toThrow(ShapeError);
  });
});

test('viewStrides finds a layout exactly where none needs a copy', () => {
  expect(viewStrides([2, 3, 4], [12, 4, 1], [6, 4])).toEqual([4, 1]);
  expect(viewStrides([2, 3, 4], [12, 4, 1], [2, 2, 6])).toEqual([12, 6, 1]);
  expect(viewStrides([3, 2], [1, 3], [6])).toBeNull();
  expect(viewStrides([3, 2], [1, 3], [3, 1, 2])).toEqual([1, 6, 3]);
  expect(viewStrides([4, 3], [6, 2], [12])).toEqual([2]); // every second element
  expect(viewStrides([2, 3], [0, 0], [6])).toEqual([0]);
  expect(viewStrides([2, 3], [0, 1], [6])).toBeNull();
  expect(viewStrides([], [], [1, 1])).toHaveLength(2);
  expect(viewStrides([1, 1], [5, 5], [])).toEqual([]);
});

test('extents and overlap', () => {
  expect(extentOf([2, 3], [3, 1])).toBe(6);
  expect(extentOf([2, 0], [3, 1])).toBe(0);
  expect(mayOverlap([2, 3], [3, 1])).toBe(false);
  expect(mayOverlap([3, 2], [1, 3])).toBe(false);
  expect(mayOverlap([3, 3], [1, 1])).toBe(true);
  expect(mayOverlap([2, 3], [0, 1])).toBe(true);
  expect(mayOverlap([1, 3], [0, 1])).toBe(false);
});
