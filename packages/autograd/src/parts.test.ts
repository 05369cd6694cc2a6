/** Gradients of many parts of one tensor meet in one tensor. */
import { ones, randn, type Tensor } from '@flambeau/core';
import { dispatchBelow, dispatchInplaceBelow, Layer, registerLayer, withContext } from '@flambeau/core/internal';
import { describe, expect, it } from 'vitest';
import { grad } from './index.js';

/** How often each operator runs in `fn`. */
function counted(fn: () => void): Map<string, number> {
  const runs = new Map<string, number>();
  const count = (name: string) => runs.set(name, (runs.get(name) ?? 0) + 1);
  registerLayer(Layer.Profiler, {
    call(def, inputs, attributes, below) {
      count(def.name);
      return dispatchBelow(def, inputs, attributes, below);
    },
    callInplace(def, self, inputs, attributes, below) {
      count(def.name);
      return dispatchInplaceBelow(def, self, inputs, attributes, below);
    },
  });
  withContext('counted', { active: Layer.Profiler }, fn);
  return runs;
}

const weighted = (parts: readonly Tensor[]): Tensor => parts.map((p, i) => p.mul(i + 1).sum()).reduce((a, b) => a.add(b));

describe('parts of a tensor', () => {
  it.each([
    ['unbind', 'select_backward', (x: Tensor) => x.unbind(0)],
    ['split', 'slice_backward', (x: Tensor) => x.split(1, 1)],
    ['chunk', 'slice_backward', (x: Tensor) => x.chunk(6, 1)],
  ] as const)('%s makes one tensor of zeros for all', (_, name, parts) => {
    const x = randn([8, 6], { requiresGrad: true });
    const loss = weighted(parts(x));
    const runs = counted(() => loss.backward());
    expect(runs.get(name)).toBe(1);
    const expected = grad([weighted(parts(x))], [x], { createGraph: true })[0] as Tensor; // part by part
    expect(x.grad?.toArray()).toEqual(expected.toArray());
  });

  it('adds where parts overlap', () => {
    const x = ones([4], { requiresGrad: true });
    weighted([x.narrow(0, 0, 3), x.narrow(0, 1, 3), x.select(0, 2)]).backward();
    expect(x.grad?.toArray()).toEqual([1, 3, 6, 2]);
  });

  it('does not write to a gradient that others see', () => {
    const x = ones([2, 2], { requiresGrad: true });
    const y = x.mul(1);
    const seen: Tensor[] = [];
    const part = y.select(0, 0);
    part.registerHook((g) => void seen.push(g));
    const whole = y.add(0);
    whole.registerHook((g) => void seen.push(g));
    part.sum().add(whole.sum()).add(y.select(0, 1).mul(3).sum()).backward();
    expect(seen.map((g) => g.toArray())).toEqual(
      expect.arrayContaining([
        [1, 1],
        [
          [1, 1],
          [1, 1],
        ],
      ]),
    );
    expect(x.grad?.toArray()).toEqual([
      [2, 2],
      [4, 4],
    ]);
  });

  it('has second derivatives', () => {
    const x = randn([3], { dtype: 'float64', requiresGrad: true });
    const [first] = grad([x.unbind(0).reduce((a, b) => a.mul(b))], [x], { createGraph: true }) as Tensor[];
    const [second] = grad([first.sum()], [x]) as Tensor[];
    const [a, b, c] = x.toArray() as number[];
    expect(second.toArray()).toEqual([b + c, a + c, a + b].map((v) => expect.closeTo(v, 10)));
  });
});
