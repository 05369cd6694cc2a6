import { AutogradError, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { backward, type Gradients, grad, graph, type Node, type TensorHook } from './index.js';

const leaf = (values: number[]) => tensor(values, { requiresGrad: true });

describe('tensor hooks', () => {
  test('see the whole gradient of a result once, and may replace it', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const seen: unknown[] = [];
    y.registerHook((g) => {
      seen.push(g.toArray());
      return g.mul(10);
    });
    y.mul(2).add(y).sum().backward();
    expect(seen).toEqual([[3, 3]]);
    expect(x.grad?.toArray()).toEqual([90, 90]);
  });

  test('run in the order of registration, each on what the one before returned', () => {
    const x = leaf([1]);
    x.registerHook((g) => g.add(1));
    x.registerHook((g) => g.mul(10));
    x.sum().backward();
    expect(x.grad?.toArray()).toEqual([20]);
  });

  test('can be removed', () => {
    const x = leaf([1]);
    const remove = x.registerHook((g) => g.mul(10));
    remove();
    x.sum().backward();
    expect(x.grad?.toArray()).toEqual([1]);
  });

  test('on leaves run in every backward, and change what grad() returns', () => {
    const x = leaf([1]);
    x.registerHook((g) => g.mul(2));
    for (let i = 0; i < 2; i++) x.mul(3).sum().backward();
    expect(x.grad?.toArray()).toEqual([12]);
    expect(grad(x.sum(), x)[0].toArray()).toEqual([2]);
  });

  test('may keep the gradient they see', () => {
    const x = leaf([1, 2]);
    let kept: Tensor | undefined;
    const y = x.exp();
    y.registerHook((g) => {
      kept = g;
      return undefined;
    });
    y.mul(3).sum().backward();
    for (let i = 0; i < 20; i++) leaf([5, 6]).exp().mul(7).sum().backward();
    expect(kept?.toArray()).toEqual([3, 3]);
  });

  test('must keep the shape', () => {
    const x = leaf([1, 2]);
    x.registerHook((g) => g.sum());
    expect(() => x.sum().backward()).toThrow('a hook returned a gradient of shape () in place of one of shape (2,)');
  });

  test('need a tensor that needs gradients', () => {
    const hook: TensorHook = () => undefined;
    expect(() => tensor([1]).registerHook(hook)).toThrow(AutogradError);
  });
});

describe('node hooks', () => {
  test('see gradients before and after the operation and may replace those after', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const seen: unknown[] = [];
    const remove = y.gradFn?.registerHook((inputs: Gradients, outputs: Gradients) => {
      seen.push([inputs[0]?.toArray(), inputs[1], outputs[0]?.toArray()]);
      return [inputs[0]?.mul(2) ?? null, null];
    });
    const total = y.sum();
    total.backward({ retainGraph: true });
    expect(seen).toEqual([[[3, 3], null, [1, 1]]]);
    expect(x.grad?.toArray()).toEqual([6, 6]);
    remove?.();
    total.backward();
    expect(x.grad?.toArray()).toEqual([9, 9]);
  });
});

describe('retainGrad', () => {
  test('keeps the gradient of a result', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    expect(y.retainsGrad).toBe(false);
    y.retainGrad();
    y.retainGrad();
    y.square().sum().backward();
    expect(y.retainsGrad).toBe(true);
    expect(y.grad?.toArray()).toEqual([4, 8]);
    expect(x.grad?.toArray()).toEqual([8, 16]);
  });

  test('keeps what later hooks made of it', () => {
    const y = leaf([1]).mul(2);
    y.retainGrad();
    y.registerHook((g) => g.mul(10));
    y.sum().backward();
    expect(y.grad?.toArray()).toEqual([10]);
  });

  test('follows a tensor that is changed in place', () => {
    const y = leaf([1, 2]).mul(2);
    y.retainGrad();
    y.mul_(3);
    y.sum().backward();
    expect(y.grad?.toArray()).toEqual([1, 1]);
  });

  test('does nothing on a leaf and needs a tensor that needs gradients', () => {
    const x = leaf([1]);
    x.retainGrad();
    expect(x.retainsGrad).toBe(false);
    expect(() => tensor([1]).retainGrad()).toThrow(AutogradError);
  });
});

describe('hooks after accumulation', () => {
  test('run on leaves once the gradient is there, and may take it away', () => {
    const x = leaf([1, 2]);
    const seen: unknown[] = [];
    const remove = x.registerPostAccumulateGradHook((t) => {
      seen.push(t.grad?.toArray());
      t.grad = null;
    });
    x.mul(3).sum().backward();
    x.mul(4).sum().backward();
    expect(seen).toEqual([
      [3, 3],
      [4, 4],
    ]);
    expect(x.grad).toBeNull();
    remove();
    x.sum().backward();
    expect(x.grad?.toArray()).toEqual([1, 1]);
    expect(() => x.mul(2).registerPostAccumulateGradHook(() => {})).toThrow(/only leaves/);
  });
});

describe('the graph', () => {
  test('nodes have prehooks, metadata and edges', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const node = y.gradFn as Node;
    node.metadata.set('layer', 7);
    expect(node.metadata.get('layer')).toBe(7);
    expect(node.nextFunctions.map((e) => e?.node.name ?? null)).toEqual(['AccumulateGrad', null]);
    expect(graph.getGradientEdge(x).node.name).toBe('AccumulateGrad');
    const remove = node.registerPrehook(([g]) => [(g as Tensor).mul(10)]);
    y.sum().backward({ retainGraph: true });
    expect(x.grad?.toArray()).toEqual([30, 30]);
    remove();
    x.grad = null;
    y.sum().backward();
    expect((x.grad as Tensor | null)?.toArray()).toEqual([3, 3]);
    graph.incrementVersion(x);
    expect(x.version).toBe(1);
  });

  test('a hook can wait for the gradients of several tensors, or for the first', () => {
    const x = leaf([1]);
    const [a, b] = [x.mul(2), x.mul(3)];
    const calls: unknown[] = [];
    const numbers = (grads: readonly Tensor[]) => grads.map((g) => g.item());
    const remove = graph.registerMultiGradHook([a, b], (grads) => calls.push(['all', numbers(grads)]));
    graph.registerMultiGradHook([a, b], (grads) => calls.push(['any', numbers(grads)]), { mode: 'any' });
    a.mul(5).add(b.mul(7)).sum().backward({ retainGraph: true });
    expect(calls).toContainEqual(['all', [5, 7]]);
    expect(calls.length).toBe(2);
    a.sum().backward(); // the other one gets none
    expect(calls.length).toBe(3);
    remove();
  });

  test('backward takes several tensors, and may be limited to some leaves', () => {
    const [x, y] = [leaf([1]), leaf([2])];
    const outputs = [x.mul(y), y.mul(3)];
    backward(outputs, { gradient: [tensor([10]), null], inputs: [y] });
    expect(x.grad).toBeNull();
    expect(y.grad?.toArray()).toEqual([13]);
  });
});
