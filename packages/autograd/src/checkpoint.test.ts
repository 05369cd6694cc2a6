import { dropout, getRngState, manualSeed, randn, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { checkpoint, checkpointSequential, grad, noGrad } from './index.js';

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

  test('has higher derivatives, and gradients on demand', () => {
    const x = tensor([0.5], { dtype: 'float64', requiresGrad: true });
    const [first] = grad(checkpoint((t: Tensor) => t.exp().mul(t), x).sum(), x, { createGraph: true });
    const [second] = grad(first.sum(), x);
    expect(first.item()).toBeCloseTo(Math.exp(0.5) * 1.5, 12);
    expect(second.item()).toBeCloseTo(Math.exp(0.5) * 2.5, 12);
    expect(x.grad).toBeNull();
  });

  test('takes tensors that are no leaves, closed over or nested in arguments', () => {
    const gradientOf = (wrap: <R>(fn: () => R) => R) => {
      const x = tensor([1, 2, 3], { dtype: 'float64', requiresGrad: true });
      const [shared, nested] = [x.mul(2), { deep: [x.exp()] }];
      wrap(() => shared.sin().mul(nested.deep[0]).square())
        .add(shared)
        .sum()
        .backward();
      return x.grad?.toArray();
    };
    const plain = gradientOf((fn) => fn());
    expect(gradientOf((fn) => checkpoint(fn))).toEqual(plain);
    const x = tensor([1, 2], { requiresGrad: true });
    checkpoint((args: { a: Tensor[] }) => args.a[0].square(), { a: [x.mul(3)] })
      .sum()
      .backward();
    expect(x.grad?.toArray()).toEqual([18, 36]);
  });

  test('frees nothing that others need', () => {
    const x = tensor([0.3], { dtype: 'float64', requiresGrad: true });
    const inner = x.exp();
    const y = checkpoint((t: Tensor) => t.sin(), inner);
    y.add(inner.square()).sum().backward();
    expect(x.grad?.item()).toBeCloseTo(Math.cos(Math.exp(0.3)) * Math.exp(0.3) + 2 * Math.exp(0.6), 12);
  });

  test('notices what was changed in place before it is computed again', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const argument = tensor([1, 2]);
    const y = checkpoint((a: Tensor, b: Tensor) => a.mul(b).exp(), x, argument);
    argument.add_(1);
    expect(() => y.sum().backward()).toThrow(/checkpoint: an argument of shape \(2,\) was changed in place/);
    const closed = tensor([3, 4]);
    const z = checkpoint((a: Tensor) => a.mul(closed).exp(), x);
    closed.mul_(2);
    expect(() => z.sum().backward()).toThrow(/changed in place/);
  });

  test('notices a function that does something else the second time', () => {
    let calls = 0;
    const x = tensor([1, 2], { requiresGrad: true });
    const y = checkpoint((t: Tensor) => (calls++ === 0 ? t.exp() : t.exp().exp()), x);
    expect(() => y.sum().backward()).toThrow(/checkpoint: the function kept 1 tensors .* and 2/);
  });
});

describe('checkpointSequential', () => {
  test('computes what the functions compute', () => {
    const layers = [(t: Tensor) => t.exp(), (t: Tensor) => t.sin(), (t: Tensor) => t.square(), (t: Tensor) => t.mul(3)];
    const gradientOf = (run: (x: Tensor) => Tensor) => {
      const x = tensor([0.1, 0.2], { requiresGrad: true });
      run(x).sum().backward();
      return x.grad?.toArray();
    };
    const plain = gradientOf((x) => layers.reduce((y, f) => f(y), x));
    for (const segments of [1, 2, 3, 4]) expect(gradientOf((x) => checkpointSequential(layers, segments, x))).toEqual(plain);
    expect(() => checkpointSequential(layers, 5, tensor([1]))).toThrow(/5 segments for 4 functions/);
  });
});
