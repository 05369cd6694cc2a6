/**
 * The reference's tensor: a list of numbers and, for every element, its place in that list. There are no strides and no fast
 * paths; whatever is a view of something else says so by its places.
 */
import { converted, type Dtype, stored } from './dtype.js';

export type Shape = readonly number[];
export type Index = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** All indices of a shape in row-major order. */
export function indicesOf(shape: Shape): Index[] {
  return shape.reduce<Index[]>(
    (heads, size) => heads.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i])),
    [[]],
  );
}

/** Where an index stands in row-major order. */
export const rank = (shape: Shape, index: Index): number => index.reduce((at, i, dim) => at * shape[dim] + i, 0);

export class NdArray {
  constructor(
    readonly dtype: Dtype,
    public shape: Shape,
    readonly memory: number[],
    public places: readonly number[],
  ) {}

  /** New memory with these values, rounded to the dtype. */
  static of(dtype: Dtype, shape: Shape, values: readonly number[]): NdArray {
    const memory = values.map((x) => stored(dtype, x));
    return new NdArray(
      dtype,
      shape,
      memory,
      memory.map((_, i) => i),
    );
  }

  /** New memory with the value of `f` at every index. */
  static from(dtype: Dtype, shape: Shape, f: (index: Index) => number): NdArray {
    return NdArray.of(dtype, shape, indicesOf(shape).map(f));
  }

  get ndim(): number {
    return this.shape.length;
  }
  get size(): number {
    return this.places.length;
  }
  get values(): number[] {
    return this.places.map((place) => this.memory[place]);
  }
  /** Whether two elements share a place, so that writing would be ambiguous. */
  get overlaps(): boolean {
    return new Set(this.places).size < this.places.length;
  }

  at(index: Index): number {
    return this.memory[this.places[rank(this.shape, index)]];
  }
  /** The element at an index of a larger shape that this one is broadcast to. */
  broadcastAt(index: Index): number {
    const lead = index.length - this.ndim;
    return this.at(this.shape.map((size, dim) => (size === 1 ? 0 : index[dim + lead])));
  }

  /** The same memory under another shape: `source` says which element each index of the view is. */
  view(shape: Shape, source: (index: Index) => Index): NdArray {
    const places = indicesOf(shape).map((index) => this.places[rank(this.shape, source(index))]);
    return new NdArray(this.dtype, shape, this.memory, places);
  }
  /** The elements in row-major order under another shape, in the same memory. */
  reshaped(shape: Shape): NdArray {
    return new NdArray(this.dtype, shape, this.memory, this.places);
  }
  copy(): NdArray {
    return NdArray.of(this.dtype, this.shape, this.values);
  }
  to(dtype: Dtype): NdArray {
    return NdArray.of(
      dtype,
      this.shape,
      this.values.map((x) => converted(this.dtype, dtype, x)),
    );
  }
  map(f: (x: number) => number, dtype = this.dtype): NdArray {
    return NdArray.of(dtype, this.shape, this.values.map(f));
  }

  /** Overwrites the elements; what shares the memory sees it. */
  write(values: readonly number[]): this {
    this.places.forEach((place, i) => {
      this.memory[place] = values[i];
    });
    return this;
  }

  /**
   * Whether a row-major reading of the places under `shape` is a view: equal steps along every dimension.
   */
  isViewableAs(shape: Shape): boolean {
    if (this.size === 0) return true;
    const steps = shape.map((size, dim) =>
      size > 1
        ? this.places[
            rank(
              shape,
              shape.map((_, d) => (d === dim ? 1 : 0)),
            )
          ] - this.places[0]
        : 0,
    );
    return indicesOf(shape).every(
      (index, i) => this.places[i] === index.reduce((at, x, dim) => at + x * steps[dim], this.places[0]),
    );
  }
}

/** The common shape of two broadcast operands; null if there is none. */
export function broadcast(a: Shape, b: Shape): number[] | null {
  const ndim = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let dim = 0; dim < ndim; dim++) {
    const x = a[dim - ndim + a.length] ?? 1;
    const y = b[dim - ndim + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return null;
    result.push(x === 1 ? y : x);
  }
  return result;
}
