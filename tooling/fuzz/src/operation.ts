/** An operation as the fuzzer sees it: once as Flambeau computes it, once by loops over indices. */
import type { Tensor } from '@flambeau/core';
import type { NdArray } from './nd-array.js';

/** A whole number below `n`, of the program's choice. */
export type Pick = (n: number) => number;

/** An operation with all its parameters. */
export interface Call {
  /** How a person would write it, with `$0`, `$1`, … for the operands. */
  readonly text: string;
  readonly flambeau: (...operands: Tensor[]) => Tensor;
  readonly reference: (...operands: NdArray[]) => NdArray;
}

/** `exact`: only moves or compares elements. `rounding`: one rounding per element. `sums`: many, in whatever order. */
export type Accuracy = 'exact' | 'rounding' | 'sums';

export interface Operation {
  readonly name: string;
  readonly arity: number;
  readonly accuracy: Accuracy;
  /** Has a derivative with respect to floating operands (almost everywhere). */
  readonly differentiable: boolean;
  /** Parameters that suit these operands; null if there are none. */
  readonly choose: (operands: readonly NdArray[], pick: Pick) => Call | null;
  /** The size of what the rounding errors are proportional to. Default: the largest operand or result. */
  readonly scale?: (operands: readonly NdArray[]) => number;
}

/** The largest magnitude among the finite elements. */
export const magnitude = (x: NdArray): number =>
  x.values.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);

/** A dimension of the array; null for one without dimensions. */
export const pickDim = (x: NdArray, pick: Pick): number | null => (x.ndim === 0 ? null : pick(x.ndim));
