/**
 * Random programs. A program is a list of numbers, so that fast-check can shrink it: which operation, on which of the values so far,
 * with which parameters is decided, modulo what suits, while the reference computes. What does not suit is left out.
 */
import { type Tensor, tensor } from '@flambeau/core';
import fc from 'fast-check';
import { type Dtype, isFloat, stored, Unsuitable } from './dtype.js';
import { NdArray, type Shape, sizeOf } from './nd-array.js';
import type { Call, Operation } from './operation.js';

const MAX_ELEMENTS = 600;

export interface Leaf {
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** Start of the sequence of its elements. */
  readonly seed: number;
}
export interface RawStep {
  readonly operation: number;
  readonly operands: readonly number[];
  readonly parameters: readonly number[];
}
export interface RawProgram {
  readonly leaves: readonly Leaf[];
  readonly steps: readonly RawStep[];
}

/** A step of a program that is decided. */
export interface Step {
  readonly operation: Operation;
  readonly operands: readonly number[];
  readonly call: Call;
}

const sizes = fc.constantFrom(2, 3, 1, 4, 0, 5, 7, 17);
const shapes = fc.array(sizes, { maxLength: 4 }).filter((shape) => sizeOf(shape) <= MAX_ELEMENTS / 4);

/** Programs whose first values have these dtypes. */
export function programs(dtypes: readonly Dtype[], maxSteps: number, maxLeaves = 3): fc.Arbitrary<RawProgram> {
  const leaf = fc.record({ dtype: fc.constantFrom(...dtypes), shape: shapes, seed: fc.nat(10_000) });
  const step = fc.record({
    operation: fc.nat(1_000_000),
    operands: fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000)),
    parameters: fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }),
  });
  // operands of one shape, or one that broadcasts, are what most operations need
  const leaves = fc
    .tuple(leaf, fc.array(fc.tuple(leaf, fc.nat(3)), { maxLength: maxLeaves - 1 }))
    .map(([first, others]) => [
      first,
      ...others.map(([other, relation]) => (relation === 3 ? other : { ...other, shape: related(first.shape, relation) })),
    ]);
  return fc.record({ leaves, steps: fc.array(step, { minLength: 1, maxLength: maxSteps }) });
}

/** One that broadcasts with `shape`. Without a leading dimension of size 0 it could be large. */
function related(shape: Shape, relation: number): Shape {
  if (relation === 0 || shape.includes(0)) return shape;
  return relation === 1 ? shape.slice(1) : shape.map((size, d) => (d % 2 === 0 ? 1 : size));
}

/** The elements: few bits each, so that sums of integers and of most floats are exact; now and then an extreme one. */
export function leafValues({ dtype, shape, seed }: Leaf, extremes: boolean): number[] {
  let state = seed * 2654435761 + 12345;
  const next = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  return Array.from({ length: sizeOf(shape) }, () => {
    if (!isFloat(dtype)) return stored(dtype, dtype === 'uint8' ? next(9) : next(17) - 8);
    if (extremes && next(40) === 0) return [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e4, 1e-4][next(5)];
    return stored(dtype, (next(4001) - 2000) / 1000);
  });
}

export const leafArray = (leaf: Leaf, extremes: boolean): NdArray =>
  NdArray.of(leaf.dtype, leaf.shape, leafValues(leaf, extremes));

export function toTensor(x: NdArray): Tensor {
  return tensor(new Float64Array(x.values))
    .to(x.dtype)
    .reshape([...x.shape]);
}

/** Picks numbers from a list, over and over, differently each time around. */
function picker(parameters: readonly number[]): (n: number) => number {
  let count = 0;
  return (n) => {
    const round = Math.floor(count / parameters.length);
    const value = parameters[count++ % parameters.length];
    return n === 0 ? 0 : (value + round * 7) % n;
  };
}

const TRIES = 8;

/** Decides a step on the values so far: the first of some operations that suits its operands; null if none does. */
export function decide(raw: RawStep, operations: readonly Operation[], values: readonly NdArray[]): Step | null {
  for (let i = 0; i < TRIES; i++) {
    const step = decideOn(operations[(raw.operation + i) % operations.length], raw, values);
    if (step !== null) return step;
  }
  return null;
}

function decideOn(operation: Operation, raw: RawStep, values: readonly NdArray[]): Step | null {
  const operands = raw.operands.slice(0, operation.arity).map((n) => n % values.length);
  const arrays = operands.map((i) => values[i]);
  try {
    const call = operation.choose(arrays, picker(raw.parameters));
    return call && { operation, operands, call };
  } catch (error) {
    if (error instanceof Unsuitable) return null;
    throw error;
  }
}

/** Computes a step by loops; null if the operands do not suit after all or the result is too large. */
export function reference({ operands, call }: Step, values: readonly NdArray[]): NdArray | null {
  try {
    const result = call.reference(...operands.map((i) => values[i]));
    return result.size > MAX_ELEMENTS ? null : result;
  } catch (error) {
    if (error instanceof Unsuitable) return null;
    throw error;
  }
}

export function flambeau({ operands, call }: Step, values: readonly Tensor[]): Tensor {
  return call.flambeau(...operands.map((i) => values[i]));
}

/** The program as a person would write it. */
export function listing(leaves: readonly Leaf[], steps: readonly Step[]): string {
  const lines = leaves.map(({ dtype, shape, seed }, i) => `v${i} = ${dtype} (${shape}) from seed ${seed}`);
  steps.forEach(({ operands, call }, i) => {
    const text = call.text.replace(/\$(\d)/g, (_, n) => `v${operands[Number(n)]}`);
    lines.push(`v${leaves.length + i} = ${text}`);
  });
  return lines.join('\n');
}

/** A program whose steps are all decided, on the reference alone. */
export class DecidedProgram {
  readonly steps: Step[] = [];

  constructor(
    readonly raw: RawProgram,
    operations: readonly Operation[],
    /** The first values; the program works on copies, so that it may write to them. */
    readonly leaves: readonly NdArray[],
  ) {
    const values = leaves.map((leaf) => leaf.copy());
    for (const rawStep of raw.steps) {
      const step = decide(rawStep, operations, values);
      const result = step && reference(step, values);
      if (step === null || result === null) continue;
      this.steps.push(step);
      values.push(result);
    }
  }

  /** All values at the end, by the reference. */
  onArrays(leaves: readonly NdArray[]): NdArray[] {
    const values = leaves.map((leaf) => leaf.copy());
    for (const step of this.steps) {
      const result = reference(step, values);
      if (result === null) throw new Unsuitable();
      values.push(result);
    }
    return values;
  }

  /** All values at the end, by Flambeau. */
  onTensors(leaves: readonly Tensor[]): Tensor[] {
    const values = leaves.map((leaf) => leaf.clone());
    for (const step of this.steps) values.push(flambeau(step, values));
    return values;
  }

  get text(): string {
    return listing(this.raw.leaves, this.steps);
  }
}
