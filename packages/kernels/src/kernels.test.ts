import { execFileSync, fork } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import * as kernels from './index.js';

type Data = Float32Array | Float64Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array | Uint16Array;
type Dtype = keyof typeof kernels.DTYPE_CODES;
interface View {
  dtype: Dtype;
  dims: number[];
  strides: number[];
  offset: number;
  data: Data;
}
interface Case {
  kernel: string;
  threads: number;
  args: (View | number | null)[];
}
interface Result {
  status: number;
  outputs: (Data | null)[];
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const contiguous = (dims: number[]) => dims.map((_, d) => dims.slice(d + 1).reduce((a, b) => a * b, 1));
const view = (dtype: Dtype, dims: number[], data: Data, strides = contiguous(dims), offset = 0): View => ({
  dtype,
  dims,
  strides,
  offset,
  data,
});
const f32 = (dims: number[], values: ArrayLike<number>) => view('float32', dims, Float32Array.from(values));
const run = (kernel: string, ...args: Case['args']): Case => ({ kernel, threads: 2, args });
const range = (n: number, f: (i: number) => number = (i) => i) => Array.from({ length: n }, (_, i) => f(i));

/** Runs the cases in a child process at one ISA level; null if this machine does not have it. */
async function runAt(level: string, cases: Case[]): Promise<Result[] | null> {
  const child = fork(path('../test/run-cases.mjs'), { serialization: 'advanced', env: { ...process.env, FLAMBEAU_ISA: level } });
  const reply = await new Promise<{ isa: string; results: Result[] }>((resolve, reject) => {
    child.on('message', resolve as (message: unknown) => void);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`child ended with ${code}`)));
    child.send(cases);
  });
  return reply.isa === level ? reply.results : null;
}

const levels = process.arch === 'x64' ? ['x86-64-v2', 'x86-64-v3', 'x86-64-v4'] : ['aarch64'];

/** Runs the cases at every level of this machine and hands each level's first outputs to `check`. */
async function atEveryLevel(cases: Case[], check: (outputs: Data[], level: string) => void) {
  let ran = 0;
  for (const level of levels) {
    const results = await runAt(level, cases);
    if (!results) continue;
    ran++;
    for (const [i, r] of results.entries()) expect(r.status, `${cases[i]?.kernel} at ${level}`).toBe(0);
    check(
      results.map((r) => r.outputs[0] as Data),
      level,
    );
  }
  expect(ran).toBeGreaterThan(0);
}

/** The distance of a float32 from the exact value, in units in the last place. */
function ulps(got: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(got, rounded) || (Number.isNaN(got) && Number.isNaN(exact))) return 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(got)) return Infinity;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(exact) || 1e-300)), -126);
  return Math.abs(got - exact) / 2 ** (exponent - 23);
}

describe('loader', () => {
  it('exports the frame, ids and addresses', () => {
    expect(kernels.frame).toBeInstanceOf(Float64Array);
    expect(kernels.kernelNames()[kernels.find('add')]).toBe('add');
    expect(kernels.find('no such kernel')).toBe(-1);
    const bytes = new Uint8Array(16);
    expect(kernels.address(bytes.subarray(4)) - kernels.address(bytes)).toBe(4);
    expect(levels).toContain(kernels.isa);
    expect(new Set(kernels.kernelNames()).size).toBe(kernels.kernelNames().length);
  });

  it('sets the number of threads and refuses less than 1', () => {
    const before = kernels.getNumThreads();
    kernels.setNumThreads(3);
    expect(kernels.getNumThreads()).toBe(3);
    expect(() => kernels.setNumThreads(0)).toThrow(RangeError);
    kernels.setNumThreads(before);
  });

  it('runs a kernel in this process and reports an unsupported dtype', () => {
    const out = new Float32Array(2);
    const a = new Float32Array([1, 2]);
    const call = (dtype: number) => {
      const id = kernels.find('exp');
      kernels.frame.set([id, kernels.address(out), dtype, 1, 2, 1, kernels.address(a), dtype, 1, 2, 1]);
      kernels.call();
      return kernels.frame[0];
    };
    expect(call(kernels.DTYPE_CODES.float32)).toBe(kernels.Status.Ok);
    expect(out[0]).toBeCloseTo(Math.E, 6);
    expect(call(kernels.DTYPE_CODES.int32)).toBe(kernels.Status.UnsupportedDtype);
    expect(kernels.frame[1]).toBe(kernels.DTYPE_CODES.int32);
  });

  it('says what is missing when the binary is not there', async () => {
    vi.resetModules();
    vi.stubEnv('FLAMBEAU_KERNELS', '/nowhere/x.node');
    await expect(import('./index.js')).rejects.toThrow(
      new RegExp(`no usable binary.*${process.platform}-${process.arch}.*FLAMBEAU_KERNELS=/nowhere/x.node`, 's'),
    );
    vi.unstubAllEnvs();
  });
});

describe('elementary functions', () => {
  // Every sign, exponent and many significands, with the special values.
  const bits = new Uint32Array(range(65521, (i) => i * 65551));
  bits.set([0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 1, 0x80000001, 0x3f800000, 0xbf800000]);
  const x = new Float32Array(bits.buffer);
  const logistic = (v: number) => 1 / (1 + Math.exp(-v));
  const functions: Record<string, (v: number) => number> = {
    exp: Math.exp,
    exp2: (v) => 2 ** v,
    expm1: Math.expm1,
    log: Math.log,
    log2: Math.log2,
    log10: Math.log10,
    log1p: Math.log1p,
    sqrt: Math.sqrt,
    rsqrt: (v) => 1 / Math.sqrt(v),
    sin: Math.sin,
    cos: Math.cos,
    tan: Math.tan,
    asin: Math.asin,
    acos: Math.acos,
    atan: Math.atan,
    sinh: Math.sinh,
    cosh: Math.cosh,
    tanh: Math.tanh,
    sigmoid: logistic,
    silu: (v) => v * logistic(v),
    floor: Math.floor,
    ceil: Math.ceil,
    trunc: Math.trunc,
    abs: Math.abs,
    neg: (v) => -v,
  };

  it('are within 2 ulp in float32 over the whole range, at every level', async () => {
    const names = Object.keys(functions);
    await atEveryLevel(
      names.map((name) =>
        run(
          name,
          f32(
            [x.length],
            x.map(() => 0),
          ),
          view('float32', [x.length], x),
        ),
      ),
      (outputs, level) => {
        for (const [i, name] of names.entries()) {
          let worst = 0;
          let at = 0;
          outputs[i]?.forEach((got, k) => {
            const distance = ulps(Number(got), (functions[name] as (v: number) => number)(x[k] as number));
            if (distance > worst) [worst, at] = [distance, x[k] as number];
          });
          expect(worst, `${name}(${at}) at ${level}`).toBeLessThanOrEqual(2);
        }
      },
    );
  });

  it('agree with float64 for erf, erfc and gelu in known points', async () => {
    // Abramowitz and Stegun, table 7.1; erfc(5) from the continued fraction.
    const points = f32([4], [0.5, 1, -2, 5]);
    const cases = ['erf', 'erfc', 'gelu'].map((name) => run(name, f32([4], range(4)), points));
    await atEveryLevel(cases, ([erf, erfc, gelu]) => {
      const expectClose = (got: Data | undefined, want: number[]) =>
        want.forEach((w, i) => {
          expect(Math.abs(Number(got?.[i]) / w - 1)).toBeLessThan(2e-7);
        });
      expectClose(erf, [0.5204998778130465, 0.8427007929497149, -0.9953222650189527, 0.9999999999984626]);
      expectClose(erfc, [0.4795001221869535, 0.1572992070502851, 1.9953222650189527, 1.5374597944280349e-12]);
      expectClose(gelu, [0.34573123063700656, 0.8413447460685429, -0.04550026389635842, 4.999998566742214]);
    });
  });

  it('give the cross-entropy of scores within 3 ulp', async () => {
    const x = Float32Array.from(range(2003, (i) => (i - 1001) / (i % 2 === 0 ? 11 : 300)));
    const y = Float32Array.from(range(2003, (i) => (i % 5) / 4));
    const args = [f32([2003], range(2003)), f32([2003], x), f32([2003], y)];
    await atEveryLevel([run('logits_entropy', ...args)], ([got], level) => {
      let worst = 0;
      for (const [i, v] of x.entries()) {
        const exact = (v > 0 ? v * (1 - (y[i] as number)) : -v * (y[i] as number)) + Math.log1p(Math.exp(-Math.abs(v)));
        worst = Math.max(worst, ulps(Number(got?.[i]), exact));
      }
      expect(worst, level).toBeLessThanOrEqual(3);
    });
  });

  it('give pow and atan2 the special cases of IEEE 754', async () => {
    const a = [2, -2, -2, 0, -0, 1, -1, -Infinity, NaN, 0.5, 3, -8];
    const b = [10, 3, 0.5, -1, -1, NaN, Infinity, 3, 0, -Infinity, -2, 2];
    const zeros = range(a.length, () => 0);
    const cases = ['pow', 'atan2'].map((name) => run(name, f32([a.length], zeros), f32([a.length], a), f32([a.length], b)));
    await atEveryLevel(cases, ([pow, atan2]) => {
      for (const [i, v] of a.entries()) {
        const base = v === 1 || (v === -1 && b[i] === Infinity) ? 1 : v ** (b[i] as number); // JavaScript differs from C here
        expect(ulps(Number(pow?.[i]), base), `pow(${v}, ${b[i]})`).toBeLessThanOrEqual(1);
        expect(ulps(Number(atan2?.[i]), Math.atan2(v, b[i] as number)), `atan2(${v}, ${b[i]})`).toBeLessThanOrEqual(1);
      }
    });
  });
});

describe('layouts and dtypes', () => {
  const a = range(24, (i) => ((i * 7) % 24) - 11.5);
  const b = range(4, (i) => i - 1.5);

  it('broadcast, transposed and negative strides reach every element', async () => {
    const data = Float32Array.from(a);
    const out = () => f32([6, 4], range(24));
    const row = f32([4], b);
    const column = view('float32', [6, 1], Float32Array.from(range(6, (i) => i + 1)));
    const transposed = view('float32', [6, 4], data, [1, 6]);
    const backwards = view('float32', [6, 4], data, [-4, -1], 23);
    const transposedOut = view('float32', [6, 4], new Float32Array(24), [1, 6]);
    const at = (i: number) => [Math.floor(i / 4), i % 4] as const;
    await atEveryLevel(
      [
        run('add', out(), view('float32', [6, 4], data), row),
        run('mul', out(), column, transposed),
        run('sub', out(), backwards, view('float32', [], new Float32Array([0.5]))),
        run('add', transposedOut, view('float32', [6, 4], data), row),
        run('copy', out(), transposed),
      ],
      ([sum, product, difference, turned, copied]) => {
        for (let i = 0; i < 24; i++) {
          const [r, c] = at(i);
          const v = a[i] as number;
          expect(sum?.[i]).toBe(v + (b[c] as number));
          expect(product?.[i]).toBe((r + 1) * (a[r + 6 * c] as number));
          expect(difference?.[i]).toBe((a[23 - i] as number) - 0.5);
          expect(turned?.[r + 6 * c]).toBe(v + (b[c] as number));
          expect(copied?.[i]).toBe(a[r + 6 * c]);
        }
      },
    );
  });

  it('copies large transposes of every element size', async () => {
    const [rows, columns] = [67, 45];
    const cases = (
      [
        ['uint8', Uint8Array],
        ['int16', Int16Array],
        ['int32', Int32Array],
        ['float64', Float64Array],
      ] as const
    ).map(([dtype, A]) => {
      const source = view(dtype, [rows, columns], A.from(range(rows * columns, (i) => i % 251)), [1, rows]);
      return run('copy', view(dtype, [rows, columns], new A(rows * columns)), source);
    });
    await atEveryLevel(cases, (outputs) => {
      for (const out of outputs)
        for (let i = 0; i < out.length; i++)
          if (Number(out[i]) !== (Math.floor(i / columns) + rows * (i % columns)) % 251) expect.fail(`element ${i}`);
    });
  });

  it('integers wrap around and never trap', async () => {
    const x = [7, -7, -2147483648, 5, 0, -8];
    const y = [2, 2, -1, 0, 0, 3];
    const names = ['add', 'mul', 'div', 'fmod', 'remainder', 'floor_divide', 'maximum'];
    const int32 = (values: number[]) => view('int32', [6], Int32Array.from(values));
    await atEveryLevel(
      names.map((name) => run(name, int32(range(6)), int32(x), int32(y))),
      (outputs) => {
        const got = Object.fromEntries(names.map((name, i) => [name, Array.from(outputs[i] as Data, Number)]));
        expect(got.add).toEqual([9, -5, 2147483647, 5, 0, -5]);
        expect(got.mul).toEqual([14, -14, -2147483648, 0, 0, -24]);
        expect(got.div).toEqual([3, -3, -2147483648, 0, 0, -2]);
        expect(got.fmod).toEqual([1, -1, 0, 0, 0, -2]);
        expect(got.remainder).toEqual([1, 1, 0, 0, 0, 1]);
        expect(got.floor_divide).toEqual([3, -4, -2147483648, 0, 0, -3]);
        expect(got.maximum).toEqual([7, 2, -1, 5, 0, 3]);
      },
    );
  });

  it('float16 and bfloat16 round to nearest even on the way out', async () => {
    const x = f32([5], [1, 1 + 2 ** -11, 65520, 2 ** -25, -0.1]);
    const half = view('float16', [5], new Uint16Array(5));
    const brain = view('bfloat16', [5], new Uint16Array(5));
    await atEveryLevel([run('copy', half, x), run('copy', brain, x)], ([h, bf]) => {
      expect(Array.from(h as Data, Number)).toEqual([0x3c00, 0x3c00, 0x7c00, 0, 0xae66]);
      expect(Array.from(bf as Data, Number)).toEqual([0x3f80, 0x3f80, 0x4780, 0x3300, 0xbdcd]);
    });
  });

  it('compares, selects and clamps', async () => {
    const n = 100;
    const [p, q] = [
      f32(
        [n],
        range(n, (i) => (i * 37) % 19),
      ),
      f32(
        [n],
        range(n, (i) => (i * 11) % 17),
      ),
    ];
    const bool = () => view('bool', [n], new Uint8Array(n));
    const mask = view('bool', [n], Uint8Array.from(range(n, (i) => i % 3 && 1)));
    await atEveryLevel(
      [
        run('lt', bool(), p, q),
        run('ge', bool(), p, q),
        run('where', f32([n], range(n)), mask, p, q),
        run('clamp', f32([n], range(n)), p, 3, 7),
        run('clamp', f32([n], range(n)), p, Number.NaN, 7),
      ],
      ([lt, ge, where, both, above]) => {
        for (let i = 0; i < n; i++) {
          const [u, v] = [p.data[i] as number, q.data[i] as number];
          expect(lt?.[i]).toBe(Number(u < v));
          expect(ge?.[i]).toBe(Number(u >= v));
          expect(where?.[i]).toBe(mask.data[i] ? u : v);
          expect(both?.[i]).toBe(Math.min(Math.max(u, 3), 7));
          expect(above?.[i]).toBe(Math.min(u, 7));
        }
      },
    );
  });
});

describe('threads and random numbers', () => {
  const n = 100_003;
  const zeros = () => f32([n], new Float32Array(n));

  it('any number of threads gives the same bits', async () => {
    const x = f32([n], range(n, Math.sin));
    const kernelsOf = (threads: number): Case[] => [
      { kernel: 'exp', threads, args: [zeros(), x] },
      { kernel: 'gelu', threads, args: [zeros(), x] },
      { kernel: 'random_normal', threads, args: [zeros(), 0, 1, 42, 3] },
      { kernel: 'random_uniform', threads, args: [zeros(), 0, 1, 42, 3] },
    ];
    await atEveryLevel([1, 2, 3, 16].flatMap(kernelsOf), (outputs) => {
      for (let i = 4; i < outputs.length; i++) expect(outputs[i]).toEqual(outputs[i % 4]);
    });
  });

  it('draws the published Philox words, and moments that fit', async () => {
    const permutation = view('int64', [500], new BigInt64Array(500));
    const cases = [
      run('random_integers', view('int32', [4], new Int32Array(4)), -(2 ** 31), 2 ** 31, 0, 0),
      run('random_normal', zeros(), 2, 3, 1, 0),
      run('random_uniform', zeros(), -1, 1, 1, 0),
      run('random_bernoulli', view('bool', [n], new Uint8Array(n)), 0.3, 1, 0),
      run('random_permutation', permutation, 5, 0),
    ];
    await atEveryLevel(cases, ([words, normal, uniform, bernoulli, shuffled]) => {
      // Random123's known answers for counter 0, key 0.
      const unsigned = Array.from(words as Int32Array, (w) => (w + 2 ** 31) >>> 0);
      expect(unsigned).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
      const mean = (values: Data | undefined, f = (v: number) => v) =>
        Array.from(values as Data, Number).reduce((s, v) => s + f(v), 0) / (values as Data).length;
      expect(Math.abs(mean(normal) - 2)).toBeLessThan(0.04);
      expect(Math.abs(mean(normal, (v) => (v - 2) ** 2) - 9)).toBeLessThan(0.2);
      expect(Math.abs(mean(uniform))).toBeLessThan(0.01);
      expect(Math.abs(mean(uniform, (v) => v * v) - 1 / 3)).toBeLessThan(0.01);
      expect(Math.abs(mean(bernoulli) - 0.3)).toBeLessThan(0.01);
      expect(Array.from(shuffled as Data, Number).sort((u, v) => u - v)).toEqual(range(500));
    });
  });
});

describe('objects of one ISA level', () => {
  const build = path(`../native/build/${process.platform}-${process.arch}`);
  const files = existsSync(build)
    ? readdirSync(build, { recursive: true, encoding: 'utf8' }).filter((f) => /(x86_64_v\d|aarch64|portable)\/.*\.o$/.test(f))
    : [];

  it.skipIf(process.platform !== 'linux' || files.length === 0)('define nothing outside their namespace', () => {
    // A weak symbol shared by two levels would be kept once, perhaps with instructions the machine lacks.
    for (const file of files) {
      const level = file.split('/')[0] as string;
      const symbols = execFileSync('nm', ['--defined-only', '--extern-only', `${build}/${file}`], { encoding: 'utf8' });
      const foreign = symbols.split('\n').filter((line) => line && !line.includes(level) && !/ DW\.ref\.| R _ZTI/.test(line));
      expect(foreign, file).toEqual([]);
    }
  });
});
