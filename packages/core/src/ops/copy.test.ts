/** Copies that transpose or reverse, compared element by element with a walk over the strides. */
import { expect, test } from 'vitest';
import { arange, complex, type DType, flip, nonzero, type Tensor } from '../index.js';

const permutations = (n: number): number[][] =>
  n === 0
    ? [[]]
    : permutations(n - 1).flatMap((p) => Array.from({ length: n }, (_, i) => [...p.slice(0, i), n - 1, ...p.slice(i)]));

/** The elements of a view in order, read from its memory. */
function elements(x: Tensor): unknown[] {
  const memory = x.asStrided([1 + x.shape.reduce((end, n, d) => end + (n - 1) * x.strides[d], 0)], [1], 0).toArray() as unknown[];
  const rows = (d: number, at: number): unknown[] =>
    d === x.ndim ? [memory[at]] : Array.from({ length: x.shape[d] }, (_, i) => rows(d + 1, at + i * x.strides[d])).flat();
  return rows(0, 0);
}

// `toEqual` takes long for many elements, some of them pairs
const same = (copy: Tensor, want: readonly unknown[]) => JSON.stringify(copy.flatten().toArray()) === JSON.stringify(want);

const numbers = (shape: readonly number[], dtype: DType): Tensor => {
  const x = arange(shape.reduce((a, b) => a * b, 1)).remainder(251);
  return (dtype === 'complex128' ? complex(x.to('float64'), x.add(1).to('float64')) : x.to(dtype)).reshape(shape);
};

test.each(['uint8', 'bfloat16', 'float32', 'float64', 'complex128'] as const)('permuted copies of %s', (dtype) => {
  // squares and their rests, short dims on either side, planes of few elements
  for (const shape of [
    [64, 64],
    [33, 131],
    [3, 1000],
    [1000, 3],
    [5, 17, 40],
    [200, 4, 5],
    [2, 3, 50, 31],
    [16, 1, 5, 64],
  ])
    for (const order of permutations(shape.length)) {
      const view = numbers(shape, dtype).permute(order);
      const copy = view.contiguous();
      expect(copy.isContiguous()).toBe(true);
      expect(same(copy, elements(view)), `${shape} ${order}`).toBe(true);
      if (dtype === 'uint8') expect(same(view.to('float32').contiguous(), elements(view)), `${shape} ${order}`).toBe(true);
    }
});

test('large permuted copies, which are written past the caches', () => {
  for (const dtype of ['uint8', 'bfloat16', 'float32', 'float64', 'complex128'] as const) {
    const columns = 64 * 21;
    const rows = Math.ceil((3 * 2 ** 20) / columns) + 5;
    const x = numbers([columns, rows], dtype);
    const copy = x.t().contiguous();
    expect(copy.strides).toEqual([columns, 1]);
    expect(copy.t().eq(x).all().item(), dtype).toBe(true); // compared by another kernel
    expect(copy.select(0, rows - 1).toArray()).toEqual(
      x
        .select(1, rows - 1)
        .contiguous()
        .toArray(),
    );
  }
}, 60_000);

test.each(['uint8', 'int16', 'float32', 'float64', 'complex128'] as const)('reversed copies of %s', (dtype) => {
  for (const shape of [[5], [37], [70, 33], [9, 4, 21]]) {
    const x = numbers(shape, dtype);
    for (const view of [x, x.permute(shape.map((_, d) => shape.length - 1 - d))])
      for (let mask = 1; mask < 1 << shape.length; mask++) {
        const dims = shape.map((_, d) => d).filter((d) => (mask >> d) & 1);
        const want = dims.reduce<Tensor>((t, d) => t.indexSelect(d, arange(t.shape[d] - 1, -1, -1, { dtype: 'int64' })), view);
        expect(flip(view, dims).toArray(), `${shape} ${dims}`).toEqual(want.toArray());
      }
  }
});

test('nonzero finds elements behind long stretches of zeros, in any layout', () => {
  const mask = arange(40 * 37)
    .remainder(97)
    .eq(5)
    .reshape([40, 37]);
  for (const x of [mask, mask.t(), mask.to('float32'), mask.flatten()]) {
    const flat = x.flatten().toArray() as (boolean | number)[];
    const places = flat.flatMap((value, i) => (value ? [i] : []));
    const want = places.map((i) => (x.ndim === 1 ? [i] : [Math.floor(i / x.shape[1]), i % x.shape[1]]));
    expect(nonzero(x).toArray()).toEqual(want);
  }
});
