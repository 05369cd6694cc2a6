import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as fuzz from '../test/long.js';
import { address, call, DTYPE_CODES, find, frame, isa, setNumThreads, setWinograd, Status } from './index.js';

type Real = 'float32' | 'float64';
type Floats = Float32Array | Float64Array;
interface View {
  dtype: keyof typeof DTYPE_CODES;
  data: ArrayBufferView;
  dims: number[];
}
interface Shape {
  dtype: Real;
  images: number;
  groups: number;
  inChannels: number; // per group
  outChannels: number; // per group
  size: [number, number];
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number];
  dilation: [number, number];
  bias: boolean;
}

const view = (dtype: View['dtype'], data: ArrayBufferView, dims: number[]): View => ({ dtype, data, dims });

function run(kernel: string, ...args: (View | number[] | number | null)[]): number {
  const slots: number[] = [];
  for (const a of args) {
    if (a === null) slots.push(0);
    else if (typeof a === 'number') slots.push(a);
    else if (Array.isArray(a)) slots.push(a.length, ...a);
    else {
      const strides = a.dims.map((_, d) => a.dims.slice(d + 1).reduce((x, y) => x * y, 1));
      slots.push(address(a.data), DTYPE_CODES[a.dtype], a.dims.length, ...a.dims, ...strides);
    }
  }
  frame.set([find(kernel), ...slots]);
  call();
  return frame[0] as number;
}

let seed = 4321;
function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}
const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
const array = (dtype: Real, n: number): Floats => (dtype === 'float32' ? new Float32Array(n) : new Float64Array(n));
const floats = (dtype: Real, n: number) => array(dtype, n).map(() => random() * 2 - 1) as Floats;
const bytes = (a: ArrayBufferView) => Buffer.from(a.buffer, a.byteOffset, a.byteLength);

/** Sums in float64, with the sums of magnitudes that bound the rounding error. */
class Reference {
  readonly sums: Float64Array;
  readonly magnitudes: Float64Array;
  constructor(size: number) {
    this.sums = new Float64Array(size);
    this.magnitudes = new Float64Array(size);
  }
  add(i: number, value: number): void {
    this.sums[i] = (this.sums[i] as number) + value;
    this.magnitudes[i] = (this.magnitudes[i] as number) + Math.abs(value);
  }
}

function check(s: Shape): void {
  const { dtype, images: N, groups: G, inChannels: C, outChannels: M } = s;
  const [H, W] = s.size;
  const [KH, KW] = s.kernel;
  const extent = (d: 0 | 1) =>
    Math.floor((s.size[d] + 2 * s.padding[d] - s.dilation[d] * (s.kernel[d] - 1) - 1) / s.stride[d]) + 1;
  const [OH, OW] = [extent(0), extent(1)];
  if (OH < 1 || OW < 1) return;
  const [x, w, g] = [
    floats(dtype, N * G * C * H * W),
    floats(dtype, G * M * C * KH * KW),
    floats(dtype, N * G * M * OH * OW),
  ] as [Floats, Floats, Floats];
  const bias = s.bias ? floats(dtype, G * M) : null;

  const [out, gradInput, gradWeight] = [new Reference(g.length), new Reference(x.length), new Reference(w.length)];
  for (let n = 0; n < N; n++)
    for (let m = 0; m < G * M; m++)
      for (let oy = 0; oy < OH; oy++)
        for (let ox = 0; ox < OW; ox++) {
          const o = ((n * G * M + m) * OH + oy) * OW + ox;
          const gradient = g[o] as number;
          if (bias) out.add(o, bias[m] as number);
          for (let c = 0; c < C; c++)
            for (let ky = 0; ky < KH; ky++)
              for (let kx = 0; kx < KW; kx++) {
                const iy = oy * s.stride[0] - s.padding[0] + ky * s.dilation[0];
                const ix = ox * s.stride[1] - s.padding[1] + kx * s.dilation[1];
                if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
                const i = ((n * G * C + Math.floor(m / M) * C + c) * H + iy) * W + ix;
                const v = ((m * C + c) * KH + ky) * KW + kx;
                out.add(o, (x[i] as number) * (w[v] as number));
                gradInput.add(i, gradient * (w[v] as number));
                gradWeight.add(v, gradient * (x[i] as number));
              }
        }

  const X = view(dtype, x, [N, G * C, H, W]);
  const weight = view(dtype, w, [G * M, C, KH, KW]);
  const grad = view(dtype, g, [N, G * M, OH, OW]);
  const geometry = [s.stride, s.padding, s.dilation, G];
  compare('conv2d', s, out, grad.dims, C * KH * KW, X, weight, bias && view(dtype, bias, [G * M]), ...geometry);
  compare('conv2d_backward_input', s, gradInput, X.dims, M * KH * KW, grad, weight, ...geometry);
  compare('conv2d_backward_weight', s, gradWeight, weight.dims, N * OH * OW, grad, X, ...geometry);
}

/** Runs a kernel on 1, 2 and 3 threads: equal bits, nothing past the end, and within the bound of `terms` rounded additions. */
function compare(
  kernel: string,
  s: Shape,
  expected: Reference,
  dims: number[],
  terms: number,
  ...args: (View | number[] | number | null)[]
): void {
  const label = `${kernel} ${JSON.stringify(s)}`;
  const n = expected.sums.length;
  const results = [1, 2, 3].map((threads) => {
    setNumThreads(threads);
    const result = array(s.dtype, n + 8).fill(77);
    expect(run(kernel, view(s.dtype, result, dims), ...args), label).toBe(Status.Ok);
    return result;
  }) as [Floats, Floats, Floats];
  const got = results[0];
  expect(bytes(got).equals(bytes(results[1])) && bytes(got).equals(bytes(results[2])), `bits on 1, 2, 3 threads: ${label}`).toBe(
    true,
  );
  expect(
    got.subarray(n).every((v) => v === 77),
    `writes past the end: ${label}`,
  ).toBe(true);
  const epsilon = s.dtype === 'float32' ? 2 ** -24 : 2 ** -53;
  // Winograd's sums are of whole windows: their rounding is bounded by the largest magnitude of the result, not by each one's own.
  const largest = expected.magnitudes.reduce((a, b) => Math.max(a, b), 0);
  let worst = 0;
  for (let i = 0; i < n; i++) {
    const error = Math.abs((got[i] as number) - (expected.sums[i] as number));
    const bound = epsilon * (2 * Math.sqrt(terms) + 3) * (winograd ? largest : (expected.magnitudes[i] as number));
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : bound === 0 ? error * 1e30 : error / bound);
  }
  expect(worst, label).toBeLessThanOrEqual(1);
}

let winograd = false;
function withWinograd(on: boolean): void {
  beforeAll(() => setWinograd((winograd = on)));
  afterAll(() => setWinograd(true));
}

const base: Shape = {
  dtype: 'float32',
  images: 1,
  groups: 1,
  inChannels: 1,
  outChannels: 1,
  size: [1, 1],
  kernel: [1, 1],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  bias: false,
};

describe('3x3 convolutions by the algorithm of Winograd', () => {
  withWinograd(true);
  const wide: Shape = { ...base, kernel: [3, 3], padding: [1, 1], inChannels: 32, outChannels: 32 };

  it('agree for tiles that the image cuts, any padding, groups and a bias', () => {
    check({ ...wide, images: 40, size: [4, 4] });
    check({ ...wide, images: 30, size: [7, 7], bias: true });
    check({ ...wide, images: 9, size: [10, 9], padding: [0, 2] });
    check({ ...wide, images: 5, size: [14, 13], padding: [2, 0], bias: true });
    check({ ...wide, images: 6, size: [11, 15], groups: 2, bias: true });
  });

  it(`agree for random sizes and channels (seed ${fuzz.seed})`, { timeout: 3_600_000 }, () => {
    seed = fuzz.seed;
    for (let trial = 0; trial < fuzz.trials(3, 150); trial++)
      check({
        ...wide,
        images: integer(1, 6),
        groups: integer(1, 2),
        inChannels: integer(16, 80),
        outChannels: integer(16, 80),
        size: [integer(3, 33), integer(3, 33)],
        padding: [integer(0, 2), integer(0, 2)],
        bias: random() < 0.5,
      });
  });

  it('agree for channels that fill no vector', () => {
    check({ ...wide, images: 2, size: [20, 24], inChannels: 21, outChannels: 51 });
    check({ ...wide, images: 3, size: [17, 16], inChannels: 50, outChannels: 18, bias: true });
  });

  it('agree for many channels, computed in several ranges', () => {
    check({ ...wide, size: [24, 24], inChannels: 132, outChannels: 20 });
    check({ ...wide, size: [24, 24], inChannels: 24, outChannels: 160 });
  });

  it('are not the plain sums, which the switch brings back', () => {
    const [x, w] = [floats('float32', 32 * 28 * 28), floats('float32', 32 * 32 * 9)];
    const results = [true, false].map((on) => {
      setWinograd(on);
      const out = new Float32Array(32 * 28 * 28);
      const tensors = [
        view('float32', out, [1, 32, 28, 28]),
        view('float32', x, [1, 32, 28, 28]),
        view('float32', w, [32, 32, 3, 3]),
      ];
      expect(run('conv2d', ...tensors, null, [1, 1], [1, 1], [1, 1], 1)).toBe(Status.Ok);
      return out;
    }) as [Float32Array, Float32Array];
    setWinograd(true);
    expect(Math.max(...results[0].map((v, i) => Math.abs(v - (results[1][i] as number))))).toBeLessThan(1e-4);
    // The oldest x86 level has no code for it.
    expect(bytes(results[0]).equals(bytes(results[1]))).toBe(isa === 'x86-64-v2');
  });
});

describe('conv2d and its gradients', () => {
  withWinograd(false);

  it(`agree with the definition for random geometries (seed ${fuzz.seed})`, { timeout: 3_600_000 }, () => {
    seed = fuzz.seed;
    for (let trial = 0; trial < fuzz.trials(120, 5_000); trial++) {
      const large = trial % 10 === 0;
      const depthwise = trial % 5 === 1;
      const pair = (low: number, high: number): [number, number] => [integer(low, high), integer(low, high)];
      check({
        dtype: random() < 0.6 ? 'float32' : 'float64',
        images: integer(1, 4),
        groups: depthwise ? integer(2, 20) : integer(1, 3),
        inChannels: depthwise ? 1 : integer(1, large ? 40 : 6),
        outChannels: depthwise ? integer(1, 2) : integer(1, large ? 40 : 8),
        size: pair(1, large ? 30 : 12),
        kernel: random() < 0.2 ? pair(1, 7) : pair(1, 3),
        stride: pair(1, 3),
        padding: pair(0, 4),
        dilation: pair(1, 3),
        bias: random() < 0.5,
      });
    }
  });

  it('agree for many channels, which are summed in blocks', () => {
    check({ ...base, inChannels: 100, outChannels: 20, size: [5, 7], kernel: [3, 3], padding: [1, 1], images: 9, bias: true });
    check({
      ...base,
      inChannels: 15,
      outChannels: 100,
      size: [6, 9],
      kernel: [3, 3],
      padding: [1, 1],
      stride: [2, 1],
      images: 3,
    });
  });

  it('agree for wide images, which are cut into bands', () => {
    check({ ...base, inChannels: 20, outChannels: 6, size: [56, 130], kernel: [3, 3], padding: [1, 1], bias: true });
    check({ ...base, inChannels: 3, outChannels: 4, size: [120, 90], kernel: [7, 7], padding: [3, 3], stride: [2, 2] });
  });

  it('agree for a kernel larger than the image', () => {
    check({ ...base, size: [2, 3], kernel: [5, 6], padding: [2, 2], inChannels: 3, outChannels: 4, images: 2, bias: true });
  });

  it('sum float16 and bfloat16 in float32', () => {
    for (const [dtype, one, total] of [
      ['float16', 0x3c00, 0x6800], // 1, 2048
      ['bfloat16', 0x3f80, 0x4500],
    ] as const) {
      const ones = (n: number) => new Uint16Array(n).fill(one);
      const out = new Uint16Array(9);
      const [x, w] = [view(dtype, ones(2048 * 9), [1, 2048, 3, 3]), view(dtype, ones(2048), [1, 2048, 1, 1])];
      expect(run('conv2d', view(dtype, out, [1, 1, 3, 3]), x, w, null, [1, 1], [0, 0], [1, 1], 1)).toBe(Status.Ok);
      expect(out.every((v) => v === total)).toBe(true);
    }
  });

  it('accept an empty batch', () => {
    const empty = new Float32Array(1);
    const w = new Float32Array(9).fill(5);
    const [x, grad] = [view('float32', empty, [0, 1, 4, 4]), view('float32', empty, [0, 1, 2, 2])];
    const geometry = [[1, 1], [0, 0], [1, 1], 1];
    expect(run('conv2d', grad, x, view('float32', w, [1, 1, 3, 3]), null, ...geometry)).toBe(Status.Ok);
    expect(run('conv2d_backward_weight', view('float32', w, [1, 1, 3, 3]), grad, x, ...geometry)).toBe(Status.Ok);
    expect(w.every((v) => v === 0)).toBe(true);
  });

  it('report an unsupported dtype', () => {
    const t = view('int32', new Int32Array(1), [1, 1, 1, 1]);
    expect(run('conv2d', t, t, t, null, [1, 1], [0, 0], [1, 1], 1)).toBe(Status.UnsupportedDtype);
  });
});

describe('usual shapes, which have code of their own', () => {
  withWinograd(false);

  it('agree for 1x1 kernels: pixels of several images in a unit, channels in blocks, odd rows', () => {
    check({ ...base, images: 3, inChannels: 9, outChannels: 33, size: [17, 19], bias: true });
    check({ ...base, images: 7, inChannels: 20, outChannels: 15, size: [7, 7] });
    check({ ...base, images: 2, inChannels: 530, outChannels: 12, size: [16, 17], bias: true });
    check({ ...base, images: 1, groups: 2, inChannels: 8, outChannels: 47, size: [40, 44], bias: true });
    check({ ...base, inChannels: 40, outChannels: 24, size: [6, 6], bias: true });
    check({ ...base, dtype: 'float64', images: 5, inChannels: 9, outChannels: 10, size: [8, 9], bias: true });
  });

  it('agree for depthwise kernels of any padding, rows of one vector and of several', () => {
    for (const [kernel, stride] of [
      [3, 1],
      [3, 2],
      [5, 1],
    ] as const)
      for (const padding of [0, 1, 2, 4] as const)
        for (const size of [
          [5, 5],
          [7, 16],
          [14, 17],
          [9, 41],
        ] as [number, number][])
          check({
            ...base,
            images: 2,
            groups: 5,
            outChannels: padding === 2 ? 2 : 1,
            size,
            kernel: [kernel, kernel],
            stride: [stride, stride],
            padding: [padding, padding],
            bias: padding === 1,
          });
  });
});

it.each([14, 20, 56])('do not read what an earlier convolution left in memory: depthwise, %i pixels', (size) => {
  setNumThreads(1);
  const gradWeight = new Float32Array(4 * 9);
  const run3x3 = (pixels: number, value: number): number => {
    const dims = [1, 4, pixels, pixels];
    const [x, grad] = [value, 1].map((v) => view('float32', new Float32Array(4 * pixels ** 2).fill(v), dims)) as [View, View];
    return run('conv2d_backward_weight', view('float32', gradWeight, [4, 1, 3, 3]), grad, x, [1, 1], [1, 1], [1, 1], 4);
  };
  expect(run3x3(2 * size, Number.NaN)).toBe(Status.Ok);
  expect(run3x3(size, 0)).toBe(Status.Ok);
  expect([...gradWeight]).toEqual(new Array(36).fill(0));
});

it.each([
  [1, 6],
  [3, 20],
])('do not read what an earlier convolution left in memory: 1x1, %i images of %i rows', (images, rows) => {
  setNumThreads(1);
  const run1x1 = (channels: number, pixels: number, value: number): Float32Array => {
    const out = new Float32Array(images * 10 * pixels * pixels);
    const x = view('float32', new Float32Array(images * channels * pixels ** 2).fill(value), [images, channels, pixels, pixels]);
    const w = view('float32', new Float32Array(10 * channels).fill(value), [10, channels, 1, 1]);
    expect(run('conv2d', view('float32', out, [images, 10, pixels, pixels]), x, w, null, [1, 1], [0, 0], [1, 1], 1)).toBe(
      Status.Ok,
    );
    return out;
  };
  run1x1(64, 2 * rows, Number.NaN);
  expect(run1x1(9, rows, 1).every((v) => v === 9)).toBe(true);
});
