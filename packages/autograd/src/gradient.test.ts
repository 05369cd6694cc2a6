/** The memory of gradients that only their leaf knows is used again; what anybody has seen stays as it is. */
import { memory, ones, setPoisonRecycled, type Tensor } from '@flambeau/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { borrowGrad } from './gradient.js';
import { backward as backwardOf } from './index.js';

const SIZE = 1000;
const make = (): Tensor => ones([SIZE], { requiresGrad: true });
const backward = (t: Tensor, factor: number): void => t.mul(factor).sum().backward();
const first = (t: Tensor | null): unknown => t?.select(0, 0).item();

describe('gradients that nobody has seen', () => {
  test('give their memory to the next ones', () => {
    const leaf = make();
    const step = (): void => {
      backward(leaf, 2);
      leaf.grad = null;
    };
    step();
    const cached = memory().cachedBytes;
    const recycled = memory().recycledBytes;
    for (let i = 0; i < 5; i++) step();
    expect(memory().cachedBytes).toBe(cached);
    expect(memory().recycledBytes - recycled).toBeGreaterThanOrEqual(5 * 4 * SIZE);
  });

  test('are gone for a borrower that did not let go', () => {
    const leaf = make();
    backward(leaf, 2);
    const kept = borrowGrad(leaf) as Tensor;
    expect(first(kept)).toBe(2);
    leaf.grad = null;
    expect(() => kept.sum()).toThrow(/released/);
  });
});

describe('gradients that somebody has seen', () => {
  beforeEach(() => setPoisonRecycled(true));
  afterEach(() => setPoisonRecycled(false));

  test('stay, whatever their leaf holds since', () => {
    const leaf = make();
    backward(leaf, 2);
    const seen = leaf.grad;
    leaf.grad = null;
    backward(leaf, 3);
    expect([first(seen), first(leaf.grad)]).toEqual([2, 3]);
  });

  test('stay when they were given by the user', () => {
    const leaf = make();
    const given = ones([SIZE]);
    backward(leaf, 2);
    leaf.grad = given;
    backward(leaf, 3);
    leaf.grad = null;
    expect(first(given)).toBe(4);
  });

  test('stay when a hook of the leaf has read them', () => {
    const leaf = make();
    const seen: (Tensor | null)[] = [];
    leaf.registerPostAccumulateGradHook((t) => void seen.push(t.grad));
    for (const factor of [2, 3]) {
      backward(leaf, factor);
      leaf.grad = null;
    }
    expect(seen.map(first)).toEqual([2, 3]);
  });

  test('stay when they are part of a graph', () => {
    const leaf = make();
    leaf.square().sum().backward({ createGraph: true });
    const sum = leaf.grad?.sum() as Tensor;
    leaf.grad = null;
    sum.backward();
    expect(first(leaf.grad)).toBe(2);
  });

  test('are not shared with a gradient that the user passed to backward', () => {
    const leaf = make();
    const given = ones([SIZE]);
    leaf.backward(given);
    leaf.grad = null;
    expect(first(given)).toBe(1);
  });
});

test('leaves that backward is told of have gradients of their own', () => {
  const [a, b] = [make(), make()];
  const given = ones([SIZE]);
  const run = (): void => backwardOf(a.add(b), { gradient: given, inputs: [a, b] });
  run();
  a.add(b).sum().backward();
  expect([first(a.grad), first(b.grad), first(given)]).toEqual([2, 2, 1]);
});
