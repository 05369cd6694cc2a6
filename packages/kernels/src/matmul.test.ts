import { describe, expect, it } from 'vitest';
import * as fuzz from '../test/long.js';
import { address, call, DTYPE_CODES, find, frame, setNumThreads, Status } from './index.js';

type Real = 'float32' | 'float64';
type Floats = Float32Array | Float64Array;
interface View {
  dtype: keyof typeof DTYPE_CODES;
  data: ArrayBufferView;
  dims: number[];
  strides: number[];
}

const contiguous = (dims: number[]) => dims.map((_, d) => dims.slice(d + 1).reduce((a, b) => a * b, 1));
const view = (dtype: View['dtype'], data: ArrayBufferView, dims: number[], strides = contiguous(dims)): View => ({
  dtype,
  data,
  dims,
  strides,
});

function run(kernel: string, ...args: (View | number | null)[]): number {
  const slots: number[] = [];
  for (const a of args) {
    if (a === null) slots.push(0);
    else if (typeof a === 'number') slots.push(a);
    else slots.push(address(a.data), DTYPE_CODES[a.dtype], a.dims.length, ...a.dims, ...a.strides);
  }
  frame.set([find(kernel), ...slots]);
  call();
  return frame[0] as number;
}

let seed = 12345;
function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}
const integer = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
const floats = (dtype: Real, n: number): Floats =>
  (dtype === 'float32' ? new Float32Array(n) : new Float64Array(n)).map(() => random() * 2 - 1);
const bytes = (a: ArrayBufferView) => Buffer.from(a.buffer, a.byteOffset, a.byteLength);
const sameBits = (a: ArrayBufferView, b: ArrayBufferView) => bytes(a).equals(bytes(b));

const activations: ((x: number) => number)[] = [(x) => x, (x) => Math.max(x, 0)];
activations[3] = (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
activations[4] = (x) => 1 / (1 + Math.exp(-x));
activations[5] = Math.tanh;
activations[6] = (x) => x / (1 + Math.exp(-x));

interface Case {
  dtype: Real;
  batch: number;
  m: number;
  n: number;
  k: number;
  transposeA?: boolean;
  transposeB?: boolean;
  sharedB?: boolean;
  bias?: boolean;
  activation?: number;
}

/** Compares with float64 sums at some random places, and the bits for 1, 2 and 3 threads. */
function checkMatmul(c: Case): void {
  const { dtype, batch, m, n, k } = c;
  const label = JSON.stringify(c);
  const lda = (c.transposeA ? m : k) + 1;
  const ldb = (c.transposeB ? k : n) + 2;
  const a = floats(dtype, batch * lda * (c.transposeA ? k : m));
  const b = floats(dtype, (c.sharedB ? 1 : batch) * ldb * (c.transposeB ? n : k));
  const aStrides = c.transposeA ? [lda * k, 1, lda] : [lda * m, lda, 1];
  const bStrides = c.transposeB ? [ldb * n, 1, ldb] : [ldb * k, ldb, 1];
  if (c.sharedB) bStrides[0] = 0;
  const bias = c.bias ? floats(dtype, n) : null;

  const guard = 8;
  const results = [1, 2, 3].map((threads) => {
    setNumThreads(threads);
    const out = floats(dtype, batch * m * n + guard).fill(77);
    const status = run(
      'matmul',
      view(dtype, out, [batch, m, n]),
      view(dtype, a, [batch, m, k], aStrides),
      view(dtype, b, [batch, k, n], bStrides),
      bias && view(dtype, bias, [n]),
      c.activation ?? 0,
    );
    expect(status, label).toBe(Status.Ok);
    return out;
  }) as [Floats, Floats, Floats];
  const out = results[0];
  expect(sameBits(out, results[1]) && sameBits(out, results[2]), `bits on 1, 2, 3 threads: ${label}`).toBe(true);
  expect(
    out.subarray(batch * m * n).every((x) => x === 77),
    `writes past the end: ${label}`,
  ).toBe(true);

  const epsilon = dtype === 'float32' ? 2 ** -24 : 2 ** -53;
  const activate = activations[c.activation ?? 0] as (x: number) => number;
  let worst = 0;
  for (let trial = Math.min(200, Math.ceil(200000 / (k + 1))); trial > 0; trial--) {
    const [x, i, j] = [integer(0, batch - 1), integer(0, m - 1), integer(0, n - 1)] as [number, number, number];
    let sum = bias ? (bias[j] as number) : 0;
    let magnitude = Math.abs(sum);
    for (let p = 0; p < k; p++) {
      const product =
        (a[x * (aStrides[0] as number) + i * (aStrides[1] as number) + p * (aStrides[2] as number)] as number) *
        (b[x * (bStrides[0] as number) + p * (bStrides[1] as number) + j * (bStrides[2] as number)] as number);
      sum += product;
      magnitude += Math.abs(product);
    }
    const error = Math.abs((out[(x * m + i) * n + j] as number) - activate(sum));
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error / (epsilon * (2 * magnitude * Math.sqrt(k + 1) + 4)));
  }
  expect(worst, `error over its bound: ${label}`).toBeLessThanOrEqual(1);
}

describe('matmul', () => {
  it(`gives the sums of products for random shapes, layouts and dtypes (seed ${fuzz.seed})`, { timeout: 3_600_000 }, () => {
    seed = fuzz.seed;
    for (let trial = 0; trial < fuzz.trials(120, 2_000); trial++) {
      const size = () => (random() < 0.25 ? integer(1, 4) : integer(1, trial % 12 === 0 ? 400 : 70));
      checkMatmul({
        dtype: random() < 0.6 ? 'float32' : 'float64',
        batch: random() < 0.5 ? 1 : integer(2, 9),
        m: size(),
        n: size(),
        k: trial % 10 === 0 ? integer(400, 3000) : size(),
        transposeA: random() < 0.5,
        transposeB: random() < 0.5,
        sharedB: random() < 0.3,
        bias: random() < 0.5,
      });
    }
  });

  it('splits a long k in order', () => {
    checkMatmul({ dtype: 'float32', batch: 1, m: 3, n: 2, k: 50000, bias: true });
    checkMatmul({ dtype: 'float32', batch: 1, m: 20, n: 40, k: 20000, transposeA: true });
  });

  it('multiplies one row and one column', () => {
    for (const transposeB of [false, true]) {
      checkMatmul({ dtype: 'float32', batch: 1, m: 1, n: 1000, k: 513, transposeB, bias: true });
      checkMatmul({ dtype: 'float64', batch: 3, m: 700, n: 1, k: 130, transposeA: transposeB, bias: true });
      checkMatmul({ dtype: 'float32', batch: 1, m: 3, n: 301, k: 77, transposeB });
    }
  });

  it('covers matrices of several blocks in every direction', () => {
    checkMatmul({ dtype: 'float32', batch: 1, m: 4200, n: 40, k: 390 });
    checkMatmul({ dtype: 'float32', batch: 1, m: 40, n: 4200, k: 390, transposeB: true });
    for (const transposeB of [false, true]) {
      // a long k in one block, as A is small
      checkMatmul({ dtype: 'float32', batch: 1, m: 130, n: 620, k: 784, transposeB, bias: true });
      checkMatmul({ dtype: 'float64', batch: 1, m: 130, n: 300, k: 401, transposeA: true, transposeB });
    }
  });

  it('applies each activation after the bias', () => {
    for (const activation of [1, 3, 4, 5, 6])
      checkMatmul({ dtype: 'float64', batch: 1, m: 33, n: 45, k: 20, bias: true, activation });
    const out = new Float64Array(4);
    const x = Float64Array.of(-1, 0, 0.5, 2);
    run('matmul', view('float64', out, [4, 1]), view('float64', x, [4, 1]), view('float64', Float64Array.of(1), [1, 1]), null, 2);
    const exact = [-0.15865525393145707, 0, 0.34573123063700656, 1.9544997361036416]; // x * (1 + erf(x / √2)) / 2
    for (const [i, y] of exact.entries()) expect(out[i]).toBeCloseTo(y, 14);
  });

  it('gives bias or zeros for k = 0 and accepts empty outputs', () => {
    const out = new Float32Array(6).fill(9);
    const empty = new Float32Array(1);
    expect(
      run('matmul', view('float32', out, [2, 3]), view('float32', empty, [2, 0]), view('float32', empty, [0, 3]), null, 0),
    ).toBe(Status.Ok);
    expect([...out]).toEqual([0, 0, 0, 0, 0, 0]);
    const bias = Float32Array.of(1, -2, 3);
    run(
      'matmul',
      view('float32', out, [2, 3]),
      view('float32', empty, [2, 0]),
      view('float32', empty, [0, 3]),
      view('float32', bias, [3]),
      1,
    );
    expect([...out]).toEqual([1, 0, 3, 1, 0, 3]);
    expect(
      run(
        'matmul',
        view('float32', empty, [0, 3]),
        view('float32', empty, [0, 5]),
        view('float32', out, [5, 3], [0, 1]),
        null,
        0,
      ),
    ).toBe(Status.Ok);
  });

  it('wraps integers around and multiplies complex numbers', () => {
    const out = new Int8Array(2);
    run(
      'matmul',
      view('int8', out, [1, 2]),
      view('int8', Int8Array.of(100, 3), [1, 2]),
      view('int8', Int8Array.of(2, 1, -5, 7), [2, 2]),
      null,
      0,
    );
    expect([...out]).toEqual([((200 - 15) << 24) >> 24, 121]);
    const big = new BigInt64Array(1);
    run(
      'matmul',
      view('int64', big, [1, 1]),
      view('int64', BigInt64Array.of(1n << 40n), [1, 1]),
      view('int64', BigInt64Array.of(3n), [1, 1]),
      null,
      0,
    );
    expect(big[0]).toBe(3n << 40n);
    const complex = new Float32Array(2);
    const [a, b] = [Float32Array.of(1, 2, 3, -1), Float32Array.of(2, -1, 0, 4)]; // (1+2i)(2-i) + (3-i)(4i)
    run('matmul', view('complex64', complex, [1, 1]), view('complex64', a, [1, 2]), view('complex64', b, [2, 1]), null, 0);
    expect([...complex]).toEqual([8, 15]);
  });

  it('sums float16 and bfloat16 in float32', () => {
    const ones = (value: number, n: number) => new Uint16Array(n).fill(value);
    for (const [dtype, one, total] of [
      ['float16', 0x3c00, 0x6800], // 1, 2048
      ['bfloat16', 0x3f80, 0x4500],
    ] as const) {
      const out = new Uint16Array(35 * 3);
      run(
        'matmul',
        view(dtype, out, [35, 3]),
        view(dtype, ones(one, 35 * 2048), [35, 2048]),
        view(dtype, ones(one, 2048 * 3), [2048, 3]),
        null,
        0,
      );
      expect(
        out.every((x) => x === total),
        dtype,
      ).toBe(true);
    }
  });

  it('reports a dtype that it has no product for', () => {
    const data = new Uint8Array(1);
    const t = view('bool', data, [1, 1]);
    expect(run('matmul', t, t, t, null, 0)).toBe(Status.UnsupportedDtype);
    expect(frame[1]).toBe(DTYPE_CODES.bool);
  });
});

describe('linear', () => {
  it('multiplies by the transposed weight for any leading dimensions', () => {
    const [input, weight, bias] = [floats('float32', 2 * 5 * 19), floats('float32', 37 * 19), floats('float32', 37)];
    const out = new Float32Array(2 * 5 * 37);
    run(
      'linear',
      view('float32', out, [2, 5, 37]),
      view('float32', input, [2, 5, 19]),
      view('float32', weight, [37, 19]),
      view('float32', bias, [37]),
      0,
    );
    for (let row = 0; row < 10; row++)
      for (let j = 0; j < 37; j++) {
        let sum = bias[j] as number;
        for (let p = 0; p < 19; p++) sum += (input[row * 19 + p] as number) * (weight[j * 19 + p] as number);
        expect(out[row * 37 + j]).toBeCloseTo(sum, 5);
      }
    const vector = new Float32Array(37);
    run(
      'linear',
      view('float32', vector, [37]),
      view('float32', input.subarray(0, 19), [19]),
      view('float32', weight, [37, 19]),
      view('float32', bias, [37]),
      0,
    );
    for (let j = 0; j < 37; j++) expect(vector[j]).toBeCloseTo(out[j] as number, 5);
  });
});
