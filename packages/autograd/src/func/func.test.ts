import { manualSeed, randn, stack, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { func, grad as gradOf, noGrad, vmap } from '../index.js';

const { grad, gradAndValue, hessian, jacfwd, jacrev, jvp, linearize, valueAndGrad, vjp } = func;
manualSeed(5);
const f64 = { dtype: 'float64' as const };

function expectSame(got: Tensor, wanted: Tensor, digits = 10): void {
  expect(got.shape).toEqual(wanted.shape);
  expect(got.flatten().toArray()).toEqual((wanted.flatten().toArray() as number[]).map((x) => expect.closeTo(x, digits)));
}

describe('grad', () => {
  const x = randn([4], f64);

  test('is a function, of any order', () => {
    const f = (a: Tensor) => a.pow(3).sum();
    expectSame(grad(f)(x), x.square().mul(3));
    expectSame(grad((a: Tensor) => grad(f)(a).sum())(x), x.mul(6));
    expectSame(grad((a: Tensor) => grad((b: Tensor) => grad(f)(b).sum())(a).sum())(x), x.mul(0).add(6));
  });

  test('does not confuse the variables of nested functions', () => {
    // d/dx [x · d/dy (x + y)] = d/dx [x · 1] = 1
    const f = (a: Tensor) => a.mul(grad((b: Tensor) => a.add(b))(tensor(1, f64)));
    expect(grad(f)(tensor(2, f64)).item()).toBe(1);
    expect(jvp(f, tensor(2, f64), tensor(1, f64))[1].item()).toBe(1);
    const forward = (a: Tensor) => a.mul(jvp((b: Tensor) => a.add(b), tensor(1, f64), tensor(1, f64))[1]);
    expect(jvp(forward, tensor(2, f64), tensor(1, f64))[1].item()).toBe(1);
    expect(grad(forward)(tensor(2, f64)).item()).toBe(1);
  });

  test('gives what a tree of arguments asks for', () => {
    const f = (p: { w: Tensor; b: Tensor[] }, s: Tensor) => p.w.mul(s).add(p.b[0]).square().sum();
    const p = { w: randn([4], f64), b: [randn([4], f64)] };
    const g = grad(f)(p, x);
    const slope = p.w.mul(x).add(p.b[0]).mul(2);
    expectSame(g.w, slope.mul(x));
    expectSame(g.b[0], slope);
    const [gp, gx] = grad(f, { argnums: [0, -1] })(p, x);
    expectSame(gp.w, slope.mul(x));
    expectSame(gx, slope.mul(p.w));
    expect(() => grad(f, { argnums: 2 })(p, x)).toThrow(/argnums names argument 2/);
  });

  test('passes values and other results through', () => {
    const [[value, aux], g] = valueAndGrad((a: Tensor) => [a.square().sum(), a.mul(2)] as const, { hasAux: true })(x);
    expectSame(value, x.square().sum());
    expectSame(aux, x.mul(2));
    expectSame(g, x.mul(2));
    const [first, second] = gradAndValue((a: Tensor) => a.sum())(x);
    expectSame(first, x.mul(0).add(1));
    expectSame(second, x.sum());
  });

  test('leaves no record behind, unless somebody outside wants one', () => {
    expect(grad((a: Tensor) => a.square().sum())(x).requiresGrad).toBe(false);
    const w = randn([4], f64).requiresGrad_();
    const g = grad((a: Tensor) => a.mul(w).square().sum())(x);
    expect(g.requiresGrad).toBe(true);
    g.sum().backward();
    expectSame(w.grad as Tensor, w.detach().mul(x).mul(4));
    expect(noGrad(() => grad((a: Tensor) => a.mul(w).sum())(x)).requiresGrad).toBe(false);
    const outer = x.clone().requiresGrad_();
    expectSame(gradOf(grad((a: Tensor) => a.pow(3).sum())(outer).sum(), outer)[0], x.mul(6));
  });

  test('gives zeros where nothing depends on the argument, and refuses what is no scalar', () => {
    expectSame(grad((_: Tensor, b: Tensor) => b.sum())(x, x), x.mul(0));
    expect(() => grad((a: Tensor) => a)(x)).toThrow(/scalar tensor.*\(4,\); use jacrev/);
    expect(() => grad((a: Tensor) => a.sum())(tensor([1], { dtype: 'int64' }))).toThrow(/only floating-point/);
    const accumulating = (a: Tensor) => {
      a.clone().requiresGrad_().sum().backward();
      return a;
    };
    expect(() => vmap(accumulating)(x)).toThrow(/inside of a transform/);
  });
});

describe('vjp, jvp and linearize', () => {
  const [x, y] = [randn([3], f64), randn([4], f64)];
  const f = (a: Tensor, b: Tensor) => ({ outer: a.unsqueeze(1).mul(b.sin()), sum: a.sum().mul(b.sum()) });

  test('are transposes of each other', () => {
    const [tx, ty] = [randn([3], f64), randn([4], f64)];
    const cotangent = { outer: randn([3, 4], f64), sum: randn([], f64) };
    const [output, back] = vjp(f, [x, y]);
    expectSame(output.outer, x.unsqueeze(1).mul(y.sin()));
    const [gx, gy] = back(cotangent);
    const [, tangent] = jvp(f, [x, y], [tx, ty]);
    const left = tangent.outer.mul(cotangent.outer).sum().add(tangent.sum.mul(cotangent.sum));
    expectSame(left, gx.mul(tx).sum().add(gy.mul(ty).sum()));
    expectSame(back(cotangent)[0], gx); // any number of times
    const [out, push] = linearize(f, x, y);
    expectSame(out.sum, output.sum);
    expectSame(push(tx, ty).outer, tangent.outer);
  });

  test('check what they are given', () => {
    expect(() => vjp(f, [x, y])[1]({ outer: x, sum: x })).toThrow(/expected cotangents of shape/);
    expect(() => jvp(f, [x, y], [x])).toThrow(/expected 2 tangents, got 1/);
    expectSame(jvp((a: Tensor) => [a.sum(), a.mul(3)], x, x, { hasAux: true })[2], x.mul(3));
  });
});

describe('Jacobians and Hessians', () => {
  const x = randn([3], f64);
  const functions: { readonly [name: string]: (a: Tensor) => Tensor } = {
    cube: (a) => a.pow(3).sum(),
    product: (a) => a.prod(),
    softmax: (a) => a.softmax(0).square().sum(),
    sigmoid: (a) => a.sigmoid().mul(a.sum()).sum(),
    matmul: (a) => a.matmul(a.unsqueeze(1)).mul(a.norm()).sum(),
    std: (a) => a.std().add(a.logsumexp(0)),
    overwritten: (a) => {
      const b = a.clone();
      b.select(0, 1).mul_(a.select(0, 2));
      return b.add_(a.sin()).square().sum();
    },
  };

  test.each(Object.keys(functions))('agree in every order of modes: %s', (name) => {
    const f = functions[name];
    const wanted = stack([0, 1, 2].map((i) => grad((a: Tensor) => grad(f)(a).select(0, i))(x)));
    const batch = stack([x, x.mul(2)]);
    const orders = [jacrev(jacrev(f)), jacfwd(jacrev(f)), jacrev(jacfwd(f)), jacfwd(jacfwd(f)), hessian(f), jacfwd(grad(f))];
    for (const transform of orders) {
      expectSame(transform(x), wanted);
      expectSame(vmap(transform)(batch), stack([wanted, hessian(f)(x.mul(2))]));
    }
  });

  test('have the shapes of outputs and inputs, nested alike', () => {
    const f = (p: { w: Tensor; b: Tensor }) => [p.w.matmul(p.b), p.b.square()];
    const p = { w: randn([2, 3], f64), b: randn([3], f64) };
    for (const jacobian of [jacrev(f)(p), jacfwd(f)(p), jacrev(f, { chunkSize: 2 })(p)]) {
      expect(jacobian.map((row: { w: Tensor; b: Tensor }) => [row.w.shape, row.b.shape])).toEqual([
        [
          [2, 2, 3],
          [2, 3],
        ],
        [
          [3, 2, 3],
          [3, 3],
        ],
      ]);
      expectSame(jacobian[0].b, p.w);
      expectSame(
        jacobian[1].b,
        p.b
          .mul(2)
          .unsqueeze(1)
          .mul(
            tensor(
              [
                [1, 0, 0],
                [0, 1, 0],
                [0, 0, 1],
              ],
              f64,
            ),
          ),
      );
    }
    const [a, b] = jacrev((u: Tensor, v: Tensor) => u.mul(v), { argnums: [0, 1] })(x, x.mul(2));
    expectSame(a.diagonal(), x.mul(2));
    expectSame(b.diagonal(), x);
    const [jacobian, aux] = jacfwd((u: Tensor) => [u.square(), u.sum()] as const, { hasAux: true })(x);
    expectSame(jacobian.diagonal(), x.mul(2));
    expectSame(aux, x.sum());
  });
});

test('grad() takes a batch of gradients', () => {
  const x = randn([3], f64).requiresGrad_();
  const y = x.square().cumsum(0);
  const rows = tensor(
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    f64,
  );
  const [jacobian] = gradOf(y, x, { gradOutputs: rows, isGradsBatched: true, retainGraph: true });
  expectSame(jacobian, jacrev((a: Tensor) => a.square().cumsum(0))(x.detach()));
  const unused = randn([2], f64).requiresGrad_();
  expect(gradOf(y, [x, unused], { gradOutputs: rows, isGradsBatched: true, allowUnused: true })[1]).toBeNull();
});
