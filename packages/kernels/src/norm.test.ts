import { describe, expect, it } from 'vitest';
import type { View } from '../test/frame.js';
import { expectClose, expectSameOnAllThreads, floats, generator, run, size, tensor, values } from '../test/frame.js';

const random = generator(13);
const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);
const average = (xs: readonly number[]) => sum(xs) / xs.length;
const eps = 1e-5;

/** Forward and gradients of (x - mean) / sqrt(var + eps) * w + b over sets of elements that share their statistics. */
function normalise(x: number[], g: number[], sets: number[][], weight: (i: number) => number, bias: (i: number) => number) {
  const [out, grad, hat] = [new Float64Array(x.length), new Float64Array(x.length), new Float64Array(x.length)];
  const statistics = sets.map((set) => {
    const mean = average(set.map((i) => x[i] as number));
    const variance = average(set.map((i) => ((x[i] as number) - mean) ** 2));
    const inverse = 1 / Math.sqrt(variance + eps);
    for (const i of set) {
      hat[i] = ((x[i] as number) - mean) * inverse;
      out[i] = (hat[i] as number) * weight(i) + bias(i);
    }
    const a = average(set.map((i) => (g[i] as number) * weight(i)));
    const b = average(set.map((i) => (g[i] as number) * weight(i) * (hat[i] as number)));
    for (const i of set) grad[i] = inverse * ((g[i] as number) * weight(i) - a - (hat[i] as number) * b);
    return { mean, variance, inverse };
  });
  return { out, grad, hat, statistics };
}

describe('layer_norm', () => {
  it.each([
    [4, 3],
    [7, 64],
    [3, 1000],
    [70, 33],
  ])('%i rows of %i: output, statistics and gradients', (rows, inner) => {
    const n = rows * inner;
    const [x, g, w, b] = [floats(n, random), floats(n, random), floats(inner, random), floats(inner, random)];
    const sets = Array.from({ length: rows }, (_, r) => Array.from({ length: inner }, (_, i) => r * inner + i));
    const want = normalise(
      x,
      g,
      sets,
      (i) => w[i % inner] as number,
      (i) => b[i % inner] as number,
    );
    for (const dtype of ['float32', 'float64'] as const) {
      const tolerance = dtype === 'float32' ? 1e-4 : 1e-10;
      const of = (dims: number[], data?: ArrayLike<number>) => tensor(dtype, dims, data);
      const [out, mean, rstd] = [of([rows, inner]), of([rows]), of([rows])];
      const [input, weight] = [of([rows, inner], x), of([inner], w)];
      run('layer_norm', out, mean, rstd, input, weight, of([inner], b), inner, eps);
      expectClose(out, want.out, tolerance, 'out');
      expectClose(
        mean,
        want.statistics.map((s) => s.mean),
        tolerance,
        'mean',
      );
      expectClose(
        rstd,
        want.statistics.map((s) => s.inverse),
        tolerance,
        'rstd',
      );
      const [gi, gw, gb] = [of([rows, inner]), of([inner]), of([inner])];
      run('layer_norm_backward', gi, gw, gb, of([rows, inner], g), input, mean, rstd, weight, inner);
      expectClose(gi, want.grad, tolerance, 'grad input');
      const perColumn = (f: (i: number) => number) =>
        Array.from({ length: inner }, (_, c) => sum(sets.map((set) => f(set[c] as number))));
      expectClose(
        gw,
        perColumn((i) => (g[i] as number) * (want.hat[i] as number)),
        tolerance,
        'grad weight',
      );
      expectClose(
        gb,
        perColumn((i) => g[i] as number),
        tolerance,
        'grad bias',
      );
    }
  });
});

describe('batch_norm', () => {
  it.each([[[9, 5]], [[50, 3, 7]], [[3, 4, 5, 6]], [[2, 3, 70, 71]]])('%j: training', (dims) => {
    const [n, c, l] = [dims[0] as number, dims[1] as number, size(dims.slice(2))];
    const count = n * l;
    const channel = (i: number) => Math.floor(i / l) % c;
    const [x, g, w, b] = [
      floats(n * c * l, random).map((v) => v + 20),
      floats(n * c * l, random),
      floats(c, random),
      floats(c, random),
    ];
    const sets = Array.from({ length: c }, (_, k) => x.map((_, i) => i).filter((i) => channel(i) === k));
    const want = normalise(
      x,
      g,
      sets,
      (i) => w[channel(i)] as number,
      (i) => b[channel(i)] as number,
    );
    for (const dtype of ['float32', 'float64'] as const) {
      const tolerance = dtype === 'float32' ? 2e-4 : 1e-9;
      const of = (shape: number[], data?: ArrayLike<number>) => tensor(dtype, shape, data);
      const [out, mean, invstd, input, weight] = [of(dims), of([c]), of([c]), of(dims, x), of([c], w)];
      const [runningMean, runningVar] = [of([c], new Array(c).fill(0.5)), of([c], new Array(c).fill(1.5))];
      run('batch_norm', out, mean, invstd, input, weight, of([c], b), runningMean, runningVar, true, 0.1, eps);
      expectClose(out, want.out, tolerance, 'out');
      expectClose(
        runningMean,
        want.statistics.map((s) => 0.45 + 0.1 * s.mean),
        tolerance,
        'running mean',
      );
      expectClose(
        runningVar,
        want.statistics.map((s) => 1.35 + (0.1 * s.variance * count) / (count - 1)),
        tolerance,
        'running var',
      );
      const [gi, gw, gb] = [of(dims), of([c]), of([c])];
      run('batch_norm_backward', gi, gw, gb, of(dims, g), input, weight, runningMean, runningVar, mean, invstd, true, eps);
      expectClose(gi, want.grad, tolerance, 'grad input');
      expectClose(
        gw,
        sets.map((set) => sum(set.map((i) => (g[i] as number) * (want.hat[i] as number)))),
        tolerance * 10,
        'grad weight',
      );
      expectClose(
        gb,
        sets.map((set) => sum(set.map((i) => g[i] as number))),
        tolerance * 10,
        'grad bias',
      );
    }
  });

  it('evaluation uses the running statistics and leaves them alone', () => {
    const out = tensor('float64', [2, 2, 1]);
    const [mean, variance] = [tensor('float64', [2], [1, 2]), tensor('float64', [2], [4, 9])];
    run('batch_norm', out, null, null, tensor('float64', [2, 2, 1], [3, 5, 1, 2]), null, null, mean, variance, false, 0.1, 0);
    expectClose(out, [1, 1, 0, 0], 1e-15);
    const grad = tensor('float64', [2, 2, 1]);
    const upstream = tensor('float64', [2, 2, 1], [2, 3, 4, 6]);
    run(
      'batch_norm_backward',
      grad,
      null,
      null,
      upstream,
      tensor('float64', [2, 2, 1]),
      null,
      mean,
      variance,
      null,
      null,
      false,
      0,
    );
    expectClose(grad, [1, 1, 2, 2], 1e-15);
    expect([values(mean), values(variance)]).toEqual([
      [1, 2],
      [4, 9],
    ]);
  });
});

it('normalisation has the same bits on any number of threads', () => {
  const dims = [40, 7, 37, 11];
  const x = tensor('float32', dims, floats(size(dims), random));
  expectSameOnAllThreads(() => {
    const outputs: View[] = [tensor('float32', dims), tensor('float32', [7]), tensor('float32', [7])];
    run('batch_norm', ...outputs, x, null, null, null, null, true, 0.1, eps);
    const gradients: View[] = [tensor('float32', dims), tensor('float32', [7]), tensor('float32', [7])];
    run('batch_norm_backward', ...gradients, x, x, null, null, null, outputs[1] as View, outputs[2] as View, true, eps);
    const rows: View[] = [tensor('float32', dims), tensor('float32', [40 * 7]), tensor('float32', [40 * 7])];
    run('layer_norm', ...rows, x, null, null, 37 * 11, eps);
    const sums: View[] = [tensor('float32', dims), tensor('float32', [37 * 11]), tensor('float32', [37 * 11])];
    run('layer_norm_backward', ...sums, x, x, rows[1] as View, rows[2] as View, null, 37 * 11);
    return [...outputs, ...gradients, ...rows, ...sums];
  });
});
