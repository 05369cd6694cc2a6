/** Which elements meet in a resampled one, and with which weights, along one dimension. */
import { tensor } from '../from-data.js';
import { persistentCopy } from '../persistent.js';
import type { Storage } from '../storage.js';
import type { Tensor } from '../tensor.js';

export type ResamplingFilter = 'nearest' | 'nearest-exact' | 'linear' | 'cubic';

/** For each element of the result: the first of its neighbours, and their weights. */
type Windows = readonly { readonly start: number; readonly weights: readonly number[] }[];

/** The tables as tensors: starts (m), numbers of weights (m), weights (m, width). */
export interface ResamplingTables {
  readonly starts: Tensor;
  readonly taps: Tensor;
  readonly weights: Tensor;
}

export interface ResamplingGeometry {
  readonly filter: ResamplingFilter;
  /** Elements before. */
  readonly from: number;
  /** Elements after. */
  readonly to: number;
  /** The factor of the size, if one was given; else it follows from the sizes. */
  readonly factor: number | null;
  /** Whether the first and last elements lie upon each other, not the borders of the first and last elements. */
  readonly alignCorners: boolean;
  /** Whether reducing averages over all that is left out. */
  readonly antialias: boolean;
}

/** Keys' cubic convolution kernel. */
function cubic(x: number, a: number): number {
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? a * (((t - 5) * t + 8) * t - 4) : 0;
}
const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** How far apart the neighbours of successive elements are. */
function stepOf({ from, to, factor, alignCorners }: ResamplingGeometry): number {
  if (alignCorners) return to > 1 ? (from - 1) / (to - 1) : 0;
  return factor === null ? from / to : 1 / factor;
}

/** Neighbours outside of the tensor are its border elements. */
function window(first: number, weights: readonly number[], from: number): Windows[number] {
  const at = weights.map((_, k) => Math.min(Math.max(first + k, 0), from - 1));
  const start = at[0];
  const folded = new Array<number>(at[at.length - 1] - start + 1).fill(0);
  weights.forEach((w, k) => {
    folded[at[k] - start] += w;
  });
  return { start, weights: folded };
}

function plain(geometry: ResamplingGeometry): Windows {
  const { filter, from, to, alignCorners } = geometry;
  const step = stepOf(geometry);
  return Array.from({ length: to }, (_, i) => {
    // PyTorch decides in float32 which element is the nearest
    if (filter === 'nearest') return window(Math.floor(Math.fround(i * Math.fround(step))), [1], from);
    if (filter === 'nearest-exact') return window(Math.floor(Math.fround((i + 0.5) * Math.fround(step))), [1], from);
    const place = alignCorners ? step * i : step * (i + 0.5) - 0.5;
    const x = filter === 'linear' ? Math.max(0, place) : place;
    const first = Math.floor(x);
    const t = x - first;
    if (filter === 'linear') return window(Math.min(first, from - 1), [1 - t, t], from);
    return window(
      first - 1,
      [-1, 0, 1, 2].map((k) => cubic(k - t, -0.75)),
      from,
    );
  });
}

/** The filter widened to all elements that a new one covers, cut at the borders. */
function antialiased(geometry: ResamplingGeometry): Windows {
  const { filter, from, to } = geometry;
  const step = stepOf(geometry);
  const widening = Math.max(1, step);
  const reach = (filter === 'linear' ? 1 : 2) * widening;
  return Array.from({ length: to }, (_, i) => {
    const center = step * (i + 0.5);
    const start = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.max(start + 1, Math.min(from, Math.trunc(center + reach + 0.5)));
    const weights = Array.from({ length: end - start }, (_unused, k) => {
      const x = (start + k - center + 0.5) / widening;
      return filter === 'linear' ? triangle(x) : cubic(x, -0.5);
    });
    const total = weights.reduce((a, b) => a + b, 0);
    return { start, weights: total === 0 ? weights : weights.map((w) => w / total) };
  });
}

function toTables(windows: Windows, device: string): ResamplingTables {
  const width = Math.max(1, ...windows.map(({ weights }) => weights.length));
  const rows = windows.flatMap(({ weights }) => [...weights, ...new Array<number>(width - weights.length).fill(0)]);
  const int64 = (values: readonly number[]): Tensor => persistentCopy(tensor(values, { dtype: 'int64', device }));
  return {
    starts: int64(windows.map(({ start }) => start)),
    taps: int64(windows.map(({ weights }) => weights.length)),
    weights: persistentCopy(tensor(rows, { dtype: 'float64', device }).reshape([windows.length, width])),
  };
}

/** The tables used last: a model asks for the same ones at each step. Large ones are not kept. */
const recent = new Map<string, ResamplingTables>();
const MOST_RECENT = 64;
const MOST_WEIGHTS = 2 ** 16;

export function resamplingTables(geometry: ResamplingGeometry, device: string): ResamplingTables {
  const { filter, from, to, factor, alignCorners, antialias } = geometry;
  const key = [filter, from, to, factor, alignCorners, antialias, device].join();
  const tables = recent.get(key) ?? toTables(antialias ? antialiased(geometry) : plain(geometry), device);
  recent.delete(key);
  if (tables.weights.numel > MOST_WEIGHTS) return tables;
  recent.set(key, tables);
  if (recent.size > MOST_RECENT) recent.delete(recent.keys().next().value as string);
  return tables;
}

const transposed = new WeakMap<Storage, ResamplingTables>();

/**
 * @internal The tables of the transposed map, which takes gradients back to `from` elements. Windows move one way only, so those that
 * an element lies in follow each other.
 */
export function transposedTables(tables: ResamplingTables, from: number): ResamplingTables {
  const known = transposed.get(tables.weights.storage);
  if (known !== undefined) return known;
  const found = transpose(tables, from);
  transposed.set(tables.weights.storage, found);
  transposed.set(found.weights.storage, tables);
  return found;
}

function transpose({ starts, taps, weights }: ResamplingTables, from: number): ResamplingTables {
  const first = (starts.toArray() as (number | bigint)[]).map(Number);
  const counts = (taps.toArray() as (number | bigint)[]).map(Number);
  const table = weights.toArray() as number[][];
  const windows = Array.from({ length: from }, () => ({ start: 0, weights: [] as number[] }));
  first.forEach((start, i) => {
    for (let k = 0; k < counts[i]; k++) {
      const into = windows[start + k];
      if (into.weights.length === 0) into.start = i;
      // a window between that ends sooner leaves a gap
      while (into.start + into.weights.length < i) into.weights.push(0);
      into.weights.push(table[i][k]);
    }
  });
  return toTables(windows, weights.device);
}
