/** Products of float16 and bfloat16 against float64 sums of the same numbers: summed in float32 and rounded once. */
import { describe, expect, it } from 'vitest';
import { expectSameOnAllThreads, generator, run, size, tensor, transposed, type View, values } from '../test/frame.js';

type Half = 'float16' | 'bfloat16';
const random = generator(3);
/** Bits of mantissa, the implicit one counted. */
const PRECISION = { float16: 11, bfloat16: 8 };

function converted(t: View, dtype: View['dtype']): View {
  const out = tensor(dtype, t.dims);
  run('copy', out, t);
  return out;
}
const numbers = (t: View): number[] => values(converted(t, 'float32'));
const matrix = (dtype: Half, dims: readonly number[]): View =>
  converted(
    tensor(
      'float32',
      dims,
      Array.from({ length: size(dims) }, () => random() * 2 - 1),
    ),
    dtype,
  );

/** The largest error in units of the last place of the result's dtype, beside what float32 sums may be off. */
function worstError(dtype: Half, m: number, n: number, k: number, transposeA: boolean, transposeB: boolean): number {
  const a = transposeA ? transposed(matrix(dtype, [k, m])) : matrix(dtype, [m, k]);
  const b = transposeB ? transposed(matrix(dtype, [n, k])) : matrix(dtype, [k, n]);
  const out = tensor(dtype, [m, n]);
  expectSameOnAllThreads(() => {
    run('matmul', out, a, b, null, 0);
    return [{ ...out, data: out.data.slice() as View['data'] }];
  });
  const [x, y, got] = [numbers(a), numbers(b), numbers(out)];
  let worst = 0;
  for (let trial = 0; trial < 300; trial++) {
    const [i, j] = [Math.floor(random() * m), Math.floor(random() * n)];
    let [sum, magnitude] = [0, 0];
    for (let p = 0; p < k; p++) {
      const product = (x[i * k + p] as number) * (y[p * n + j] as number);
      sum += product;
      magnitude += Math.abs(product);
    }
    const unit = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(sum), 2 ** -14))) + 1 - PRECISION[dtype]);
    const sums = 2 ** -24 * magnitude * Math.sqrt(k); // in float32
    worst = Math.max(worst, (Math.abs((got[i * n + j] as number) - sum) - sums) / unit);
  }
  return worst;
}

const shapes: readonly (readonly [string, number, number, number])[] = [
  ['one row', 1, 300, 500],
  ['small', 17, 33, 40],
  ['slices of k', 20, 30, 5000],
  ['large', 150, 170, 600],
];

describe.each(['float16', 'bfloat16'] as const)('matmul of %s', (dtype) => {
  it.each(shapes)('is half a unit in the last place off at most: %s', (_, m, n, k) => {
    for (const transposeA of [false, true])
      for (const transposeB of [false, true]) expect(worstError(dtype, m, n, k, transposeA, transposeB)).toBeLessThanOrEqual(0.5);
  });
});
