import { ones, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import {
  Function as AutogradFunction,
  type FunctionContext,
  grad,
  gradcheck,
  gradgradcheck,
  onceDifferentiable,
} from './index.js';

const leaf = (values: number[], dtype: 'float32' | 'float64' = 'float32') => tensor(values, { dtype, requiresGrad: true });

class Cube extends AutogradFunction {
  static forward(ctx: FunctionContext, x: Tensor): Tensor {
    ctx.saveForBackward(x);
    return x.mul(x).mul(x);
  }
  static backward(ctx: FunctionContext, g: Tensor): Tensor {
    const [x] = ctx.savedTensors;
    return g.mul((x as Tensor).square()).mul(3);
  }
}

describe('a Function', () => {
  test('has the derivative its author wrote, of any order', () => {
    const x = leaf([1.2, -0.4], 'float64');
    expect(gradcheck((t) => Cube.apply(t), [x])).toBe(true);
    expect(gradgradcheck((t) => Cube.apply(t), [x])).toBe(true);
    expect(String(Cube.apply(x).gradFn)).toBe('<Cube>');
  });

  test('leaves no history where none is needed', () => {
    expect(Cube.apply(tensor([2])).requiresGrad).toBe(false);
  });

  test('takes and returns lists, knows which inputs need gradients, and passes other arguments on', () => {
    const needs: (readonly boolean[])[] = [];
    class ScaledPair extends AutogradFunction {
      static forward(ctx: FunctionContext, a: Tensor, b: Tensor, factor: number): [Tensor, Tensor] {
        ctx.factor = factor;
        needs.push(ctx.needsInputGrad);
        return [a.mul(factor), b.mul(factor)];
      }
      static backward(ctx: FunctionContext, ga: Tensor, gb: Tensor) {
        return [ga.mul(ctx.factor as number), ctx.needsInputGrad[1] ? gb.mul(ctx.factor as number) : null, null];
      }
    }
    const [a, b] = [leaf([1]), tensor([2])];
    const [pa, pb] = ScaledPair.apply(a, b, 4);
    pa.add(pb).sum().backward();
    expect(needs).toEqual([[true, false, false]]);
    expect(a.grad?.toArray()).toEqual([4]);
    expect(b.grad).toBeNull();
  });

  test('absent gradients arrive as zeros, or as null where wished', () => {
    const seen: unknown[] = [];
    class Two extends AutogradFunction {
      static forward(ctx: FunctionContext, x: Tensor, materialize: boolean): [Tensor, Tensor] {
        ctx.setMaterializeGrads(materialize);
        return [x.mul(1), x.mul(2)];
      }
      static backward(_ctx: FunctionContext, a: Tensor, b: Tensor | null) {
        seen.push(b?.toArray() ?? null);
        return [a, null];
      }
    }
    for (const materialize of [true, false])
      Two.apply(leaf([1, 2]), materialize)[0]
        .sum()
        .backward();
    expect(seen).toEqual([[0, 0], null]);
  });

  test('outputs can be marked as without gradient', () => {
    class WithSign extends AutogradFunction {
      static forward(ctx: FunctionContext, x: Tensor): [Tensor, Tensor] {
        const sign = x.sign();
        ctx.markNonDifferentiable(sign);
        return [x.abs(), sign];
      }
      static backward(_ctx: FunctionContext, g: Tensor) {
        return g;
      }
    }
    const [y, sign] = WithSign.apply(leaf([-1, 2]));
    expect([y.requiresGrad, sign.requiresGrad]).toEqual([true, false]);
  });

  test('an input that is returned as it is becomes a tensor of its own', () => {
    class Reversed extends AutogradFunction {
      static forward(_ctx: FunctionContext, x: Tensor): Tensor {
        return x;
      }
      static backward(_ctx: FunctionContext, g: Tensor): Tensor {
        return g.neg();
      }
    }
    const x = leaf([1]);
    const y = Reversed.apply(x);
    expect(y === x).toBe(false);
    y.sum().backward();
    expect(x.grad?.toArray()).toEqual([-1]);
    expect(x.isLeaf).toBe(true);
  });

  test('a wrong number of gradients is an error', () => {
    class Careless extends AutogradFunction {
      static forward(_ctx: FunctionContext, a: Tensor, _b: Tensor): Tensor {
        return a.mul(1);
      }
      static backward(_ctx: FunctionContext, g: Tensor) {
        return g;
      }
    }
    const y = Careless.apply(leaf([1]), leaf([1]));
    expect(() => y.sum().backward()).toThrow(
      'Careless.backward returned 1 gradients, but forward has 2 arguments; return null for those without one',
    );
  });

  test('a gradient is fitted to its argument, or refused', () => {
    class Fixed extends AutogradFunction {
      static forward(ctx: FunctionContext, x: Tensor, gradient: Tensor): Tensor {
        ctx.gradient = gradient;
        return x.mul(1);
      }
      static backward(ctx: FunctionContext) {
        return [ctx.gradient as Tensor, null];
      }
    }
    const x = leaf([1, 2]);
    Fixed.apply(x, ones([3, 2], { dtype: 'float64' }))
      .sum()
      .backward();
    expect(x.grad?.toArray()).toEqual([3, 3]);
    expect(x.grad?.dtype).toBe('float32');
    expect(() =>
      Fixed.apply(x, ones([3]))
        .sum()
        .backward(),
    ).toThrow('the derivative of Fixed gave a gradient of shape (3,) for an input of shape (2,)');
  });

  test('what it saved must not be changed in place', () => {
    const x = leaf([1, 2]);
    const y = x.mul(1);
    const z = Cube.apply(y);
    y.add_(1);
    expect(() => z.sum().backward()).toThrow(/the backward of Cube needs its saved tensor 0 of shape \(2,\) at version 0/);
  });

  test('saved results take part in higher derivatives', () => {
    class Exp extends AutogradFunction {
      static forward(ctx: FunctionContext, x: Tensor): Tensor {
        const y = x.exp();
        ctx.saveForBackward(y);
        return y;
      }
      static backward(ctx: FunctionContext, g: Tensor): Tensor {
        return g.mul(ctx.savedTensors[0] as Tensor);
      }
    }
    const x = leaf([0.5], 'float64');
    expect(gradgradcheck((t) => Exp.apply(t), [x])).toBe(true);
  });

  test('its graph is freed like any other', () => {
    const y = Cube.apply(leaf([1])).sum();
    y.backward();
    expect(() => y.backward()).toThrow(/freed by an earlier backward/);
  });

  test('grad stops at its inputs', () => {
    const x = leaf([2]);
    const y = x.mul(1);
    expect(grad(Cube.apply(y).sum(), y)[0].toArray()).toEqual([12]);
  });
});

describe('onceDifferentiable', () => {
  class Exp extends AutogradFunction {
    static forward(ctx: FunctionContext, x: Tensor): Tensor {
      const y = x.exp();
      ctx.saveForBackward(x, y);
      return y;
    }
    static backward = onceDifferentiable((ctx: FunctionContext, g: Tensor) => g.mul(ctx.savedTensors[1] as Tensor));
  }

  test('allows one derivative and refuses the second', () => {
    const x = leaf([0, 1], 'float64');
    expect(gradcheck((t) => Exp.apply(t), [x])).toBe(true);
    const [first] = grad(Exp.apply(x).sum(), x, { createGraph: true });
    expect(first.toArray()).toEqual([1, expect.closeTo(Math.E, 12)]);
    expect(() => grad(first.sum(), x)).toThrow(/onceDifferentiable/);
  });
});

test('an input that forward changes in place is marked dirty and keeps its identity', () => {
  class Double extends AutogradFunction {
    static forward(ctx: FunctionContext, x: Tensor): Tensor {
      ctx.markDirty(x);
      return x.mul_(2);
    }
    static backward(_ctx: FunctionContext, g: Tensor): Tensor {
      return g.mul(2);
    }
  }
  const x = leaf([1, 2]);
  const y = x.mul(3);
  expect(Double.apply(y) === y).toBe(true);
  y.sum().backward();
  expect(x.grad?.toArray()).toEqual([6, 6]);
  expect(() => Double.apply(leaf([1]))).toThrow(/cannot be marked dirty/);
});
