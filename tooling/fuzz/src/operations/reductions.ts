/** Reductions, scans, sorting: everything along a dimension. */
import type { Tensor } from '@flambeau/core';
import { type Dtype, isFloat } from '../dtype.js';
import { type Index, indicesOf, NdArray, rank, type Shape } from '../nd-array.js';
import { type Accuracy, magnitude, type Operation, pickDim } from '../operation.js';

/** The values that meet at each index of the result, in their order. */
function gathered(x: NdArray, dims: readonly number[]): number[][] {
  const kept = x.shape.map((size, d) => (dims.includes(d) ? 1 : size));
  const lists: number[][] = indicesOf(kept).map(() => []);
  for (const index of indicesOf(x.shape))
    lists[
      rank(
        kept,
        index.map((i, d) => (dims.includes(d) ? 0 : i)),
      )
    ].push(x.at(index));
  return lists;
}
const reducedShape = (shape: Shape, dims: readonly number[], keepdim: boolean): number[] =>
  shape.flatMap((size, d) => (!dims.includes(d) ? [size] : keepdim ? [1] : []));

type Options = { keepdim: boolean };
interface Reduction {
  readonly name: string;
  readonly call: (t: Tensor, dim: number[] | null, options: Options) => Tensor;
  readonly of: (values: readonly number[]) => number;
  readonly dtype: (dtype: Dtype) => Dtype | null;
  readonly accuracy?: Accuracy;
  readonly differentiable?: boolean;
  /** Needs an element. */
  readonly nonEmpty?: boolean;
  /** Takes one dimension or all. */
  readonly single?: boolean;
  readonly scale?: Operation['scale'];
}

const same = (dtype: Dtype): Dtype => dtype;
const floating = (dtype: Dtype): Dtype | null => (isFloat(dtype) ? dtype : null);
const accumulated = (dtype: Dtype): Dtype => (isFloat(dtype) ? dtype : 'int64');
const truth = (): Dtype => 'bool';
const index = (): Dtype => 'int64';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
/** The largest, NaN if there is one. */
const largest = (values: readonly number[]): number =>
  values.reduce((a, b) => (Number.isNaN(a) || b <= a ? a : b), Number.NEGATIVE_INFINITY);
const firstLargest = (values: readonly number[]): number => values.findIndex((x) => Object.is(x + 0, largest(values) + 0));
const negated = (f: (values: readonly number[]) => number) => (values: readonly number[]) => f(values.map((x) => -x));
const variance = (values: readonly number[]): number =>
  sum(values.map((x) => (x - mean(values)) ** 2)) / Math.max(values.length - 1, 0);
function logsumexp(values: readonly number[]): number {
  const top = largest(values);
  return Number.isFinite(top) ? top + Math.log(sum(values.map((x) => Math.exp(x - top)))) : top;
}

const squareScale = ([x]: readonly NdArray[]): number => magnitude(x) ** 2;
const reductions: readonly Reduction[] = [
  { name: 'sum', call: (t, d, o) => t.sum(d, o), of: sum, dtype: accumulated },
  { name: 'mean', call: (t, d, o) => t.mean(d, o), of: mean, dtype: floating },
  { name: 'amax', call: (t, d, o) => t.amax(d, o), of: largest, dtype: same, accuracy: 'exact', nonEmpty: true },
  {
    name: 'amin',
    call: (t, d, o) => t.amin(d, o),
    of: (v) => -negated(largest)(v),
    dtype: same,
    accuracy: 'exact',
    nonEmpty: true,
  },
  { name: 'logsumexp', call: (t, d, o) => t.logsumexp(d as number[], o), of: logsumexp, dtype: floating, nonEmpty: true },
  { name: 'var', call: (t, d, o) => t.var(d, o), of: variance, dtype: floating, scale: squareScale },
  { name: 'norm', call: (t, d, o) => t.norm(2, d, o), of: (v) => Math.sqrt(sum(v.map((x) => x * x))), dtype: floating },
  { name: 'norm 1', call: (t, d, o) => t.norm(1, d, o), of: (v) => sum(v.map(Math.abs)), dtype: floating },
  {
    name: 'any',
    call: (t, d, o) => t.any(d, o),
    of: (v) => +v.some((x) => x !== 0),
    dtype: truth,
    accuracy: 'exact',
    differentiable: false,
  },
  {
    name: 'all',
    call: (t, d, o) => t.all(d, o),
    of: (v) => +v.every((x) => x !== 0),
    dtype: truth,
    accuracy: 'exact',
    differentiable: false,
  },
  {
    name: 'countNonzero',
    call: (t, d, o) => (o.keepdim ? t.ne(0).sum(d, o) : t.countNonzero(d)),
    of: (v) => v.filter((x) => x !== 0).length,
    dtype: index,
    accuracy: 'exact',
    differentiable: false,
  },
  {
    name: 'prod',
    call: (t, d, o) => t.prod(d?.[0], o),
    of: (v) => v.reduce((a, b) => a * b, 1),
    dtype: accumulated,
    single: true,
  },
  {
    name: 'argmax',
    call: (t, d, o) => t.argmax(d?.[0], o),
    of: firstLargest,
    dtype: index,
    accuracy: 'exact',
    differentiable: false,
    nonEmpty: true,
    single: true,
  },
  {
    name: 'argmin',
    call: (t, d, o) => t.argmin(d?.[0], o),
    of: negated(firstLargest),
    dtype: index,
    accuracy: 'exact',
    differentiable: false,
    nonEmpty: true,
    single: true,
  },
];

function reduction(r: Reduction): Operation {
  return {
    name: r.name,
    arity: 1,
    accuracy: r.accuracy ?? 'sums',
    differentiable: r.differentiable ?? true,
    scale: r.scale,
    choose: ([x], pick) => {
      const dtype = r.dtype(x.dtype);
      if (dtype === null || (x.dtype === 'bool' && r.name.startsWith('arg'))) return null;
      const all = x.shape.map((_, d) => d);
      const some = r.single ? all.slice(pick(x.ndim + 1)).slice(0, 1) : all.filter(() => pick(2) === 0);
      const dims = some.length === 0 ? all : some;
      const given = some.length === 0 ? (r.name === 'logsumexp' ? [] : null) : some;
      if (r.nonEmpty && dims.some((d) => x.shape[d] === 0)) return null;
      const keepdim = pick(3) === 0 && !(r.single && given === null);
      return {
        text: `$0.${r.name}(${given === null ? 'null' : `[${given}]`}, { keepdim: ${keepdim} })`,
        flambeau: (t) => r.call(t, given, { keepdim }),
        reference: (a) => NdArray.of(dtype, reducedShape(a.shape, dims, keepdim), gathered(a, dims).map(r.of)),
      };
    },
  };
}

// ---- from a row to a row ----

interface RowMap {
  readonly name: string;
  readonly call: (t: Tensor, dim: number) => Tensor;
  readonly row: (values: readonly number[]) => number[];
  readonly dtype: (dtype: Dtype) => Dtype | null;
  readonly accuracy: Accuracy;
  readonly differentiable?: boolean;
}

const along = ({ name, call, row, dtype: result, accuracy, differentiable = true }: RowMap): Operation => ({
  name,
  arity: 1,
  accuracy,
  differentiable,
  choose: ([x], pick) => {
    const dim = pickDim(x, pick);
    const dtype = result(x.dtype);
    if (dim === null || dtype === null) return null;
    return {
      text: `$0.${name}(${dim})`,
      flambeau: (t) => call(t, dim),
      reference: (a) => {
        const rows = gathered(a, [dim]).map(row);
        const kept = a.shape.map((size, d) => (d === dim ? 1 : size));
        const at = (i: Index) =>
          rows[
            rank(
              kept,
              i.map((v, d) => (d === dim ? 0 : v)),
            )
          ][i[dim]];
        return NdArray.from(dtype, a.shape, at);
      },
    };
  },
});

const running = (f: (a: number, b: number) => number) => (values: readonly number[]) => {
  const out: number[] = [];
  for (const x of values) out.push(out.length === 0 ? x : f(out[out.length - 1], x));
  return out;
};
/** Ascending, NaN last; equal elements keep their order. */
const order = (values: readonly number[]): number[] =>
  values
    .map((_, i) => i)
    .sort((a, b) => (Number.isNaN(values[a]) ? 1 : 0) - (Number.isNaN(values[b]) ? 1 : 0) || values[a] - values[b] || 0);
function softmax(values: readonly number[]): number[] {
  const top = largest(values);
  const powers = values.map((x) => Math.exp(x - top));
  return powers.map((p) => p / sum(powers));
}
const logSoftmax = (values: readonly number[]): number[] => {
  const top = largest(values);
  const log = Math.log(sum(values.map((x) => Math.exp(x - top))));
  return values.map((x) => x - top - log);
};

export const reducing: readonly Operation[] = [
  ...reductions.map(reduction),
  ...(
    [
      { name: 'cumsum', call: (t, d) => t.cumsum(d), row: running((a, b) => a + b), dtype: accumulated, accuracy: 'sums' },
      { name: 'cumprod', call: (t, d) => t.cumprod(d), row: running((a, b) => a * b), dtype: accumulated, accuracy: 'sums' },
      {
        name: 'cummax',
        call: (t, d) => t.cummax(d).values,
        row: running((a, b) => (Number.isNaN(a) || b < a ? a : b)),
        dtype: same,
        accuracy: 'exact',
      },
      { name: 'softmax', call: (t, d) => t.softmax(d), row: softmax, dtype: floating, accuracy: 'sums' },
      { name: 'logSoftmax', call: (t, d) => t.logSoftmax(d), row: logSoftmax, dtype: floating, accuracy: 'sums' },
      { name: 'sort', call: (t, d) => t.sort(d).values, row: (v) => order(v).map((i) => v[i]), dtype: same, accuracy: 'exact' },
      { name: 'argsort', call: (t, d) => t.argsort(d), row: order, dtype: index, accuracy: 'exact', differentiable: false },
    ] satisfies RowMap[]
  ).map(along),
];
