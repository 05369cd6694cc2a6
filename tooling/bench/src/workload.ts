/** What a workload is: the same inputs for every side, how one side computes, and what the machine could do at most. */
import type { Tensor } from '@flambeau/core';

/** An input that every side gets: normally distributed numbers times `scale`, or class numbers below `classes`. */
export type InputSpec =
  | { readonly shape: readonly number[]; readonly dtype: 'float32'; readonly scale?: number }
  | { readonly shape: readonly number[]; readonly dtype: 'int64'; readonly classes: number };

/** How memory is walked through; see kernels/native/src/isa/ceilings.cc. */
export type MemoryPattern = 'read' | 'copy' | 'read2Write1' | 'read4Write3';

/**
 * What bounds one run: floating-point operations, or the bytes that must at least move through arrays of `floats` elements. Absent
 * where only overhead counts.
 */
export type Ceiling =
  | { readonly kind: 'fma'; readonly flops: number }
  | { readonly kind: 'memory'; readonly pattern: MemoryPattern; readonly floats: number; readonly bytes: number };

/** A workload, set up in one process. */
export interface Prepared {
  /** The ways of doing it, of which the fastest counts. Each function runs the workload `times` times. */
  readonly variants: Readonly<Record<string, (times: number) => void>>;
  /** What the workload computes, from a state of its own: compared between the sides. */
  outputs(variant: string): readonly Tensor[];
}

export type Inputs<N extends string = string> = { readonly [K in N]: Tensor };

export interface Workload<N extends string = string> {
  readonly name: string;
  /** The peers' name for it where they have no such distinction. Default: `name`. */
  readonly peerName?: string;
  readonly inputs: Readonly<Record<N, InputSpec>>;
  readonly ceiling?: Ceiling;
  /** How far outputs may lie apart, as a share of the largest value. */
  readonly tolerance: number;
  prepare(inputs: Inputs<N>): Prepared;
}

/** Keeps the names of the inputs in the types. */
export const workload = <const N extends string>(w: Workload<N>): Workload<N> => w;

/** A variant that calls `fn` again and again. */
export const repeat =
  (fn: () => unknown) =>
  (times: number): void => {
    for (let i = 0; i < times; i++) fn();
  };
