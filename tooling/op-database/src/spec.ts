/** How a sample describes a tensor: a shape, what fills it, and a dtype unless it is the one under test. */
import type { DType } from './dtype.js';

type Shape = readonly number[];

export type Fill =
  /** Around 0, standard deviation 1; integers from -9 to 9. */
  | 'normal'
  /** From 0.1 to 3; integers from 1 to 9. */
  | 'positive'
  /** Both signs, at least 0.3 away from 0; integers that are not 0. */
  | 'nonzero'
  /** Evenly from `low` to `high` (integers: `high` excluded). */
  | 'uniform'
  /** No two alike, so that an order is well defined. */
  | 'distinct'
  /** NaN, infinities, -0, denormals, the largest and smallest values; integers at the ends of their range. */
  | 'edges'
  /** Listed one by one. */
  | 'values';

export interface TensorSpec {
  readonly fill: Fill;
  readonly shape: Shape;
  /** Default: the dtype under test. */
  readonly dtype?: DType;
  readonly low?: number;
  readonly high?: number;
  readonly values?: readonly number[];
  /** False for a floating input that the op has no derivative for. Default: true if its dtype is the one under test. */
  readonly differentiable?: boolean;
}

type Rest = Partial<Pick<TensorSpec, 'dtype' | 'differentiable'>>;

export const normal = (shape: Shape, rest: Rest = {}): TensorSpec => ({ fill: 'normal', shape, ...rest });
export const positive = (shape: Shape, rest: Rest = {}): TensorSpec => ({ fill: 'positive', shape, ...rest });
export const nonzero = (shape: Shape, rest: Rest = {}): TensorSpec => ({ fill: 'nonzero', shape, ...rest });
export const distinct = (shape: Shape, rest: Rest = {}): TensorSpec => ({ fill: 'distinct', shape, ...rest });
export const edges = (shape: Shape = [32], rest: Rest = {}): TensorSpec => ({ fill: 'edges', shape, ...rest });
export const uniform = (shape: Shape, low: number, high: number, rest: Rest = {}): TensorSpec => ({
  fill: 'uniform',
  shape,
  low,
  high,
  ...rest,
});
/** Indices in [low, high). */
export const indices = (shape: Shape, low: number, high: number): TensorSpec => uniform(shape, low, high, { dtype: 'int64' });
export const bools = (shape: Shape): TensorSpec => normal(shape, { dtype: 'bool' });
export const values = (list: readonly number[], rest: Rest & { shape?: Shape } = {}): TensorSpec => ({
  fill: 'values',
  shape: [list.length],
  values: list,
  ...rest,
});

export const isSpec = (value: unknown): value is TensorSpec =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'fill');

/** `normal(3, 4)`, for messages. */
export function formatSpec({ fill, shape, dtype, low, high, values: list }: TensorSpec): string {
  const range = low === undefined ? '' : ` from ${low} to ${high}`;
  return `${dtype === undefined ? '' : `${dtype} `}${fill}(${shape.join(', ')})${range}${list === undefined ? '' : ` [${list.join(', ')}]`}`;
}
