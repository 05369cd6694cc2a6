/** Compares modules with what PyTorch's computed, as tooling/oracle/nn.py stored it. */
import { readFileSync } from 'node:fs';
import { linspace, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import type { Module, StateDict } from '../src/index.js';

export interface Stored {
  readonly dtype: 'float32' | 'int64';
  readonly shape: number[];
  readonly data: number[];
}
export interface Case {
  readonly train: boolean;
  readonly steps: number;
  readonly inputs: Stored[];
  readonly state: Record<string, Stored>;
  readonly output: Stored;
  /** The gradients of the inputs; null for those that need none. */
  readonly inputGrads: (Stored | null)[];
  readonly grads: Record<string, Stored>;
  readonly buffers: Record<string, Stored>;
}

export const readCases = (name: string) => JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')).cases;

export const load = ({ dtype, shape, data }: Stored): Tensor =>
  tensor(dtype === 'int64' ? data.map(BigInt) : data, { dtype }).reshape(shape);
export const values = (t: Tensor): number[] => (t.detach().reshape([-1]).toArray() as (number | bigint)[]).map(Number);

export function expectSame(actual: Tensor | null, expected: Stored | null, what: string): void {
  expect(actual === null, `${what} is missing`).toBe(expected === null);
  if (actual === null || expected === null) return;
  expect([...actual.shape], what).toEqual(expected.shape);
  expect(actual.dtype, what).toBe(expected.dtype);
  values(actual).forEach((value, i) => {
    const wanted = expected.data[i];
    const close = Math.abs(value - wanted) <= 2e-5 * Math.max(1, Math.abs(wanted));
    expect(close, `${what}[${i}]: ${value}, PyTorch ${wanted}`).toBe(true);
  });
}

export function checkCase(make: () => Module, stored: Case): void {
  const module = make().train(stored.train);
  const state: StateDict = Object.fromEntries(Object.entries(stored.state).map(([name, t]) => [name, load(t)]));
  expect(Object.keys(module.stateDict()), 'names and their order').toEqual(Object.keys(stored.state));
  module.loadStateDict(state);
  const inputs = stored.inputs.map(load);
  stored.inputGrads.forEach((grad, i) => {
    inputs[i].requiresGrad = grad !== null;
  });
  let output!: Tensor;
  for (let step = 0; step < stored.steps; step++) output = module(...inputs);
  expectSame(output, stored.output, 'output');
  // the oracle's loss: a weighted sum, so that no gradient is the same everywhere
  if (output.requiresGrad)
    output
      .mul(linspace(-1, 1, output.numel).reshape([...output.shape]))
      .sum()
      .backward();
  stored.inputGrads.forEach((grad, i) => {
    expectSame(inputs[i].grad, grad, `gradient of input ${i}`);
  });
  const grads = module.namedParameters().filter(([, p]) => p.grad !== null);
  expect(grads.map(([name]) => name)).toEqual(Object.keys(stored.grads));
  for (const [name, p] of grads) expectSame(p.grad, stored.grads[name], `gradient of ${name}`);
  const buffers = module.namedBuffers();
  expect(buffers.map(([name]) => name)).toEqual(Object.keys(stored.buffers));
  for (const [name, buffer] of buffers) expectSame(buffer, stored.buffers[name], name);
}

/** Tests every case of a fixture with the module of the same name. */
export function testFamily(file: string, modules: Readonly<Record<string, () => Module>>): void {
  describe(`modules of ${file} compute what they compute in PyTorch with the same state dict`, () => {
    const stored: Record<string, Case> = readCases(file);
    test('every stored case has a module', () => expect(Object.keys(modules).sort()).toEqual(Object.keys(stored).sort()));
    test.each(Object.keys(stored))('%s', (name) => checkCase(modules[name], stored[name]));
  });
}
