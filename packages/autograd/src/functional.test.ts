import { manualSeed, randn, type Tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { func, functional } from './index.js';

manualSeed(2);
const f64 = { dtype: 'float64' as const };
const [x, y, v, w] = [0, 1, 2, 3].map(() => randn([3], f64));
const pair = (a: Tensor, b: Tensor) => a.mul(b.sin()).add(b.sum());
const scalar = (a: Tensor, b: Tensor) => pair(a, b).square().sum();
const numbers = (t: unknown) => (t as Tensor).flatten().toArray() as number[];
const near = (t: Tensor) => numbers(t).map((n) => expect.closeTo(n, 10));

test('jacobian and hessian', () => {
  const [ja, jb] = functional.jacobian(pair, [x, y]) as Tensor[];
  const [ra, rb] = func.jacrev(pair, { argnums: [0, 1] })(x, y);
  expect([numbers(ja), numbers(jb)]).toEqual([near(ra), near(rb)]);
  const forward = functional.jacobian(pair, [x, y], { strategy: 'forward-mode' }) as Tensor[];
  expect(forward.map(numbers)).toEqual([near(ja), near(jb)]);
  const h = functional.hessian(scalar, [x, y]) as Tensor[][];
  expect(numbers(h[0][1])).toEqual(near(h[1][0].t()));
  const one = functional.hessian((a: Tensor) => scalar(a, y), x) as Tensor;
  expect(numbers(one)).toEqual(near(h[0][0]));
});

test('products with them', () => {
  const [ja, jb] = functional.jacobian(pair, [x, y]) as Tensor[];
  const [out, gradients] = functional.vjp(pair, [x, y], v) as [Tensor, Tensor[]];
  expect(numbers(out)).toEqual(near(pair(x, y)));
  expect(gradients.map(numbers)).toEqual([near(v.matmul(ja)), near(v.matmul(jb))]);
  const [, tangent] = functional.jvp(pair, [x, y], [v, w]) as [Tensor, Tensor];
  expect(numbers(tangent)).toEqual(near(ja.matmul(v).add(jb.matmul(w))));
  const h = functional.hessian(scalar, [x, y]) as Tensor[][];
  const product = [0, 1].map((i) => h[i][0].matmul(v).add(h[i][1].matmul(w)));
  const [value, hvp] = functional.hvp(scalar, [x, y], [v, w]) as [Tensor, Tensor[]];
  expect(numbers(value)).toEqual(near(scalar(x, y)));
  expect(hvp.map(numbers)).toEqual(product.map(near));
  expect((functional.vhp(scalar, [x, y], [v, w])[1] as Tensor[]).map(numbers)).toEqual(product.map(near));
  expect(numbers(functional.vhp((a: Tensor) => scalar(a, y), x, v)[1])).toEqual(near(h[0][0].matmul(v)));
});

test('are connected to the inputs only if asked', () => {
  const leaf = x.clone().requiresGrad_();
  const f = (a: Tensor) => a.pow(3);
  expect((functional.jacobian(f, leaf) as Tensor).requiresGrad).toBe(false);
  (functional.jacobian(f, leaf, { createGraph: true }) as Tensor).sum().backward();
  expect(numbers(leaf.grad)).toEqual(near(x.mul(6)));
  expect(() => functional.vjp(f, x)).toThrow(/vjp: the function must return one scalar/);
});
