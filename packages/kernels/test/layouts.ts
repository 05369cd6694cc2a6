/** Tensors of random shapes in random places of their memory: permuted, with gaps, backwards, repeated. */
import { address, call, DTYPE_CODES, find, frame } from '../src/index.js';
import { ARRAYS, type Data, type DType, rowMajor, size } from './frame.js';

/** A view of `memory` whose first element is at `offset`. */
export interface Placed {
  readonly dtype: DType;
  readonly memory: Data;
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
}

/** Whole numbers in [low, high], and a choice of a list. */
export class Choice {
  constructor(private readonly random: () => number) {}
  integer(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low + 1));
  }
  of<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)] as T;
  }
  chance(p: number): boolean {
    return this.random() < p;
  }
}

/** Up to five dimensions; now and then none, an empty one, or one that fills several vectors and chunks. */
export function dims(choose: Choice): number[] {
  const shape = Array.from({ length: choose.integer(0, 5) }, () => choose.integer(1, 6));
  if (shape.length > 0 && choose.chance(0.5)) shape[choose.integer(0, shape.length - 1)] = choose.integer(7, 150);
  if (shape.length > 0 && choose.chance(0.05)) shape[choose.integer(0, shape.length - 1)] = 0;
  if (shape.length > 0 && choose.chance(0.02)) shape[0] = Math.ceil(40_000 / (size(shape.slice(1)) || 1));
  return shape;
}

/** Memory for `shape` without two elements in one place. */
export function place(choose: Choice, dtype: DType, shape: readonly number[]): Placed {
  const strides = new Array<number>(shape.length).fill(0);
  let [reach, offset] = [1, 0];
  const order = shape.map((_, d) => ({ d, key: d }));
  if (choose.chance(0.5)) for (const o of order) o.key = choose.integer(0, 1000);
  for (const { d } of order.sort((a, b) => b.key - a.key)) {
    const n = shape[d] as number;
    const step = reach * (choose.chance(0.2) ? choose.integer(2, 3) : 1);
    const backwards = choose.chance(0.2);
    strides[d] = backwards ? -step : step;
    if (backwards) offset += step * Math.max(n - 1, 0);
    reach = step * Math.max(n, 1);
  }
  const before = choose.integer(0, 3);
  return { dtype, memory: new ARRAYS[dtype](before + reach + 3) as Data, offset: before + offset, dims: shape, strides };
}

/** The same, for an input of an operation whose result has `shape`: some dimensions are absent, of size 1 or repeated. */
export function placeInput(choose: Choice, dtype: DType, shape: readonly number[]): Placed {
  const own = shape.map((n) => (choose.chance(0.15) ? 1 : n)).slice(choose.chance(0.2) ? choose.integer(0, shape.length) : 0);
  const repeated = own.map(() => choose.chance(0.1));
  const placed = place(
    choose,
    dtype,
    own.map((n, d) => (repeated[d] ? Math.min(n, 1) : n)),
  );
  return { ...placed, dims: own, strides: placed.strides.map((s, d) => (repeated[d] ? 0 : s)) };
}

/** Where each element is in the memory, in row-major order. */
export function positions(t: Placed): number[] {
  const places = rowMajor(t.dims);
  return Array.from({ length: size(t.dims) }, (_, i) =>
    places.reduce((at, p, d) => at + (Math.floor(i / p) % (t.dims[d] as number)) * (t.strides[d] as number), t.offset),
  );
}

/** For each element of `shape`, the row-major position of the element of `own` that is broadcast to it. */
export function broadcastFrom(shape: readonly number[], own: readonly number[]): number[] {
  const [places, sources] = [rowMajor(shape), rowMajor(own)];
  const missing = shape.length - own.length;
  return Array.from({ length: size(shape) }, (_, i) =>
    sources.reduce(
      (at, source, d) =>
        at + (own[d] === 1 ? 0 : source * (Math.floor(i / (places[d + missing] as number)) % (shape[d + missing] as number))),
      0,
    ),
  );
}

const bits = new Float32Array(1);
const pattern = new Uint32Array(bits.buffer);
/** The bits of a whole number that float16 or bfloat16 holds exactly. */
function half(dtype: 'float16' | 'bfloat16', x: number): number {
  bits[0] = x;
  const b = pattern[0] as number;
  if (dtype === 'bfloat16') return b >>> 16;
  return x === 0 ? 0 : ((b >>> 16) & 0x8000) | ((((b >>> 23) & 0xff) - 112) << 10) | ((b >>> 13) & 0x3ff);
}

/** Writes a number as the dtype stores it: whole ones wrap around. */
export function write(dtype: DType, memory: Data, at: number, x: number): void {
  if (dtype === 'int64') memory[at] = BigInt(Math.trunc(x));
  else if (dtype === 'bool') memory[at] = Number(x !== 0);
  else memory[at] = dtype === 'float16' || dtype === 'bfloat16' ? half(dtype, x) : x;
}

/** Fills all memory with numbers and returns those of the view. `half` dtypes want small whole numbers. */
export function fill(t: Placed, number: () => number): number[] {
  const numbers = Array.from(t.memory as ArrayLike<unknown>, (_, i) => {
    const x = number();
    write(t.dtype, t.memory, i, x);
    return t.dtype === 'bool' ? Number(x !== 0) : x;
  });
  return positions(t).map((at) => numbers[at] as number);
}

/** The memory as it must be once `numbers` are written into the view. */
export function written(t: Placed, before: Data, numbers: ArrayLike<number>): Data {
  const memory = before.slice() as Data;
  positions(t).forEach((at, i) => {
    write(t.dtype, memory, at, numbers[i] as number);
  });
  return memory;
}

/** Runs a kernel and returns its status. */
export function runPlaced(kernel: string, ...args: readonly (Placed | number | readonly number[])[]): number {
  const slots = args.flatMap((a) => {
    if (typeof a === 'number') return [a];
    if (!('memory' in a)) return [a.length, ...a];
    const first = address(a.memory) + a.offset * a.memory.BYTES_PER_ELEMENT;
    return [first, DTYPE_CODES[a.dtype], a.dims.length, ...a.dims, ...a.strides];
  });
  frame.set([find(kernel), ...slots]);
  call();
  return frame[0] as number;
}
