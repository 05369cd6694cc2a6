import { describe, expect, it } from 'vitest';
import type { View } from '../test/frame.js';
import { expectClose, expectSameOnAllThreads, floats, generator, run, tensor, values } from '../test/frame.js';

const random = generator(23);
const sizes = [3, 1, 0, 70_001, 257];
const lists = (dtype: 'float32' | 'float64') => sizes.map((n) => tensor(dtype, [n], floats(n, random)));
const zeros = (dtype: 'float32' | 'float64') => sizes.map((n) => tensor(dtype, [n]));
const all = (list: readonly View[]) => list.map(values);

describe('fused_sgd', () => {
  it.each([
    { momentum: 0, dampening: 0, decay: 0, nesterov: false, maximize: false },
    { momentum: 0.9, dampening: 0, decay: 0.01, nesterov: true, maximize: false },
    { momentum: 0.9, dampening: 0.1, decay: 0, nesterov: false, maximize: true },
  ])('follows the formula: %j', ({ momentum, dampening, decay, nesterov, maximize }) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const [params, buffers] = [lists(dtype), zeros(dtype)];
      const want = all(params);
      const kept = all(buffers);
      for (let step = 0; step < 3; step++) {
        const grads = lists(dtype);
        for (const [t, g] of grads.entries())
          values(g).forEach((x, i) => {
            const [p, m] = [want[t] as number[], kept[t] as number[]];
            let d = (maximize ? -x : x) + decay * (p[i] as number);
            if (momentum) {
              m[i] = step === 0 ? d : momentum * (m[i] as number) + (1 - dampening) * d;
              d = nesterov ? d + momentum * (m[i] as number) : (m[i] as number);
            }
            p[i] = (p[i] as number) - 0.1 * d;
          });
        run('fused_sgd', params, grads, momentum ? buffers : [], 0.1, momentum, dampening, decay, nesterov, maximize, step === 0);
      }
      params.forEach((p, t) => {
        expectClose(p, want[t] as number[], dtype === 'float32' ? 2e-6 : 1e-14);
      });
    }
  });
});

describe('fused_adam', () => {
  it.each([
    { decay: 0, amsgrad: false, maximize: false, decoupled: false },
    { decay: 0.1, amsgrad: true, maximize: false, decoupled: false },
    { decay: 0.1, amsgrad: false, maximize: true, decoupled: true },
  ])('follows the formula: %j', ({ decay, amsgrad, maximize, decoupled }) => {
    const [lr, b1, b2, eps] = [0.01, 0.9, 0.999, 1e-8];
    for (const dtype of ['float32', 'float64'] as const) {
      const [params, m, v, most] = [lists(dtype), zeros(dtype), zeros(dtype), zeros(dtype)];
      const [p, m1, v1, top] = [all(params), all(m), all(v), all(most)] as [number[][], number[][], number[][], number[][]];
      for (let step = 1; step <= 3; step++) {
        const grads = lists(dtype);
        for (const [t, list] of grads.entries())
          values(list).forEach((x, i) => {
            const [pt, mt, vt, tt] = [p[t], m1[t], v1[t], top[t]] as [number[], number[], number[], number[]];
            let g = maximize ? -x : x;
            if (decoupled) pt[i]! *= 1 - lr * decay;
            else g += decay * (pt[i] as number);
            mt[i] = b1 * (mt[i] as number) + (1 - b1) * g;
            vt[i] = b2 * (vt[i] as number) + (1 - b2) * g * g;
            tt[i] = Math.max(tt[i] as number, vt[i] as number);
            const root = Math.sqrt((amsgrad ? tt[i] : vt[i]) as number) / Math.sqrt(1 - b2 ** step);
            pt[i]! -= ((lr / (1 - b1 ** step)) * (mt[i] as number)) / (root + eps);
          });
        run(
          'fused_adam',
          params,
          grads,
          m,
          v,
          amsgrad ? most : [],
          sizes.map(() => step),
          lr,
          b1,
          b2,
          eps,
          decay,
          maximize,
          decoupled,
        );
      }
      params.forEach((x, t) => {
        expectClose(x, p[t] as number[], dtype === 'float32' ? 2e-6 : 1e-13);
      });
    }
  });
});

describe('lists', () => {
  it('foreach_norm gives the norm of every tensor', () => {
    const tensors = lists('float32');
    for (const [p, of] of [
      [2, (x: number[]) => Math.sqrt(x.reduce((s, v) => s + v * v, 0))],
      [1, (x: number[]) => x.reduce((s, v) => s + Math.abs(v), 0)],
      [Infinity, (x: number[]) => x.reduce((s, v) => Math.max(s, Math.abs(v)), 0)],
      [3, (x: number[]) => Math.cbrt(x.reduce((s, v) => s + Math.abs(v) ** 3, 0))],
    ] as [number, (x: number[]) => number][]) {
      const out = tensor('float32', [sizes.length]);
      run('foreach_norm', out, tensors, p);
      expectClose(out, all(tensors).map(of), 1e-6);
    }
  });

  it('foreach_scale_ and foreach_zero_', () => {
    const tensors = lists('float32');
    const want = all(tensors).map((x) => x.map((v) => Math.fround(v * 0.25)));
    run('foreach_scale_', tensors, tensor('float32', [], [0.25]));
    expect(all(tensors)).toEqual(want);
    run('foreach_zero_', tensors);
    expect(
      all(tensors)
        .flat()
        .every((v) => v === 0),
    ).toBe(true);
  });
});

it('a step has the same bits on any number of threads', () => {
  const [params, grads] = [lists('float32'), lists('float32')];
  const copy = (list: readonly View[]) => list.map((t) => ({ ...t, data: t.data.slice() }));
  expectSameOnAllThreads(() => {
    const [p, m, v] = [copy(params), zeros('float32'), zeros('float32')];
    run(
      'fused_adam',
      p,
      grads,
      m,
      v,
      [],
      sizes.map(() => 1),
      0.01,
      0.9,
      0.999,
      1e-8,
      0.1,
      false,
      true,
    );
    const out = tensor('float32', [sizes.length]);
    run('foreach_norm', out, p, 2);
    return [...p, ...m, ...v, out];
  });
});
