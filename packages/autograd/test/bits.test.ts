/** What must not change a single bit of a training run: the number of threads, scopes, and recycling itself. */
import {
  cat,
  emptyCache,
  getNumThreads,
  ones,
  scope,
  setNumThreads,
  setPoisonRecycled,
  StorageError,
  type Tensor,
} from '@flambeau/core';
import { afterEach, describe, expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, because scripts on the built packages use it, too
import * as models from './models.mjs';

interface Training {
  readonly parameters: Tensor[];
  step(): Tensor;
}

/** The bits of all weights after some steps. */
function trained(run: (step: () => Tensor) => void = (step) => void step()): Uint8Array {
  const { parameters, step } = models.cnn({ batch: 8, size: 32, channels: 8 }) as Training;
  for (let i = 0; i < 5; i++) run(step);
  const all = cat(parameters.map((p) => p.detach().flatten())).toTypedArray() as Float32Array;
  expect(all.every(Number.isFinite)).toBe(true);
  return new Uint8Array(all.buffer);
}

const threads = getNumThreads();
afterEach(() => {
  setNumThreads(threads);
  setPoisonRecycled(false);
});

test('a run learns, and repeats itself', () => {
  const losses: number[] = [];
  const first = trained((step) => losses.push(step().item()));
  expect(losses[4]).toBeLessThan(losses[0]);
  expect(trained()).toEqual(first);
});

test.each([1, 2, 3, 7])('%i threads', (n) => {
  setNumThreads(1);
  const one = trained();
  setNumThreads(n);
  expect(trained()).toEqual(one);
});

describe('recycled memory', () => {
  const plain = trained();
  const inScope = (step: () => Tensor) => void scope(() => step().item());

  test('in scopes', () => expect(trained(inScope)).toEqual(plain));

  test('with an empty cache at each step', () => {
    expect(
      trained((step) => {
        emptyCache();
        step();
      }),
    ).toEqual(plain);
  });

  test('poisoned: whoever read it too late would compute NaN', () => {
    setPoisonRecycled(true);
    expect(trained()).toEqual(plain);
    expect(trained(inScope)).toEqual(plain);
  });
});

test('a loss that outlives its scope says so', () => {
  const { step } = models.cnn({ batch: 2, size: 8, channels: 2 }) as Training;
  let loss: Tensor | undefined;
  scope(() => {
    loss = step();
  });
  for (const use of [() => loss?.item(), () => loss?.add(1), () => loss?.toTypedArray()]) {
    expect(use).toThrow(StorageError);
    expect(use).toThrow(/released at the end of its scope; return it from the scope or mark it with keep\(\)/);
  }
  expect(() => loss?.item()).toThrow(/\(made by nll_loss/);
});

test('parameters and gradients outlive the scope of a step', () => {
  const { parameters, step } = models.cnn({ batch: 2, size: 8, channels: 2 }) as Training;
  scope(() => void step());
  for (const p of parameters) {
    expect(p.grad?.shape).toEqual(p.shape);
    expect((p.grad as Tensor).isfinite().all().item()).toBe(true);
  }
});

test('a backward pass through the memory of an ended scope says so', () => {
  const x = ones([2048], { requiresGrad: true });
  const loss = scope(() => x.square().exp().sum());
  expect(() => loss.backward()).toThrow(StorageError);
  expect(x.grad).toBeNull();
});
