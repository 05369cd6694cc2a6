/** Copies, elementwise operations and reductions of tensors at random places in memory, compared with loops over indices. */
import { describe, expect, it } from 'vitest';
import { type DType, generator, rowMajor, size } from '../test/frame.js';
import {
  broadcastFrom,
  Choice,
  dims,
  fill,
  type Placed,
  place,
  placeInput,
  positions,
  runPlaced,
  written,
} from '../test/layouts.js';
import { seed, trials } from '../test/long.js';
import { setNumThreads, Status } from './index.js';

const FLOATING: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16'];
const DTYPES: readonly DType[] = [...FLOATING, 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'];
const NUMERIC = DTYPES.filter((d) => d !== 'bool');
const timeout = 3_600_000;

/** Runs a test on random cases; a failure names the case. */
function cases(count: number, check: (choose: Choice) => void): void {
  for (let i = 0; i < count; i++) {
    const choose = new Choice(generator((seed + i * 2654435761) >>> 0));
    setNumThreads(choose.integer(1, 3));
    try {
      check(choose);
    } catch (error) {
      throw new Error(`case ${i} of seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}

const describeView = (t: Placed) => `${t.dtype} [${t.dims}] strides [${t.strides}]`;
/** Whole numbers that every dtype holds, as does the sum of two. */
const small = (choose: Choice) => (dtype: DType) => () => choose.integer(dtype === 'uint8' ? 0 : -50, 50);

/** Runs a kernel into `out`; all its memory must be as it was but for the elements, which are `want`. */
function expectWritten(
  kernel: string,
  out: Placed,
  want: readonly number[],
  ...args: (Placed | number | readonly number[])[]
): void {
  const before = out.memory.slice() as typeof out.memory;
  const label = `${kernel}(${[out, ...args].map((a) => (typeof a === 'object' && 'memory' in a ? describeView(a) : `${a}`)).join(', ')})`;
  expect(runPlaced(kernel, out, ...args), label).toBe(Status.Ok);
  const expected = written(out, before, want);
  const wrong = out.memory.findIndex((x: number | bigint, i: number) => !Object.is(x, expected[i]) && x !== expected[i]);
  if (wrong >= 0)
    expect.fail(
      `${label}: memory[${wrong}] is ${out.memory[wrong]}, not ${expected[wrong]}; element ${positions(out).indexOf(wrong)}`,
    );
}

describe(`tensors at random places in memory (seed ${seed})`, () => {
  it('are copied from any dtype to any other', { timeout }, () => {
    cases(trials(400, 10_000), (choose) => {
      const shape = dims(choose);
      const [from, to] = [choose.of(DTYPES), choose.of(DTYPES)];
      const self = placeInput(choose, from, shape);
      const numbers = fill(self, () => choose.integer(0, 100));
      const out = place(choose, to, shape);
      fill(out, () => 77);
      expectWritten(
        'copy',
        out,
        broadcastFrom(shape, self.dims).map((i) => numbers[i] as number),
        self,
      );
    });
  });

  const binary: Record<string, (a: number, b: number) => number> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    maximum: Math.max,
    minimum: Math.min,
    eq: (a, b) => Number(a === b),
    lt: (a, b) => Number(a < b),
  };
  it('are combined with broadcasting', { timeout }, () => {
    cases(trials(400, 10_000), (choose) => {
      const shape = dims(choose);
      const dtype = choose.of(NUMERIC);
      const name = choose.of(Object.keys(binary));
      const inputs = [placeInput(choose, dtype, shape), placeInput(choose, dtype, shape)] as const;
      const [a, b] = inputs.map((input) => {
        const numbers = fill(input, small(choose)(dtype));
        return broadcastFrom(shape, input.dims).map((i) => numbers[i] as number);
      }) as [number[], number[]];
      const out = place(choose, name === 'eq' || name === 'lt' ? 'bool' : dtype, shape);
      fill(out, () => 1);
      const f = binary[name] as (a: number, b: number) => number;
      expectWritten(
        name,
        out,
        a.map((x, i) => f(x, b[i] as number)),
        ...inputs,
      );
    });
  });

  it('are chosen by a condition', { timeout }, () => {
    cases(trials(200, 5_000), (choose) => {
      const shape = dims(choose);
      const dtype = choose.of(DTYPES);
      const inputs = [placeInput(choose, 'bool', shape), placeInput(choose, dtype, shape), placeInput(choose, dtype, shape)];
      const [condition, a, b] = inputs.map((input, k) => {
        const numbers = fill(input, k === 0 ? () => choose.integer(0, 1) : () => choose.integer(0, 50));
        return broadcastFrom(shape, input.dims).map((i) => numbers[i] as number);
      }) as [number[], number[], number[]];
      const out = place(choose, dtype, shape);
      fill(out, () => 3);
      expectWritten(
        'where',
        out,
        condition.map((c, i) => (c ? a[i] : b[i]) as number),
        ...inputs,
      );
    });
  });

  it('give a function the same bits wherever they are', { timeout }, () => {
    cases(trials(100, 5_000), (choose) => {
      const shape = dims(choose);
      const dtype = choose.of(['float32', 'float64'] as const);
      const name = choose.of(['exp', 'log', 'tanh', 'sin', 'gelu', 'erf', 'sigmoid', 'rsqrt', 'silu']);
      const self = place(choose, dtype, shape);
      const numbers = fill(self, () => choose.integer(-1000, 1000) / 64);
      const plain = (memory: Placed['memory']): Placed => ({ dtype, memory, offset: 0, dims: shape, strides: rowMajor(shape) });
      const A = dtype === 'float32' ? Float32Array : Float64Array;
      const want = new A(Math.max(size(shape), 1));
      expect(runPlaced(name, plain(want), plain(A.from(numbers.length > 0 ? numbers : [0])))).toBe(Status.Ok);
      const out = place(choose, dtype, shape);
      fill(out, () => 77);
      expectWritten(name, out, Array.from(want), self);
    });
  });
});

const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);
const truth = (f: (xs: readonly boolean[]) => boolean) => (xs: readonly number[]) => Number(f(xs.map((x) => x !== 0)));
/** `numbers` are such that every order of the operations gives the same result. */
const reductions: Record<
  string,
  { dtypes: readonly DType[]; of: (xs: readonly number[]) => number; numbers?: [number, number]; out?: DType }
> = {
  sum: { dtypes: ['float32', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8'], of: sum },
  prod: { dtypes: ['float32', 'float64', 'int64', 'int32'], of: (xs) => xs.reduce((a, b) => a * b, 1), numbers: [1, 1] },
  amax: { dtypes: NUMERIC, of: (xs) => xs.reduce((a, b) => Math.max(a, b)) },
  amin: { dtypes: NUMERIC, of: (xs) => xs.reduce((a, b) => Math.min(a, b)) },
  any: { dtypes: DTYPES, of: truth((xs) => xs.some(Boolean)), numbers: [0, 1], out: 'bool' },
  all: { dtypes: DTYPES, of: truth((xs) => xs.every(Boolean)), numbers: [0, 3], out: 'bool' },
  count_nonzero: { dtypes: DTYPES, of: (xs) => xs.filter((x) => x !== 0).length, numbers: [0, 2], out: 'int64' },
};

/** For each output of a reduction over `reduced`, the row-major positions of its elements. */
function groups(shape: readonly number[], reduced: readonly number[]): number[][] {
  const kept = shape.map((_, d) => d).filter((d) => !reduced.includes(d));
  const [places, targets] = [rowMajor(shape), rowMajor(kept.map((d) => shape[d] as number))];
  const members = Array.from({ length: size(kept.map((d) => shape[d] as number)) }, () => [] as number[]);
  for (let i = 0; i < size(shape); i++) {
    const at = kept.reduce(
      (s, d, k) => s + (Math.floor(i / (places[d] as number)) % (shape[d] as number)) * (targets[k] as number),
      0,
    );
    (members[at] as number[]).push(i);
  }
  return members;
}

describe(`reductions of tensors at random places in memory (seed ${seed})`, () => {
  const nonEmpty = (choose: Choice) => dims(choose).map((n) => Math.max(n, 1));

  it('take the elements of each group', { timeout }, () => {
    cases(trials(400, 10_000), (choose) => {
      const shape = nonEmpty(choose);
      const reduced = shape.map((_, d) => d).filter(() => choose.chance(0.5));
      const name = choose.of(Object.keys(reductions));
      const { dtypes, of, numbers = [0, 50], out: outType } = reductions[name] as (typeof reductions)[string];
      const dtype = choose.of(dtypes);
      const self = place(choose, dtype, shape);
      const sign = dtype !== 'uint8' && (name === 'sum' || name.startsWith('am') || name === 'prod');
      const elements = fill(self, () => choose.integer(...numbers) * (sign && choose.chance(0.5) ? -1 : 1));
      const want = groups(shape, reduced).map((members) => of(members.map((i) => elements[i] as number)));
      const kept = choose.chance(0.5)
        ? shape.map((n, d) => (reduced.includes(d) ? 1 : n))
        : shape.filter((_, d) => !reduced.includes(d));
      const out = place(choose, outType ?? dtype, kept);
      fill(out, () => 1);
      expectWritten(name, out, want, self, reduced);
    });
  });

  it('find the first extremum and sum step by step along a dimension', { timeout }, () => {
    cases(trials(200, 5_000), (choose) => {
      const shape = nonEmpty(choose);
      if (shape.length === 0) shape.push(choose.integer(1, 40));
      const dim = choose.integer(0, shape.length - 1);
      const name = choose.of(['argmax', 'argmin', 'cumsum']);
      const dtype = choose.of(['float32', 'float64', 'int64', 'int32', 'int16', 'uint8'] as const);
      const self = place(choose, dtype, shape);
      const elements = fill(self, () => choose.integer(0, 20));
      const members = groups(shape, [dim]).map((m) => m.map((i) => [i, elements[i] as number] as const));
      const want: number[] = [];
      if (name === 'cumsum')
        for (const m of members) {
          let total = 0;
          for (const [i, x] of m) want[i] = total += x;
        }
      else
        for (const m of members) {
          const xs = m.map(([, x]) => x);
          want.push(xs.indexOf(name === 'argmax' ? Math.max(...xs) : Math.min(...xs)));
        }
      const target = name === 'cumsum' ? shape : shape.filter((_, d) => d !== dim);
      const out = place(choose, name === 'cumsum' ? dtype : 'int64', target);
      fill(out, () => 1);
      expectWritten(name, out, want, self, dim);
    });
  });
});
