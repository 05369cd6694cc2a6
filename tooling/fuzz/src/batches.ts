/** `vmap` of a program against the program on one example after the other. */
import { vmap } from '@flambeau/autograd';
import { stack, type Tensor, unbind } from '@flambeau/core';
import { isFloat } from './dtype.js';
import type { Operation } from './operation.js';
import { DecidedProgram, leafArray, type RawProgram, toTensor } from './program.js';

const EXAMPLES = 3;

/** How many steps were compared. */
export function checkBatch(raw: RawProgram, operations: readonly Operation[]): number {
  const examples = Array.from({ length: EXAMPLES }, (_, n) =>
    raw.leaves.map((leaf) => leafArray({ ...leaf, seed: leaf.seed + 31 * n }, false)),
  );
  const program = new DecidedProgram(raw, operations, examples[0]);
  if (program.steps.length === 0) return 0;
  let batched: Tensor[];
  let single: Tensor[][];
  try {
    single = examples.map((leaves) => program.onTensors(leaves.map(toTensor)));
    const batch = raw.leaves.map((_, i) => stack(examples.map((leaves) => toTensor(leaves[i]))));
    batched = vmap((...inputs: Tensor[]) => program.onTensors(inputs))(...batch) as Tensor[];
  } catch (error) {
    throw new Error(`fails:\n${program.text}\n`, { cause: error });
  }
  batched.forEach((value, i) => {
    unbind(value).forEach((part, n) => {
      const wrong = difference(part, single[n][i]);
      if (wrong !== null) throw new Error(`v${i} of example ${n}: ${wrong}\n${program.text}\n`);
    });
  });
  return program.steps.length;
}

function difference(actual: Tensor, expected: Tensor): string | null {
  if (actual.dtype !== expected.dtype) return `dtype ${actual.dtype}, expected ${expected.dtype}`;
  if (actual.shape.join() !== expected.shape.join()) return `shape (${actual.shape}), expected (${expected.shape})`;
  const [x, y] = [actual, expected].map((t) => Array.from(t.to('float64').toTypedArray() as Float64Array));
  const at = x.findIndex((v, i) => {
    const close = isFloat(expected.dtype) ? Math.abs(v - y[i]) <= 1e-9 * (1 + Math.abs(y[i])) : v === y[i];
    return !close && !Object.is(v, y[i]) && v !== y[i];
  });
  return at < 0 ? null : `element ${at} is ${x[at]}, expected ${y[at]}`;
}
