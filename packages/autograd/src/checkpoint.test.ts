import { dropout, getRngState, manualSeed, randn, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { checkpoint, grad, noGrad } from './index.js';

describe('checkpoint', () => {
  const w = randn([4, 4], { dtype: 'float64', requiresGrad: true });
  const block = (x: Tensor): Tensor => x.matmul(w).tanh().matmul(w).sigmoid();
  const gradients = (run: (x: Tensor) => Tensor): number[] => {
    const x = tensor([[0.1, 0.2, 0.3, 0.4]], { dtype: 'float64', requiresGrad: true });
    w.grad = null;
    const y = run(x);
    y.sum().backward();
    return [y, x.grad, w.grad].flatMap((t) => (t as Tensor).flatten().toArray() as number[]);
  };
  // w is used several times, and its gradients are added in another order
  const close = (numbers: number[]) => numbers.map((x) => expect.closeTo(x, 12));

  test('gives the same results and gradients, also of what the function closes over', () => {
    const plain = gradients((x) => block(block(x)));
    expect(gradients((x) => checkpoint(block, checkpoint(block, x)))).toEqual(close(plain));
    expect(gradients((x) => checkpoint((t: Tensor) => checkpoint(block, block(t)), x))).toEqual(close(plain));
  });

  test('computes once forward, once more in backward', () => {
    let calls = 0;
    const x = tensor([1], { requiresGrad: true });
    const y = checkpoint((t: Tensor) => {
      calls++;
      return t.exp();
    }, x);
    expect(calls).toBe(1);
    y.backward();
    expect(calls).toBe(2);
  });

  test('draws the same random numbers again, and leaves the generator where it was', () => {
    const drop = (x: Tensor): Tensor => dropout(x.mul(2), 0.5);
    const run = (wrap: (x: Tensor) => Tensor) => {
      manualSeed(7);
      const x = randn([64], { requiresGrad: true });
      const y = wrap(x);
      dropout(x, 0.5); // others draw in between
      const state = getRngState();
      y.sum().backward();
      expect(getRngState()).toEqual(state);
      return [y.toArray(), x.grad?.toArray()];
    };
    expect(run((x) => checkpoint(drop, x))).toEqual(run(drop));
  });

  test('leaves the generator alone when the second run fails', () => {
    let calls = 0;
    const y = checkpoint(
      (t: Tensor) => {
        if (calls++ > 0) throw new Error('second run');
        return dropout(t);
      },
      tensor([1, 2], { requiresGrad: true }),
    );
    randn([3]);
    const state = getRngState();
    expect(() => y.sum().backward()).toThrow('second run');
    expect(getRngState()).toEqual(state);
  });

  test('takes lists of results and other arguments', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const [a, b] = checkpoint((t: Tensor, factor: number): Tensor[] => [t.mul(factor), t.square()], x, 3);
    a.add(b).sum().backward();
    expect(x.grad?.toArray()).toEqual([5, 7]);
  });

  test('is an ordinary call under noGrad', () => {
    const y = noGrad(() => checkpoint((t: Tensor) => t.exp(), tensor([1], { requiresGrad: true })));
    expect(y.requiresGrad).toBe(false);
  });

  test('frees its inputs and says so', () => {
    const y = checkpoint((t: Tensor) => t.exp(), tensor([1], { requiresGrad: true }));
    y.backward();
    expect(() => y.backward()).toThrow(/freed by an earlier backward/);
  });

  test('is refused where it would give wrong gradients silently', () => {
    const x = tensor([1], { requiresGrad: true });
    const run = () => checkpoint((t: Tensor) => t.exp(), x);
    expect(() => run().backward({ createGraph: true })).toThrow(/checkpoint: what is recomputed has no higher derivatives/);
    expect(() => grad(run(), x)).toThrow(/checkpoint.*use backward\(\)/);
    expect(x.grad).toBeNull();
  });
});
