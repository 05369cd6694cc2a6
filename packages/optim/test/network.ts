/** The network whose training PyTorch's results are stored of. */
import { readFileSync } from 'node:fs';
import { crossEntropy, linear, type Tensor, tensor } from '@flambeau/core';
import { expect } from 'vitest';
import type { Optimizer } from '../src/index.js';

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8')) as T;
}

interface Trajectory {
  readonly losses: number[];
  readonly final: number[][];
  /** After 10 of 20 steps. */
  readonly halfway?: { readonly state: { state: object; param_groups: object[] }; readonly parameters: number[][] };
}
export const fixture = readFixture<{ initial: number[][]; x: number[]; y: number[]; cases: Record<string, Trajectory> }>(
  'trajectories',
);
const SHAPES = [[8, 4], [8], [3, 8], [3]];
const x = tensor(fixture.x).reshape([16, 4]);

export type Precision = 'float32' | 'float64' | 'bfloat16';

export const parametersFrom = (values: readonly number[][], dtype: Precision = 'float32'): Tensor[] =>
  values.map((list, i) => tensor(list, { dtype }).reshape(SHAPES[i]).detach().clone().requiresGrad_());
export const initialParameters = (dtype: Precision = 'float32'): Tensor[] => parametersFrom(fixture.initial, dtype);

export const lossOf = ([w1, b1, w2, b2]: Tensor[]): Tensor =>
  crossEntropy(linear(linear(x.to(w1.dtype), w1, b1).tanh(), w2, b2), fixture.y);

export function trainStep(parameters: Tensor[], optimizer: Optimizer): number {
  optimizer.zeroGrad();
  const loss = lossOf(parameters);
  loss.backward();
  optimizer.step();
  return loss.item();
}

/** A step of an optimizer that evaluates the loss itself. */
export const closureStep = (parameters: Tensor[], optimizer: Optimizer): number =>
  optimizer
    .step(() => {
      optimizer.zeroGrad();
      const loss = lossOf(parameters);
      loss.backward();
      return loss;
    })
    .item();

export const flat = (t: Tensor): number[] => t.detach().double().reshape([-1]).toArray() as number[];

export function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]), `${what} ${i}: ${value}, expected ${expected[i]}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(expected[i])),
    );
  });
}
