/** Gathering and adding through indices at sizes that are shared among threads, compared with loops. */
import { afterEach, describe, expect, test } from 'vitest';
import {
  arange,
  gather,
  Generator,
  getNumThreads,
  indexAdd,
  indexSelect,
  randint,
  scatterAdd,
  setNumThreads,
  type Tensor,
} from '../index.js';

const threads = getNumThreads();
afterEach(() => setNumThreads(threads));

const generator = new Generator(5);
/** Whole numbers, whose sums float32 holds exactly. */
const whole = (shape: readonly number[], high = 50): Tensor => randint(0, high, shape, { generator });
const floats = (t: Tensor) => t.to('float32');
const list = (t: Tensor) => Array.from(t.to('float64').toTypedArray() as Float64Array);

function expectSame(got: readonly number[], want: readonly number[]): void {
  expect(got.length).toBe(want.length);
  expect(got.findIndex((x, i) => x !== want[i])).toBe(-1);
}

describe.each([1, 2, 3])('on %i threads', (n) => {
  test('indexAdd adds rows of any width', () => {
    setNumThreads(n);
    for (const width of [1, 3, 16, 67, 300]) {
      const [self, source, index] = [whole([50, width]), whole([3000, width]), whole([3000], 50)];
      const want = list(self);
      const [from, at] = [list(source), list(index)];
      at.forEach((row, i) => {
        for (let j = 0; j < width; j++) want[row * width + j] += from[i * width + j];
      });
      expectSame(list(indexAdd(floats(self), 0, index, floats(source))), want);
      expectSame(list(indexAdd(self, 0, index.sub(50), source)), want); // from the end
    }
  });

  test('scatterAdd adds elements along either dimension', () => {
    setNumThreads(n);
    for (const [rows, columns] of [
      [2000, 70],
      [33, 900],
      [3, 40_000],
    ]) {
      const [source, index] = [whole([rows, columns]), whole([rows, columns], 60)];
      for (const dim of [0, 1]) {
        const shape = dim === 0 ? [60, columns] : [rows, 60];
        const want = new Array<number>(shape[0] * shape[1]).fill(0);
        const [from, at] = [list(source), list(index)];
        from.forEach((x, i) => {
          const [r, c] = [Math.floor(i / columns), i % columns];
          want[dim === 0 ? at[i] * columns + c : r * 60 + at[i]] += x;
        });
        const zeros = floats(whole(shape, 1));
        expectSame(list(scatterAdd(zeros, dim, index, floats(source))), want);
      }
    }
  });

  test('gather and indexSelect take elements and rows', () => {
    setNumThreads(n);
    const x = whole([300, 500], 1000);
    const index = whole([300, 400], 500);
    const [values, at] = [list(x), list(index)];
    expectSame(
      list(gather(x, 1, index)),
      at.map((j, i) => values[Math.floor(i / 400) * 500 + j]),
    );
    const rows = whole([2000], 600).sub(300);
    const picked = list(indexSelect(x, 0, rows));
    expectSame(
      picked,
      list(rows).flatMap((r) => values.slice((r < 0 ? r + 300 : r) * 500, ((r < 0 ? r + 300 : r) + 1) * 500)),
    );
  });

  test('the first index outside is named with its place', () => {
    setNumThreads(n);
    for (const place of [0, 3, 40_001, 99_999]) {
      const index = whole([100_000], 10).maximum(arange(100_000).ge(place).mul(10).to('int64'));
      const x = floats(whole([10]));
      expect(() => gather(x, 0, index)).toThrow(`index 10 (element ${place} of the index tensor)`);
      expect(() => indexSelect(x, 0, index.sub(21).minimum(0))).toThrow(/index -2\d|index -1[1-9]/);
    }
  });
});
