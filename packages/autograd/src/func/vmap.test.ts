import {
  addmm,
  conv2d,
  cat,
  dropout,
  embedding,
  layerNorm,
  linear,
  manualSeed,
  rand,
  randn,
  randnLike,
  stack,
  type Tensor,
  tensor,
  zeros,
} from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { func, TransformError, vmap } from '../index.js';

manualSeed(3);
const f64 = { dtype: 'float64' as const };

function expectSame(got: Tensor, wanted: Tensor): void {
  expect(got.shape).toEqual(wanted.shape);
  expect(got.flatten().toArray()).toEqual((wanted.flatten().toArray() as number[]).map((x) => expect.closeTo(x, 10)));
}

/** One example after another. */
const looped = (f: (...args: Tensor[]) => Tensor, ...batches: Tensor[]): Tensor =>
  stack(Array.from({ length: batches[0].shape[0] }, (_, i) => f(...batches.map((b) => b.select(0, i)))));

describe('vmap', () => {
  const [x, y] = [randn([3, 4], f64), randn([3, 4], f64)];

  test('computes for a batch what the function computes for each example', () => {
    const f = (a: Tensor, b: Tensor) => a.mul(b.sum()).sin().add(b.softmax(0)).cumsum(0);
    expectSame(vmap(f)(x, y), looped(f, x, y));
  });

  test('takes the batch from any dimension, puts it anywhere, and shares arguments without one', () => {
    const f = (a: Tensor, w: Tensor) => a.mul(w);
    expectSame(vmap(f, { inDims: [1, null], outDims: -1 })(x, y.select(1, 0)), x.mul(y.select(1, 0).unsqueeze(1)));
    expectSame(vmap((a: Tensor) => a.sum(), { inDims: -1 })(x), x.sum(0));
  });

  test('takes and returns arrays and objects', () => {
    const f = (p: { w: Tensor; b: Tensor[] }, s: Tensor) => ({ sum: p.w.mul(s).add(p.b[0]), list: [s.neg()] });
    const out = vmap(f, { inDims: [{ w: 0, b: null }, 0], outDims: { sum: 1, list: 0 } })({ w: x, b: [y.select(0, 0)] }, y);
    expectSame(out.sum, x.mul(y).add(y.select(0, 0)).t());
    expectSame(out.list[0], y.neg());
  });

  test('nests', () => {
    const pairs = vmap((a: Tensor) => vmap((b: Tensor) => a.mul(b).sum())(y))(x);
    expectSame(pairs, x.matmul(y.t()));
    expectSame(vmap(vmap((a: Tensor) => a.square().add(1)))(x), x.square().add(1));
  });

  test('splits large batches into chunks', () => {
    const big = randn([7, 3], f64);
    const sizes: number[] = [];
    const f = (a: Tensor) => {
      sizes.push(1);
      return a.exp().sum();
    };
    expectSame(vmap(f, { chunkSize: 3 })(big), big.exp().sum(1));
    expect(sizes.length).toBe(3);
  });

  test('knows layers with weights of their own for each example', () => {
    const image = randn([2, 2, 3, 5, 5], f64);
    const kernel = randn([2, 4, 3, 3, 3], f64);
    const bias = randn([2, 4], f64);
    const conv = (i: Tensor, k: Tensor, b: Tensor) => conv2d(i, k, b, { padding: 1 });
    expectSame(vmap(conv)(image, kernel, bias), looped(conv, image, kernel, bias));
    const grouped = (i: Tensor, k: Tensor) => conv2d(i, k, null, { groups: 2, stride: 2 });
    const [wide, parts] = [randn([2, 1, 4, 6, 6], f64), randn([2, 6, 2, 3, 3], f64)];
    expectSame(vmap(grouped)(wide, parts), looped(grouped, wide, parts));
    const dense = (i: Tensor, w: Tensor, b: Tensor) => layerNorm(linear(i, w, b), 6, { weight: b, bias: b });
    const [rows, w, b] = [randn([2, 5, 3], f64), randn([2, 6, 3], f64), randn([2, 6], f64)];
    expectSame(vmap(dense)(rows, w, b), looped(dense, rows, w, b));
    const [a, m, n] = [randn([2, 3], f64), randn([2, 4, 5], f64), randn([2, 5, 3], f64)];
    expectSame(
      vmap((p: Tensor, q: Tensor, r: Tensor) => addmm(p, q, r))(a, m, n),
      looped((p, q, r) => addmm(p, q, r), a, m, n),
    );
  });

  test('knows indices of their own for each example', () => {
    const table = randn([2, 5, 3], f64);
    const rows = tensor(
      [
        [0, 4],
        [1, 1],
      ],
      { dtype: 'int64' },
    );
    const f = (t: Tensor, i: Tensor) => embedding(i, t).add(t.indexSelect(0, i)).add(t.index(i));
    expectSame(vmap(f)(table, rows), looped(f, table, rows));
    const put = (t: Tensor, i: Tensor) => t.clone().indexPut_([i], 0);
    expectSame(vmap(put)(table, rows), looped(put, table, rows));
  });

  test('writes in place to what differs between examples, through views as well', () => {
    const f = (a: Tensor) => {
      const copy = a.clone();
      copy.select(0, 1).mul_(10);
      copy.slice(0, 2).copy_(a.slice(0, 0, 2));
      return copy.add_(1);
    };
    expectSame(vmap(f)(x), looped(f, x));
  });

  test('refuses what has no meaning for a batch', () => {
    const message = (f: (a: Tensor) => Tensor): string => {
      try {
        vmap(f)(x);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        return (error as Error).message;
      }
      return 'nothing was thrown';
    };
    expect(message((a) => (a.sum().item() > 0 ? a : a.neg()))).toMatch(/vmap: the elements of a tensor cannot be read/);
    expect(message((a) => zeros([4], f64).add_(a))).toMatch(/vmap: add_ would write values that differ.*they share/);
    expect(message((a) => a.maskedSelect(a.gt(0)))).toMatch(/wrapped/);
    expect(message((a) => a.add(rand([4], f64)))).toMatch(/vmap: rand draws random numbers/);
    expect(message(() => 3 as unknown as Tensor)).toMatch(/vmap: the function must return tensors/);
    expect(message(((a: Tensor) => Promise.resolve(a)) as unknown as (a: Tensor) => Tensor)).toMatch(/must not be async/);
    let kept: Tensor | undefined;
    vmap((a: Tensor) => (kept = a.mul(2)))(x);
    expect(() => kept?.add(1)).toThrow(/used after it has ended/);
    expect(() => vmap((a: Tensor) => a, { inDims: 5 })(x)).toThrow(TransformError);
    expect(() => vmap((a: Tensor, b: Tensor) => a.add(b))(x, y.slice(0, 0, 2))).toThrow(
      /3 examples in one argument and 2 in another/,
    );
    expect(() => vmap((a: Tensor) => a, { inDims: null })(x)).toThrow(/needs a batch dimension/);
    const shown = (a: Tensor) => {
      expect(String(a)).toMatch(/BatchedTensor\(level 1, float64 \(4,\), 3 examples\)/);
      return a;
    };
    expect(String(vmap(shown)(x))).not.toMatch(/Batched/);
  });

  test('draws random numbers for all examples together, or for each', () => {
    const noise = (a: Tensor) => a.mul(0).add(randn([4], f64));
    const same = vmap(noise, { randomness: 'same' })(x);
    expectSame(same.select(0, 0), same.select(0, 1));
    const different = vmap(noise, { randomness: 'different' })(x);
    expect(different.select(0, 0).sub(different.select(0, 1)).abs().sum().item()).toBeGreaterThan(0.1);
    const drop = (a: Tensor) => dropout(a.mul(0).add(1).expand([64, 4]), 0.5).sum(1);
    const [p, q] = [vmap(drop, { randomness: 'same' })(x), vmap(drop, { randomness: 'different' })(x)];
    expectSame(p.select(0, 0), p.select(0, 2));
    expect(q.select(0, 0).sub(q.select(0, 2)).abs().sum().item()).toBeGreaterThan(0.1);
    const like = vmap((a: Tensor) => randnLike(a), { randomness: 'different' })(x);
    expect(new Set(like.flatten().toArray() as number[]).size).toBe(12);
  });
});

describe('vmap and gradients', () => {
  const [x, w] = [randn([5, 4], f64), randn([3, 4], f64)];
  const loss = (weight: Tensor, input: Tensor) => linear(input, weight).tanh().square().sum();

  test('gives each example its own gradient of what they share', () => {
    const per = vmap(func.grad(loss), { inDims: [null, 0] })(w, x);
    expectSame(per, stack(Array.from({ length: 5 }, (_, i) => func.grad(loss)(w, x.select(0, i)))));
    expectSame(func.grad((weight: Tensor) => vmap(loss, { inDims: [null, 0] })(weight, x).sum())(w), per.sum(0));
  });

  test('keeps graphs inside and outside of the batch apart', () => {
    const leaf = w.clone().requiresGrad_();
    const out = vmap((input: Tensor) => loss(leaf, input))(x);
    expect(out.requiresGrad).toBe(true);
    out.sum().backward();
    expectSame(leaf.grad as Tensor, vmap(func.grad(loss), { inDims: [null, 0] })(w, x).sum(0));
    const inner = vmap((input: Tensor) => func.grad((a: Tensor) => a.mul(leaf).sum())(input))(x);
    leaf.grad = null;
    inner.square().sum().backward();
    expectSame(leaf.grad as unknown as Tensor, leaf.detach().sum(0).mul(10).expand([3, 4]));
  });

  test('writes in place under gradients on both sides', () => {
    const f = (a: Tensor) => {
      const copy = a.mul(1);
      copy.select(0, 0).mul_(a.select(0, 1));
      return copy.slice(0, 1).exp_().sum().add(copy.square().sum());
    };
    const g = vmap(func.grad(f))(x);
    expectSame(g, stack(Array.from({ length: 5 }, (_, i) => func.grad(f)(x.select(0, i)))));
    expectSame(func.grad((b: Tensor) => vmap(f)(b).sum())(x), g);
  });

  test('detach() stops gradients on every level', () => {
    const f = (a: Tensor) => a.detach().mul(a).sum();
    expectSame(func.grad((b: Tensor) => vmap(f)(b).sum())(x), x);
    expectSame(vmap(func.grad(f))(x), x);
    expectSame(func.jvp(f, x, x)[1], x.square().sum());
  });

  test('joins what is batched with what is not', () => {
    expectSame(vmap((a: Tensor) => cat([a, w.select(0, 0)]))(x), cat([x, w.select(0, 0).expand([5, 4])], 1));
  });
});
