import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { type FunctionContext, Function as AutogradFunction, grad, graph, savedTensorsHooks } from './index.js';

const { disableSavedTensorsHooks, saveOnCpu } = graph;
const leaf = () => tensor([0.5, -1, 2], { dtype: 'float64', requiresGrad: true });
const f = (x: Tensor) => x.exp().mul(x.sin()).square().sum();

describe('savedTensorsHooks', () => {
  test('keep the tensors of a graph on disk', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flambeau-saved-'));
    try {
      let count = 0;
      const pack = (t: Tensor) => {
        const path = join(folder, `${count++}`);
        writeFileSync(path, new Uint8Array(t.toTypedArray().buffer));
        return { path, shape: t.shape };
      };
      const unpack = (packed: unknown): Tensor => {
        const { path, shape } = packed as { path: string; shape: number[] };
        return tensor(new Float64Array(new Uint8Array(readFileSync(path)).buffer), { dtype: 'float64' }).reshape(shape);
      };
      const x = leaf();
      const y = savedTensorsHooks({ pack, unpack }, () => f(x));
      expect(readdirSync(folder).length).toBe(5); // exp: its result; mul: both factors; sin and square: their inputs
      y.backward();
      const plain = leaf();
      f(plain).backward();
      expect(x.grad?.toArray()).toEqual(plain.grad?.toArray());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('leave higher derivatives as they are', () => {
    const second = (run: (x: Tensor) => Tensor) => {
      const x = leaf();
      const [first] = grad(run(x), x, { createGraph: true });
      return grad(first.sum(), x)[0].toArray();
    };
    const copy = { pack: (t: Tensor) => t.clone(), unpack: (t: unknown) => (t as Tensor).clone() };
    expect(second((x) => savedTensorsHooks(copy, () => f(x)))).toEqual(second(f));
    expect(second((x) => saveOnCpu(() => f(x)))).toEqual(second(f));
  });

  test('see what a Function keeps', () => {
    class Square extends AutogradFunction {
      static forward(ctx: FunctionContext, x: Tensor): Tensor {
        ctx.saveForBackward(x);
        return x.mul(x);
      }
      static backward(ctx: FunctionContext, g: Tensor): Tensor {
        return g.mul(ctx.savedTensors[0] as Tensor).mul(2);
      }
    }
    let packed = 0;
    const x = leaf();
    const pack = (t: Tensor) => {
      packed++;
      return t;
    };
    const hooks = { pack, unpack: (t: unknown) => (t as Tensor).mul(10) };
    savedTensorsHooks(hooks, () => Square.apply(x))
      .sum()
      .backward();
    expect(packed).toBe(1);
    expect(x.grad?.toArray()).toEqual([10, -20, 40]);
  });

  test('end with their callback, and their mistakes are told', () => {
    const refuse = () => {
      throw new Error('packed');
    };
    const x = leaf();
    expect(() => savedTensorsHooks({ pack: refuse, unpack: refuse }, () => x.exp())).toThrow('packed');
    x.exp().sum().backward();
    const y = savedTensorsHooks({ pack: () => 1, unpack: () => tensor([1]) }, () => x.exp());
    expect(() => y.sum().backward()).toThrow(/unpack gave a float32 tensor of shape \(1,\)/);
    const run = () => savedTensorsHooks({ pack: (t) => t, unpack: (t) => t as Tensor }, async () => x.exp());
    expect(run).toThrow(/must not be async/);
    expect(() =>
      disableSavedTensorsHooks('not here', () => savedTensorsHooks({ pack: refuse, unpack: refuse }, () => f(x))),
    ).toThrow('not here');
  });
});
