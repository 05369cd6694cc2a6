import { describe, expect, it } from 'vitest';
import { expectClose, expectSameOnAllThreads, floats, generator, run, size, status, tensor, values } from '../test/frame.js';
import { frame, Status } from './index.js';

const random = generator(11);

/** Indices of the line through element i along a dimension. */
function line(dims: readonly number[], dim: number, i: number): number[] {
  const inner = size(dims.slice(dim + 1));
  const n = dims[dim] as number;
  const start = Math.floor(i / (inner * n)) * inner * n + (i % inner);
  return Array.from({ length: n }, (_, k) => start + k * inner);
}
const cases: [number[], number][] = [
  [[5], 0],
  [[3, 10], 1],
  [[3, 1001], 1],
  [[10, 37], 0],
  [[2, 5, 3], 1],
  [[2, 5, 3], 0],
  [[4, 1], 1],
];

describe('softmax', () => {
  for (const log of [false, true])
    it(`${log ? 'log_softmax' : 'softmax'} and its gradient equal their definitions`, () => {
      for (const dtype of ['float32', 'float64'] as const)
        for (const [dims, dim] of cases) {
          const x = floats(size(dims), random).map((v) => v * 5);
          const g = floats(size(dims), random);
          const sums = x.map((v, i) => line(dims, dim, i).reduce((s, k) => s + Math.exp((x[k] as number) - v), 0));
          const probabilities = sums.map((s) => 1 / s);
          const want = log ? sums.map((s) => -Math.log(s)) : probabilities;
          const wantGrad = g.map((v, i) => {
            const p = probabilities[i] as number;
            const at = line(dims, dim, i);
            return log
              ? v - p * at.reduce((s, k) => s + (g[k] as number), 0)
              : p * (v - at.reduce((s, k) => s + (g[k] as number) * (probabilities[k] as number), 0));
          });
          const name = log ? 'log_softmax' : 'softmax';
          const [out, grad] = [tensor(dtype, dims), tensor(dtype, dims)];
          run(name, out, tensor(dtype, dims, x), dim);
          const tolerance = dtype === 'float32' ? 3e-6 : 1e-13;
          expectClose(out, want, tolerance, `${name} ${dims}`);
          run(`${name}_backward`, grad, tensor(dtype, dims, g), tensor(dtype, dims, want), dim);
          expectClose(grad, wantGrad, tolerance * 10, `${name}_backward ${dims}`);
        }
    });

  it('survives large values and gives NaN for rows of -inf', () => {
    const out = tensor('float32', [2, 2]);
    run('softmax', out, tensor('float32', [2, 2], [1e30, 0, -Infinity, -Infinity]), 1);
    expect(values(out)).toEqual([1, 0, NaN, NaN]);
  });

  it('has the same bits on any number of threads', () => {
    const x = tensor('float32', [300, 333], floats(300 * 333, random));
    expectSameOnAllThreads(() =>
      [0, 1].map((dim) => {
        const out = tensor('float32', x.dims);
        run('softmax', out, x, dim);
        return out;
      }),
    );
  });
});

describe('nll_loss', () => {
  const [n, c, d] = [4, 5, 3];
  const x = floats(n * c * d, random);
  const target = Array.from({ length: n * d }, (_, i) => (i === 2 ? -100 : i % c));
  const weight = floats(c, random).map(Math.abs);
  const weightOf = (t: number) => (t === -100 ? 0 : (weight[t] as number));
  const at = (i: number) => (Math.floor(i / d) * c + Math.max(target[i] as number, 0)) * d + (i % d);
  const losses = target.map((t, i) => -weightOf(t) * (x[at(i)] as number));
  const total = target.reduce((s, t) => s + weightOf(t), 0);
  const sum = losses.reduce((a, b) => a + b, 0);

  it.each([
    [0, losses],
    [1, [sum / total]],
    [2, [sum]],
  ])('reduction %i and its gradient', (reduction, want) => {
    const dims = reduction === 0 ? [n, d] : [];
    const [out, weights, grad] = [tensor('float64', dims), tensor('float64', []), tensor('float64', [n, c, d])];
    const [t, w] = [tensor('int64', [n, d], target), tensor('float64', [c], weight)];
    run('nll_loss', out, weights, tensor('float64', [n, c, d], x), t, w, reduction, -100);
    expectClose(out, want, 1e-14);
    expectClose(weights, [total], 1e-14);
    const upstream = floats(size(dims), random);
    run('nll_loss_backward', grad, tensor('float64', dims, upstream), t, w, weights, reduction, -100);
    const wantGrad = new Float64Array(n * c * d);
    target.forEach((k, i) => {
      if (k >= 0)
        wantGrad[at(i)] = (-weightOf(k) * (upstream[reduction === 0 ? i : 0] as number)) / (reduction === 1 ? total : 1);
    });
    expectClose(grad, wantGrad, 1e-14);
  });

  it('reports a target that is no class and writes nothing', () => {
    const out = tensor('float32', [], [7]);
    const bad = tensor('int64', [2], [0, 3]);
    expect(status('nll_loss', out, null, tensor('float32', [2, 3]), bad, null, 1, -100)).toBe(Status.IndexOutOfRange);
    expect([...frame.subarray(1, 4)]).toEqual([3, 3, 1]);
    expect(values(out)).toEqual([7]);
    const grad = tensor('float32', [2, 3], [1, 1, 1, 1, 1, 1]);
    expect(status('nll_loss_backward', grad, tensor('float32', []), bad, null, tensor('float32', []), 1, -100)).toBe(
      Status.IndexOutOfRange,
    );
    expect(values(grad)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});
