/** Gradients of many parts of one tensor meet in one tensor, in which they are joined or to which they are added. */
import { arange, ones, randn, stack, type Tensor, zeros } from '@flambeau/core';
import { dispatchBelow, dispatchInplaceBelow, Layer, registerLayer, withContext } from '@flambeau/core/internal';
import { describe, expect, it } from 'vitest';
import { func, grad, gradcheck, gradgradcheck } from './index.js';

const { jacfwd, jacrev, vmap } = func;
/** The gradient of the sum of all results. */
const slopesOf =
  (f: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor =>
    func.grad((t: Tensor) => f(t).sum())(x) as Tensor;

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
    ['unbind joins them', 'cat', (x: Tensor) => x.unbind(0)],
    ['split joins them', 'cat', (x: Tensor) => x.split(1, 1)],
    ['chunk joins them', 'cat', (x: Tensor) => x.chunk(3, 1)],
    ['tensorSplit joins them', 'cat', (x: Tensor) => x.tensorSplit(4, 1)],
    ['select makes one tensor of zeros for all', 'select_backward', (x: Tensor) => [0, 3, 5].map((i) => x.select(1, i))],
    ['slice makes one tensor of zeros for all', 'slice_backward', (x: Tensor) => x.tensorSplit([2, 3], 1)],
  ] as const)('%s', (_, name, parts) => {
    const x = randn([8, 6], { requiresGrad: true });
    const loss = weighted(parts(x));
    const runs = counted(() => loss.backward());
    expect(runs.get(name)).toBe(1);
    expect(['cat', 'select_backward', 'slice_backward'].filter((op) => runs.has(op))).toEqual([name]);
    const expected = zeros([8, 6]); // each part is 1, 2, … times in the loss
    parts(expected).forEach((part, i) => void part.fill_(i + 1));
    expect(x.grad?.toArray()).toEqual(expected.toArray());
  });

  it('are zero where a part is not used', () => {
    const x = ones([2, 3], { requiresGrad: true });
    x.unbind(1)[1].mul(5).sum().backward();
    x.split([1, 2], 1)[1].sum().backward();
    const [only] = x.chunk(1);
    only.sum().backward();
    expect(x.grad?.toArray()).toEqual([
      [1, 7, 2],
      [1, 7, 2],
    ]);
    expect(grad(x.t().split([3, 0])[1].sum(), x)[0].toArray()).toEqual(zeros([2, 3]).toArray());
  });

  it('reach the hooks of the parts', () => {
    const x = ones([2, 2], { requiresGrad: true });
    const [first, second] = x.unbind();
    first.registerHook((g) => g.mul(10));
    second.retainGrad();
    first.sum().add(second.mul(3).sum()).backward();
    expect([String(first.gradFn), second.grad?.toArray(), x.grad?.toArray()]).toEqual([
      '<unbind>',
      [3, 3],
      [
        [10, 10],
        [3, 3],
      ],
    ]);
  });

  it.each([
    ['split', (t: Tensor) => t.split(1, 1)],
    ['unbind', (t: Tensor) => t.unbind(1)],
  ] as const)('of %s follow writes to the parts and to the whole, in every mode', (_, parts) => {
    const f = (x: Tensor): Tensor => {
      const whole = x.mul(1);
      const [a, b, c] = parts(whole);
      a.mul_(b); // of the whole, so that b and c are described anew
      whole.mul_(2);
      c.exp_();
      return whole.square().add(parts(whole)[1].sum()).mul(b.sum()).add(a.sum());
    };
    const x = arange(1, 7, 1, { dtype: 'float64' }).reshape([2, 3]).div(5).requiresGrad_();
    expect(gradcheck(f, [x])).toBe(true);
    expect(gradgradcheck(f, [x])).toBe(true);
    const reverse = jacrev(f)(x.detach()) as Tensor;
    const forward = jacfwd(f)(x.detach()) as Tensor;
    expect(forward.sub(reverse).abs().max().item()).toBeLessThan(1e-12);
    const batch = stack([x, x.mul(2), x.neg()]).detach();
    const slopes = slopesOf(f);
    const together = vmap(slopes)(batch) as Tensor;
    expect(
      together
        .sub(stack(batch.unbind().map((one) => slopes(one))))
        .abs()
        .max()
        .item(),
    ).toBeLessThan(1e-12);
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
