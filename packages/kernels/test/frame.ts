/** Calls kernels from tests: dense or strided tensors over typed arrays, float64 references, thread counts. */
import { expect } from 'vitest';
import { address, call, DTYPE_CODES, find, frame, setNumThreads, Status } from '../src/index.js';

export const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

export type DType = keyof typeof ARRAYS;
export type Data = InstanceType<(typeof ARRAYS)[DType]>;
export interface View {
  readonly dtype: DType;
  readonly data: Data;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
}
export type Argument = View | readonly View[] | readonly number[] | number | boolean | null;

export const size = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);
export const rowMajor = (dims: readonly number[]) => dims.map((_, d) => size(dims.slice(d + 1)));

/** A contiguous tensor of zeros, or of the given values. */
export function tensor(dtype: DType, dims: readonly number[], values?: ArrayLike<number>): View {
  const data = new ARRAYS[dtype](Math.max(size(dims), 1)) as Data;
  if (values)
    for (let i = 0; i < values.length; i++) data[i] = dtype === 'int64' ? BigInt(values[i] as number) : (values[i] as number);
  return { dtype, data, dims, strides: rowMajor(dims) };
}

/** The same memory with its dimensions reversed. */
export const transposed = (t: View): View => ({ ...t, dims: [...t.dims].reverse(), strides: [...t.strides].reverse() });

/** Values in row-major order, whatever the strides. */
export function values(t: View): number[] {
  const places = rowMajor(t.dims);
  return Array.from({ length: size(t.dims) }, (_, i) =>
    Number(
      t.data[places.reduce((at, place, d) => at + (Math.floor(i / place) % (t.dims[d] as number)) * (t.strides[d] as number), 0)],
    ),
  );
}

function slots(a: Argument): number[] {
  if (a === null) return [0];
  if (typeof a === 'number' || typeof a === 'boolean') return [Number(a)];
  if ('data' in a) return [address(a.data), DTYPE_CODES[a.dtype], a.dims.length, ...a.dims, ...a.strides];
  return [a.length, ...a.flatMap((x) => slots(x))];
}

/** Runs a kernel and returns its status. */
export function status(kernel: string, ...args: readonly Argument[]): number {
  const id = find(kernel);
  if (id < 0) throw new Error(`no kernel ${kernel}`);
  frame.set([id, ...args.flatMap(slots)]);
  call();
  return frame[0] as number;
}

/** Runs a kernel that must succeed. */
export function run(kernel: string, ...args: readonly Argument[]): void {
  expect(status(kernel, ...args), kernel).toBe(Status.Ok);
}

/** The same numbers at every run. */
export function generator(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function floats(n: number, random: () => number): number[] {
  return Array.from({ length: n }, () => Math.fround(random() * 4 - 2));
}

/** |got - want| <= tolerance * max(1, |want|) for every element; NaN and infinities must agree. */
export function expectClose(got: View, want: ArrayLike<number>, tolerance: number, what = ''): void {
  const actual = values(got);
  expect(actual.length, what).toBe(want.length);
  for (let i = 0; i < want.length; i++) {
    const [a, b] = [actual[i] as number, want[i] as number];
    if (Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))) continue;
    expect.fail(`${what}[${i}] is ${a}, expected ${b}`);
  }
}

/** Runs `compute` on one, two and three threads; the outputs must have the same bits. */
export function expectSameOnAllThreads(compute: () => readonly View[]): void {
  const bits = [1, 2, 3].map((threads) => {
    setNumThreads(threads);
    return compute().map((t) => Buffer.from(t.data.buffer, t.data.byteOffset, t.data.byteLength));
  });
  for (const other of bits.slice(1))
    other.forEach((b, i) => {
      expect(b.equals(bits[0]?.[i] as Buffer)).toBe(true);
    });
}
