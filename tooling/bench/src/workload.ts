/** What a workload is: the same inputs for every side, how one side computes, what the machine could do at most, and what we aim at. */
import type { DType, Tensor } from '@flambeau/core';

/**
 * An input that every side gets: normally distributed numbers times `scale`, or with `classes` whole numbers below it; then cast to
 * `dtype`. The file holds at most `PERIOD` numbers, which both sides repeat until `shape` is full. The operation sees `shape` through
 * `permute`, then `expand`, then every `step`-th element of the last dimension.
 */
export interface InputSpec {
  readonly shape: readonly number[];
  /** Default float32. */
  readonly dtype?: DType;
  readonly scale?: number;
  readonly classes?: number;
  readonly permute?: readonly number[];
  readonly step?: number;
}

/** How memory is walked through; see kernels/native/src/isa/ceilings.cc. */
export type MemoryPattern = 'read' | 'copy' | 'read2Write1' | 'read4Write3';

/**
 * What bounds one run: arithmetic in `dtype` (default float32), or the bytes that must at least move through arrays of `floats`
 * elements. Absent where only overhead counts.
 */
export type Ceiling =
  | { readonly kind: 'fma'; readonly flops: number; readonly dtype?: DType }
  | { readonly kind: 'memory'; readonly pattern: MemoryPattern; readonly floats: number; readonly bytes: number };

/** What a row aims at; both where both are given. */
export interface Target {
  /** PyTorch's time over ours, at least; it may depend on PyTorch's own share of the ceiling. */
  readonly ratio?: number | ((peerShare: number) => number);
  /** Our share of the ceiling, at least. */
  readonly ofCeiling?: number;
}

/** A row of the table: some of a workload's variants on either side, of which the fastest count. */
export interface Line {
  /** Appended to the workload's name. */
  readonly suffix: string;
  readonly target: Target;
  /** The variants that count; default all. */
  readonly ours?: (variant: string) => boolean;
  readonly theirs?: (variant: string) => boolean;
  /** True for an algorithm with fewer operations than the ceiling counts: it may exceed the ceiling. */
  readonly mayExceed?: boolean;
}

/** A workload, set up in one process. */
export interface Prepared {
  /** The ways of doing it. Each function runs the workload `times` times. */
  readonly variants: Readonly<Record<string, (times: number) => void>>;
  /** What the workload computes, from a state of its own: compared between the sides. */
  outputs(variant: string): readonly Tensor[];
}

export type Inputs = Readonly<Record<string, Tensor>>;

/** What the peers know of a workload: a function of `python/operations.py` or `python/models.py` and its parameters. */
export interface PeerWorkload {
  readonly op: string;
  /** How it is run: a key of `PASSES` in `python/passes.py`. */
  readonly pass: 'forward' | 'recorded' | 'backward' | 'training' | 'optimizer' | 'step' | 'inference';
  readonly [parameter: string]: unknown;
}

export interface Workload {
  /** Words separated by dots, from the general to the particular, so that a prefix chooses a family. */
  readonly name: string;
  readonly peer: PeerWorkload;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly ceiling?: Ceiling;
  readonly lines: readonly Line[];
  /** How far outputs may lie apart, as a share of the largest value. */
  readonly tolerance: number;
  /** What is compared: the time of a run (default), or the peak memory of a process that does nothing else. */
  readonly measures?: 'time' | 'memory';
  prepare(inputs: Inputs): Prepared;
}

/** A variant that calls `fn` again and again. */
export const repeat =
  (fn: () => unknown) =>
  (times: number): void => {
    for (let i = 0; i < times; i++) fn();
  };

/** A workload with one row, for which every variant counts. */
export const row = (target: Target): Line[] => [{ suffix: '', target }];

export const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

// ---- ceilings ----

export const arithmetic = (flops: number, dtype?: DType): Ceiling => ({ kind: 'fma', flops, dtype });

/** `bytes` moved in the manner of `pattern`. */
export const traffic = (pattern: MemoryPattern, bytes: number): Ceiling => ({
  kind: 'memory',
  pattern,
  floats: Math.ceil(bytes / { read: 4, copy: 8, read2Write1: 12, read4Write3: 28 }[pattern]),
  bytes,
});
