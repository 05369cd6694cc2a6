import { describe, expect, it } from 'vitest';
import { expectClose, expectSameOnAllThreads, floats, generator, run, status, tensor, values } from '../test/frame.js';
import { frame, Status } from './index.js';

const random = generator(17);
type Pair = [number, number];
interface Pooling {
  size: Pair;
  kernel: Pair;
  stride: Pair;
  padding: Pair;
  dilation: Pair;
}
const planes = 3;
const cases: Pooling[] = [
  { size: [8, 8], kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] },
  { size: [13, 17], kernel: [3, 3], stride: [2, 2], padding: [1, 1], dilation: [1, 1] },
  { size: [9, 7], kernel: [3, 2], stride: [1, 2], padding: [1, 0], dilation: [1, 1] },
  { size: [11, 12], kernel: [2, 3], stride: [2, 1], padding: [1, 1], dilation: [2, 2] },
];
const outputs = (p: Pooling, axis: 0 | 1) =>
  Math.floor((p.size[axis] + 2 * p.padding[axis] - p.dilation[axis] * (p.kernel[axis] - 1) - 1) / p.stride[axis]) + 1;

/** Positions in the plane that each output of one plane looks at. */
function windows(p: Pooling): number[][] {
  const result: number[][] = [];
  for (let y = 0; y < outputs(p, 0); y++)
    for (let x = 0; x < outputs(p, 1); x++) {
      const window: number[] = [];
      for (let i = 0; i < p.kernel[0]; i++)
        for (let j = 0; j < p.kernel[1]; j++) {
          const [a, b] = [y * p.stride[0] - p.padding[0] + i * p.dilation[0], x * p.stride[1] - p.padding[1] + j * p.dilation[1]];
          if (a >= 0 && a < p.size[0] && b >= 0 && b < p.size[1]) window.push(a * p.size[1] + b);
        }
      result.push(window);
    }
  return result;
}

describe('pooling', () => {
  it.each(cases)('max_pool2d and its gradient: %j', (p) => {
    const area = p.size[0] * p.size[1];
    const x = floats(planes * area, random);
    const all = windows(p);
    const dims = [1, planes, outputs(p, 0), outputs(p, 1)];
    const [out, indices, grad] = [tensor('float32', dims), tensor('int64', dims), tensor('float32', [1, planes, ...p.size])];
    run('max_pool2d', out, indices, tensor('float32', [1, planes, ...p.size], x), p.kernel, p.stride, p.padding, p.dilation);
    const want = Array.from({ length: planes }, (_, c) =>
      all.map((w) => w.reduce((best, k) => ((x[c * area + k] as number) > (x[c * area + best] as number) ? k : best))),
    );
    expect(values(indices)).toEqual(want.flat());
    expect(values(out)).toEqual(want.flatMap((w, c) => w.map((k) => x[c * area + k])));
    const g = floats(planes * all.length, random);
    run('max_pool2d_backward', grad, tensor('float32', dims, g), indices);
    const wantGrad = new Float64Array(planes * area);
    g.forEach((v, i) => {
      const c = Math.floor(i / all.length);
      wantGrad[c * area + (want[c]?.[i % all.length] as number)]! += v;
    });
    expectClose(grad, wantGrad, 1e-6);
  });

  it.each(cases.slice(0, 3).flatMap((p) => [[p, 0] as const, [p, 5] as const]))(
    'avg_pool2d without padding in the count, and its gradient: %j, divisor %i',
    (p, divisor) => {
      const area = p.size[0] * p.size[1];
      const x = floats(planes * area, random);
      const all = windows(p);
      const dims = [planes, outputs(p, 0), outputs(p, 1)];
      const [out, grad] = [tensor('float64', dims), tensor('float64', [planes, ...p.size])];
      run('avg_pool2d', out, tensor('float64', [planes, ...p.size], x), p.kernel, p.stride, p.padding, false, divisor);
      const share = (w: number[]) => divisor || w.length;
      expectClose(
        out,
        Array.from({ length: planes }, (_, c) =>
          all.map((w) => w.reduce((s, k) => s + (x[c * area + k] as number), 0) / share(w)),
        ).flat(),
        1e-14,
      );
      const g = floats(planes * all.length, random);
      run('avg_pool2d_backward', grad, tensor('float64', dims, g), p.kernel, p.stride, p.padding, false, divisor);
      const wantGrad = new Float64Array(planes * area);
      g.forEach((v, i) => {
        const w = all[i % all.length] as number[];
        for (const k of w) wantGrad[Math.floor(i / all.length) * area + k]! += v / share(w);
      });
      expectClose(grad, wantGrad, 1e-14);
    },
  );

  it('counts padding when asked', () => {
    const out = tensor('float32', [1, 1, 2, 2]);
    run('avg_pool2d', out, tensor('float32', [1, 1, 2, 2], [4, 8, 12, 16]), [2, 2], [2, 2], [1, 1], true, 0);
    expect(values(out)).toEqual([1, 2, 3, 4]);
  });

  it('adaptive pooling covers the plane', () => {
    const x = tensor('float32', [1, 3, 5], floats(15, random));
    const range = (i: number, out: number, size: number) =>
      [Math.floor((i * size) / out), Math.ceil(((i + 1) * size) / out)] as const;
    const all = Array.from({ length: 6 }, (_, o) => {
      const [[a, b], [c, d]] = [range(Math.floor(o / 3), 2, 3), range(o % 3, 3, 5)];
      return Array.from({ length: (b - a) * (d - c) }, (_, k) => (a + Math.floor(k / (d - c))) * 5 + c + (k % (d - c)));
    });
    const [average, largest, indices] = [tensor('float32', [1, 2, 3]), tensor('float32', [1, 2, 3]), tensor('int64', [1, 2, 3])];
    const at = values(x);
    run('adaptive_avg_pool2d', average, x);
    expectClose(
      average,
      all.map((w) => w.reduce((s, k) => s + (at[k] as number), 0) / w.length),
      1e-6,
    );
    run('adaptive_max_pool2d', largest, indices, x);
    expect(values(largest)).toEqual(all.map((w) => Math.max(...w.map((k) => at[k] as number))));
    const grad = tensor('float32', [1, 3, 5]);
    run('adaptive_avg_pool2d_backward', grad, average);
    const want = new Float64Array(15);
    all.forEach((w, o) => {
      for (const k of w) want[k]! += (values(average)[o] as number) / w.length;
    });
    expectClose(grad, want, 1e-6);
  });

  it('NaN propagates through the maximum', () => {
    const [out, indices] = [tensor('float32', [1, 1, 1]), tensor('int64', [1, 1, 1])];
    run('max_pool2d', out, indices, tensor('float32', [1, 2, 2], [5, NaN, 7, 1]), [2, 2], [2, 2], [0, 0], [1, 1]);
    expect([values(out), values(indices)]).toEqual([[NaN], [1]]);
  });

  it('reports an index outside the plane and writes nothing', () => {
    const grad = tensor('float32', [1, 2, 2], [1, 2, 3, 4]);
    expect(status('max_pool2d_backward', grad, tensor('float32', [1, 1, 1]), tensor('int64', [1, 1, 1], [4]))).toBe(
      Status.IndexOutOfRange,
    );
    expect([...frame.subarray(1, 4)]).toEqual([4, 4, 0]);
    expect(values(grad)).toEqual([1, 2, 3, 4]);
  });

  it('has the same bits on any number of threads', () => {
    const x = tensor('float32', [64, 40, 40], floats(64 * 1600, random));
    expectSameOnAllThreads(() => {
      const [out, indices, average, grad] = [
        tensor('float32', [64, 20, 20]),
        tensor('int64', [64, 20, 20]),
        tensor('float32', [64, 20, 20]),
        tensor('float32', [64, 40, 40]),
      ];
      run('max_pool2d', out, indices, x, [2, 2], [2, 2], [0, 0], [1, 1]);
      run('avg_pool2d', average, x, [3, 3], [2, 2], [1, 1], true, 0);
      run('avg_pool2d_backward', grad, average, [3, 3], [2, 2], [1, 1], true, 0);
      return [out, indices, average, grad];
    });
  });
});
