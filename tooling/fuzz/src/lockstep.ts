/** Runs a program in Flambeau and in the reference, and compares every value after every step. */
import type { Tensor } from '@flambeau/core';
import { info, isFloat } from './dtype.js';
import type { NdArray } from './nd-array.js';
import { magnitude, type Operation } from './operation.js';
import { decide, flambeau, leafArray, listing, type RawProgram, reference, type Step, toTensor } from './program.js';

/** Beyond this a sum may overflow or not, depending on its order. */
const LARGE = { float16: 100, bfloat16: 1e18, float32: 1e18, float64: 1e150 } as Record<string, number>;
const ROUNDING_ERRORS = { exact: 0, rounding: 8, sums: 64 };

function tolerance(operation: Operation, scale: number, expected: NdArray): number {
  const inner = operation.accuracy === 'sums' && info(expected.dtype).bits === 16 ? 2 ** -7 : 0;
  return (info(expected.dtype).epsilon * ROUNDING_ERRORS[operation.accuracy] + inner * 2 ** -10) * scale;
}

function numbersOf(t: Tensor): number[] {
  return Array.from(t.to('float64').toTypedArray() as Float64Array);
}

/** What is wrong with a value; null if nothing is. */
function difference(actual: Tensor, expected: NdArray, allowed: (x: number) => number): string | null {
  if (actual.dtype !== expected.dtype) return `dtype ${actual.dtype}, expected ${expected.dtype}`;
  if (actual.shape.join() !== expected.shape.join()) return `shape (${actual.shape}), expected (${expected.shape})`;
  const numbers = numbersOf(actual);
  const wanted = expected.values;
  for (let i = 0; i < wanted.length; i++) {
    const [x, y] = [numbers[i], wanted[i]];
    if (Object.is(x, y) || x === y || Math.abs(x - y) <= allowed(y)) continue;
    return `element ${i} is ${x}, expected ${y} (± ${allowed(y)}); ${JSON.stringify(numbers.slice(0, 12))} vs ${JSON.stringify(wanted.slice(0, 12))}`;
  }
  return null;
}

/** How many steps were compared. */
export function compare(program: RawProgram, operations: readonly Operation[]): number {
  const arrays = program.leaves.map((leaf) => leafArray(leaf, true));
  const tensors = arrays.map(toTensor);
  const steps: Step[] = [];
  for (const raw of program.steps) {
    const step = decide(raw, operations, arrays);
    if (step === null) continue;
    const operands = step.operands.map((i) => arrays[i]);
    const scale =
      step.operation.scale?.(operands) ?? (step.operation.accuracy === 'sums' ? Math.max(...operands.map(magnitude)) : 0);
    const expected = reference(step, arrays);
    if (expected === null) continue;
    steps.push(step);
    const where = () => `\n${listing(program.leaves, steps)}\n`;
    let actual: Tensor;
    try {
      actual = flambeau(step, tensors);
    } catch (error) {
      throw new Error(`fails:${where()}`, { cause: error });
    }
    arrays.push(expected);
    tensors.push(actual);
    const large = isFloat(expected.dtype) && Math.max(...operands.map(magnitude)) > LARGE[expected.dtype];
    for (let i = 0; i < arrays.length; i++) {
      // an operand's memory is rounded like the result written to it
      const touched = arrays[i].memory === expected.memory;
      const unit = tolerance(step.operation, 1, arrays[i]);
      const allowed = (y: number) => (touched ? unit * Math.max(scale, Math.abs(y)) + smallest(arrays[i]) : 0);
      const wrong = large && touched ? null : difference(tensors[i], arrays[i], allowed);
      if (wrong !== null) throw new Error(`v${i} after the last step: ${wrong}${where()}`);
    }
    // from here on both have the same numbers, so that errors do not grow
    for (let i = 0; i < arrays.length; i++)
      if (arrays[i].memory === expected.memory && isFloat(expected.dtype)) arrays[i].write(numbersOf(tensors[i]));
  }
  return steps.length;
}

/** The smallest normal number: below it not every kernel keeps all digits. */
const smallest = (x: NdArray): number =>
  ({ float16: 2 ** -14, bfloat16: 2 ** -126, float32: 2 ** -126, float64: 2 ** -1022 })[x.dtype as string] ?? 0;
