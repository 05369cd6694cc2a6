import { describe, expect, it } from 'vitest';
import { expectSameOnAllThreads, generator, run, size, status, tensor, transposed, type View } from '../test/frame.js';
import * as fuzz from '../test/long.js';
import { Status } from './index.js';

const random = generator(fuzz.seed);
const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));

/** Bytes of all values; a tenth of them at the ends of the range, where products would saturate 16 bits. */
function matrix(dtype: 'int8' | 'uint8', dims: readonly [number, number]): View {
  const low = dtype === 'int8' ? -128 : 0;
  const value = () => (random() < 0.1 ? low + 255 * integer(0, 1) : integer(low, low + 255));
  return tensor(dtype, dims, Array.from({ length: size(dims) }, value));
}

const layouts = ['rows', 'columns', 'every second'] as const;
type Layout = (typeof layouts)[number];

function laidOut(dtype: 'int8' | 'uint8', rows: number, columns: number, layout: Layout): View {
  if (layout === 'rows') return matrix(dtype, [rows, columns]);
  if (layout === 'columns') return transposed(matrix(dtype, [columns, rows]));
  return { ...matrix(dtype, [rows, 2 * columns]), dims: [rows, columns], strides: [2 * columns, 2] };
}

/** Compares all elements, or 500 of many, with exact sums. */
function check(dtype: 'int8' | 'uint8', m: number, n: number, k: number, left: Layout, right: Layout): void {
  const label = `${dtype} ${m} x ${k} x ${n}, ${left} by ${right}`;
  const a = laidOut(dtype, m, k, left);
  const b = laidOut('int8', k, n, right);
  const out = tensor('int32', [m, n]);
  expectSameOnAllThreads(() => {
    out.data.fill(77 as never);
    run('int_mm', out, a, b);
    return [{ ...out, data: out.data.slice() as View['data'] }];
  });
  const at = (t: View, i: number, j: number) => t.data[i * (t.strides[0] as number) + j * (t.strides[1] as number)] as number;
  for (let trial = Math.min(500, m * n) - 1; trial >= 0; trial--) {
    const place = m * n <= 500 ? trial : integer(0, m * n - 1);
    let sum = 0;
    for (let p = 0; p < k; p++) sum += at(a, Math.floor(place / n), p) * at(b, p, place % n);
    expect(out.data[place], `element ${place} of ${label}`).toBe(sum);
  }
}

describe('int_mm', () => {
  it(`sums products of bytes exactly, for random shapes and layouts (seed ${fuzz.seed})`, { timeout: 3_600_000 }, () => {
    const dim = () => integer(1, random() < 0.5 ? 9 : 140);
    const layout = () => layouts[integer(0, 2)] as Layout;
    for (let trial = 0; trial < fuzz.trials(60, 2_000); trial++)
      check(random() < 0.5 ? 'int8' : 'uint8', dim(), dim(), dim(), layout(), layout());
  });

  it('covers several blocks in every direction', () => {
    for (const dtype of ['int8', 'uint8'] as const) {
      check(dtype, 60, 70, 2500, 'rows', 'rows');
      check(dtype, 20, 700, 1030, 'columns', 'columns');
      check(dtype, 4200, 33, 70, 'rows', 'columns');
    }
  });

  it('does not saturate, and wraps around beyond int32', () => {
    for (const [dtype, extreme] of [
      ['int8', -128],
      ['uint8', 255],
    ] as const) {
      const k = 140_000;
      const out = tensor('int32', [1, 1]);
      run('int_mm', out, tensor(dtype, [1, k], new Array(k).fill(extreme)), tensor('int8', [k, 1], new Array(k).fill(-128)));
      expect(out.data[0]).toBe((extreme * -128 * k) | 0);
    }
  });

  it('gives zeros for k = 0 and accepts empty results', () => {
    const out = tensor('int32', [2, 3], [1, 2, 3, 4, 5, 6]);
    run('int_mm', out, tensor('int8', [2, 0]), tensor('int8', [0, 3]));
    expect([...out.data]).toEqual([0, 0, 0, 0, 0, 0]);
    run('int_mm', tensor('int32', [0, 3]), tensor('int8', [0, 5]), tensor('int8', [5, 3]));
  });

  it('refuses other dtypes', () => {
    const [out, a] = [tensor('int32', [2, 2]), tensor('int8', [2, 2])];
    expect(status('int_mm', out, tensor('int16', [2, 2]), a)).toBe(Status.UnsupportedDtype);
    expect(status('int_mm', out, a, tensor('uint8', [2, 2]))).toBe(Status.UnsupportedDtype);
  });
});
