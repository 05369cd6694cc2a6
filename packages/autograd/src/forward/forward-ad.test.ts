import { embedding, manualSeed, randn, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { forwardAD, func, Function as AutogradFunction, type FunctionContext, grad } from '../index.js';

const { dualLevel, makeDual, unpackDual } = forwardAD;
manualSeed(1);
const f64 = { dtype: 'float64' as const };
const numbers = (t: Tensor | null) => t?.flatten().toArray();

describe('forward mode', () => {
  const [x, v] = [tensor([1, 2, 3], f64), tensor([1, 0, -1], f64)];

  test('carries tangents through operations', () => {
    dualLevel(() => {
      const { primal, tangent } = unpackDual(makeDual(x, v).square().mul(2));
      expect(numbers(primal)).toEqual([2, 8, 18]);
      expect(numbers(tangent)).toEqual([4, 0, -12]);
      expect(unpackDual(x.mul(2)).tangent).toBeNull();
      expect(unpackDual(makeDual(x, v).detach()).tangent).toBeNull();
    });
  });

  test('levels nest: second derivatives', () => {
    const second = dualLevel(() => {
      const outer = makeDual(x, v);
      const inner = dualLevel(() => unpackDual(makeDual(outer, v).pow(3)).tangent as Tensor);
      return unpackDual(inner).tangent;
    });
    expect(numbers(second)).toEqual([6, 0, 18]);
  });

  test('reverse mode goes over it', () => {
    const leaf = tensor([1, 2, 3], { ...f64, requiresGrad: true });
    const tangent = dualLevel(() => unpackDual(makeDual(leaf, v).pow(3)).tangent as Tensor);
    expect(numbers(grad(tangent.sum(), leaf)[0])).toEqual([6, 0, -18]);
  });

  test('follows what is written in place, also through views', () => {
    const f = (a: Tensor) => {
      const b = a.mul(1);
      b.select(0, 0).copy_(a.select(0, 2));
      b.slice(0, 1).mul_(a.slice(0, 0, 2));
      return b;
    };
    const [out, tangent] = func.jvp(f, x, v);
    expect(numbers(out)).toEqual([3, 2, 6]);
    // [x2, x1 x0, x2 x1]
    expect(numbers(tangent)).toEqual([-1, 2, -2]);
    const shared = func.jvp((a: Tensor) => [a, a.add(1).mul_(3), a.mul(1)], x, v)[1];
    expect(shared.map(numbers)).toEqual([
      [1, 0, -1],
      [3, 0, -3],
      [1, 0, -1],
    ]);
  });

  test('is refused where it cannot follow', () => {
    expect(() => makeDual(x, v)).toThrow(/there is no level for tangents/);
    dualLevel(() => {
      expect(() => makeDual(x, tensor([1], f64))).toThrow(/a tangent of shape \(1,\)/);
      expect(() => tensor([0, 0, 0], f64).add_(makeDual(x, v))).toThrow(/carries a derivative/);
      expect(() => makeDual(x, v).sum().item()).toThrow(/cannot be read/);
    });
  });

  test('the padding row of an embedding has no derivative in either mode', () => {
    const weight = randn([3, 2], f64);
    const f = (w: Tensor) => embedding(tensor([0, 1], { dtype: 'int64' }), w, { paddingIdx: 1 });
    const tangent = func.jvp(f, weight, weight.mul(0).add(1))[1];
    expect(tangent.toArray()).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });
});

describe('a Function in transforms', () => {
  class Cube extends AutogradFunction {
    static forward(x: Tensor): Tensor {
      return x.pow(3);
    }
    static setupContext(ctx: FunctionContext, [x]: [Tensor], _output: Tensor): void {
      ctx.saveForBackward(x);
      ctx.saveForForward(x);
    }
    static vjp(ctx: FunctionContext, g: Tensor): Tensor {
      return g.mul((ctx.savedTensors[0] as Tensor).square()).mul(3);
    }
    static jvp(ctx: FunctionContext, t: Tensor): Tensor {
      return t.mul((ctx.savedForForward[0] as Tensor).square()).mul(3);
    }
  }
  const x = tensor([1, 2], f64);

  test('takes setupContext, vjp and jvp', () => {
    expect(numbers(func.grad((a: Tensor) => Cube.apply(a).sum())(x))).toEqual([3, 12]);
    expect(numbers(func.jvp((a: Tensor) => Cube.apply(a), x, x)[1])).toEqual([3, 24]);
    expect(numbers(func.hessian((a: Tensor) => Cube.apply(a).sum())(x))).toEqual([6, 0, 0, 12]);
  });

  test('is batched operation by operation, with derivatives inside of the batch', () => {
    expect(numbers(func.vmap((a: Tensor) => Cube.apply(a))(x))).toEqual([1, 8]);
    expect(numbers(func.vmap(func.grad((a: Tensor) => Cube.apply(a)))(x))).toEqual([3, 12]);
    const outside = func.grad((b: Tensor) =>
      func
        .vmap((a: Tensor) => Cube.apply(a))(b)
        .sum(),
    );
    expect(() => outside(x)).toThrow(/Cube: inside of a transform its derivative/);
  });
});
