/**
 * Gradients of a program's values: backward against forward mode, both against differences that the reference computes, and second
 * derivatives by two ways. Where a function has a kink, differences tell nothing and the program is left out.
 */
import { type Tensor, tensor } from '@flambeau/core';
import { func, grad } from '@flambeau/autograd';
import { Unsuitable } from './dtype.js';
import { NdArray } from './nd-array.js';
import type { Operation } from './operation.js';
import { DecidedProgram, leafArray, type RawProgram, toTensor } from './program.js';

const STEP = 1e-5;
const LARGE = 1e4;

/** Factors of a value's elements in the number that is differentiated. */
const weight = (i: number): number => Math.cos(0.7 * i + 1);
/** A direction that no structure of a program is likely to be orthogonal to. */
const direction = (x: NdArray, shift: number): number[] => x.values.map((_, i) => Math.sin(1.3 * i + shift));

function lossOfArrays(values: readonly NdArray[]): number {
  let loss = 0;
  for (const value of values) if (value.dtype === 'float64') for (const [i, x] of value.values.entries()) loss += weight(i) * x;
  return loss;
}
function lossOfTensors(values: readonly Tensor[]): Tensor {
  const terms = values
    .filter((value) => value.dtype === 'float64')
    .map((value) =>
      value
        .reshape([-1])
        .mul(tensor(Float64Array.from({ length: value.numel }, (_, i) => weight(i))))
        .sum(),
    );
  return terms.reduce((a, b) => a.add(b));
}

export type Outcome = 'checked' | 'refused' | 'unsuitable';

export function checkGradients(raw: RawProgram, operations: readonly Operation[]): Outcome {
  const leaves = raw.leaves.map((leaf) => leafArray(leaf, false));
  const program = new DecidedProgram(raw, operations, leaves);
  const free = leaves.flatMap((leaf, i) => (leaf.dtype === 'float64' ? [i] : []));
  if (program.steps.length === 0 || free.length === 0) return 'unsuitable';
  const ways = free.map((i) => direction(leaves[i], i));
  const expected = byDifferences(program, free, ways);
  if (expected === null) return 'unsuitable';

  const loss = (...inputs: Tensor[]): Tensor =>
    lossOfTensors(program.onTensors(leaves.map((leaf, i) => (free.includes(i) ? inputs[free.indexOf(i)] : toTensor(leaf)))));
  const primals = free.map((i) => toTensor(leaves[i]));
  const tangents = free.map((i, k) => tensor(Float64Array.from(ways[k])).reshape([...leaves[i].shape]));
  const along = (gradients: readonly (Tensor | null)[]): number =>
    gradients.reduce((sum, g, k) => sum + (g === null ? 0 : (g.mul(tangents[k]).sum().item() as number)), 0);

  try {
    const forward = (func.jvp(loss, primals, tangents)[1] as Tensor).item() as number;
    if (!Number.isFinite(forward)) return 'unsuitable'; // an infinite slope inside, times zero
    expect('forward mode', forward, expected, 1e-5, program);
    const inputs = primals.map((t) => t.clone().detach().requiresGrad_());
    const backward = along(grad(loss(...inputs), inputs, { allowUnused: true }));
    expect('backward', backward, forward, 1e-9, program);
    const gradients = (...at: Tensor[]) => func.grad(loss, { argnums: free.map((_, k) => k) })(...at);
    const forwardOverBackward = along(func.jvp(gradients, primals, tangents)[1] as Tensor[]);
    const first = grad(loss(...inputs), inputs, { allowUnused: true, createGraph: true });
    const slope = first.reduce<Tensor>(
      (sum, g, k) => (g === null ? sum : sum.add(g.mul(tangents[k]).sum())),
      tensor(0, { dtype: 'float64' }),
    );
    const twice = slope.requiresGrad ? along(grad(slope, inputs, { allowUnused: true })) : 0;
    expect('backward over backward', twice, forwardOverBackward, 1e-7, program);
  } catch (error) {
    // a value that a derivative needs was written to, or a constant was: PyTorch refuses that, too
    if (error instanceof Error && /an in-place operation has changed it|would write a value that carries/.test(error.message))
      return 'refused';
    if (error instanceof Error && error.message.includes('\nv0 = ')) throw error;
    throw new Error(`fails:\n${program.text}\n`, { cause: error });
  }
  return 'checked';
}

function expect(what: string, actual: number, expected: number, relative: number, program: DecidedProgram): void {
  if (Math.abs(actual - expected) <= relative * (1 + Math.abs(expected))) return;
  throw new Error(`${what} gives ${actual}, expected ${expected}\n${program.text}\n`);
}

/** The slope of the loss along a direction; null where it has a kink or is too steep for differences to be exact. */
function byDifferences(program: DecidedProgram, free: readonly number[], ways: readonly number[][]): number | null {
  const at = (step: number): number => {
    const moved = program.leaves.map((leaf, i) => {
      const k = free.indexOf(i);
      return k < 0
        ? leaf
        : NdArray.of(
            'float64',
            leaf.shape,
            leaf.values.map((x, j) => x + step * ways[k][j]),
          );
    });
    const values = program.onArrays(moved);
    for (const value of values) {
      if (value.dtype === 'float32' || value.dtype === 'float16') throw new Unsuitable(); // rounding would look like a slope
      for (const x of value.values) if (!(Math.abs(x) < LARGE)) throw new Unsuitable();
    }
    return lossOfArrays(values);
  };
  try {
    const here = at(0);
    const [left, right, farLeft, farRight] = [-STEP, STEP, -2 * STEP, 2 * STEP].map(at);
    const slope = (right - left) / (2 * STEP);
    const wider = (farRight - farLeft) / (4 * STEP);
    const bend = (right - here) / STEP - (here - left) / STEP;
    const widerBend = (farRight - here) / (2 * STEP) - (here - farLeft) / (2 * STEP);
    const kink = 2 * bend - widerBend; // what does not grow with the step
    const unit = 1 + Math.abs(slope);
    const smooth = Math.abs(slope - wider) < 1e-6 * unit && Math.abs(bend) < 1e-2 * unit && Math.abs(kink) < 1e-5 * unit;
    return smooth ? (4 * slope - wider) / 3 : null;
  } catch (error) {
    if (error instanceof Unsuitable) return null;
    throw error;
  }
}
