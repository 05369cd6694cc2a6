import { describe, expect, it } from 'vitest';
import { expectClose, expectSameOnAllThreads, floats, generator, run, status, tensor, values } from '../test/frame.js';
import { Status } from './index.js';

const random = generator(29);
const sizes = [3, 1, 0, 70_001, 257];
type Precision = 'float32' | 'float64';
/** Numbers of both signs, squares, or squares that exceed those of all others (so that a variance is positive). */
const KINDS = { signed: (x: number) => x, positive: (x: number) => x * x, large: (x: number) => x * x + 100 };
type Kind = keyof typeof KINDS;
const lists = (dtype: Precision, kind: Kind = 'signed') =>
  sizes.map((n) => tensor(dtype, [n], floats(n, random).map(KINDS[kind])));
const perTensor = (value: number) => sizes.map((_, i) => value * (i + 1));

interface Case {
  readonly kernel: string;
  readonly states: readonly Kind[];
  readonly attributes: readonly (number | boolean | readonly number[])[];
  /** What becomes of an element and its state. `factor` is the number of its tensor, from 1. */
  readonly formula: (p: number, g: number, state: readonly number[], factor: number) => readonly [number, ...number[]];
}
const [lr, eps, decay] = [0.1, 1e-3, 0.2];
const cases: Case[] = [
  {
    kernel: 'fused_rmsprop',
    states: ['large', 'signed', 'signed'],
    attributes: [lr, 0.9, eps, decay, 0.5, true],
    formula: (p, g0, [v0, m0, b0]) => {
      const g = -g0 + decay * p;
      const m = m0! + 0.1 * (g - m0!);
      const v = 0.9 * v0! + 0.1 * g * g;
      const b = 0.5 * b0! + g / (Math.sqrt(v - m * m) + eps);
      return [p - lr * b, v, m, b];
    },
  },
  {
    kernel: 'fused_adagrad',
    states: ['positive'],
    attributes: [perTensor(lr), eps, decay, false],
    formula: (p, g0, [s0], factor) => {
      const g = g0 + decay * p;
      const s = s0! + g * g;
      return [p - (lr * factor * g) / (Math.sqrt(s) + eps), s];
    },
  },
  {
    kernel: 'fused_adadelta',
    states: ['positive', 'positive'],
    attributes: [lr, 0.9, eps, decay, false],
    formula: (p, g0, [v0, u0]) => {
      const g = g0 + decay * p;
      const v = 0.9 * v0! + 0.1 * g * g;
      const d = (Math.sqrt(u0! + eps) / Math.sqrt(v + eps)) * g;
      return [p - lr * d, v, 0.9 * u0! + 0.1 * d * d];
    },
  },
  {
    kernel: 'fused_adamax',
    states: ['signed', 'positive'],
    attributes: [perTensor(lr), 0.9, 0.99, 0.1, decay, true],
    formula: (p, g0, [m0, u0], factor) => {
      const g = -g0 + decay * p;
      const m = m0! + 0.1 * (g - m0!);
      const u = Math.max(0.99 * u0!, Math.abs(g) + 0.1);
      return [p - (lr * factor * m) / u, m, u];
    },
  },
  {
    kernel: 'fused_nadam',
    states: ['signed', 'positive'],
    attributes: [perTensor(-lr), perTensor(-0.2), perTensor(0.5), lr, 0.9, 0.99, eps, decay, false, true],
    formula: (p, g, [m0, v0], factor) => {
      const m = m0! + 0.1 * (g - m0!);
      const v = 0.99 * v0! + 0.01 * g * g;
      const denominator = Math.sqrt(v / (0.5 * factor)) + eps;
      return [p * (1 - lr * decay) - (lr * factor * g) / denominator - (0.2 * factor * m) / denominator, m, v];
    },
  },
  {
    kernel: 'fused_radam',
    states: ['signed', 'positive'],
    attributes: [perTensor(1), [0, 0.5, 0.5, 0.5, 0], lr, 0.3, 0.99, eps, decay, false, false],
    formula: (p, g0, [m0, v0], step) => {
      const g = g0 + decay * p;
      const m = g - (g - m0!) * 0.3;
      const v = 0.99 * v0! + 0.01 * g * g;
      const size = step === 1 || step === 5 ? 1 : (0.5 * Math.sqrt(1 - 0.99 ** step)) / (Math.sqrt(v) + eps);
      return [p - (m / (1 - 0.3 ** step)) * lr * size, m, v];
    },
  },
  {
    kernel: 'fused_rprop',
    states: ['signed', 'positive'],
    attributes: [0.5, 1.2, 0.01, 2, false],
    formula: (p, g, [before, size0]) => {
      const turned = g * before! < 0;
      const size = Math.min(2, Math.max(0.01, size0! * (turned ? 0.5 : g * before! > 0 ? 1.2 : 1)));
      const used = turned ? 0 : g;
      return [p - Math.sign(used) * size, used, size];
    },
  },
  {
    kernel: 'fused_asgd',
    states: ['signed'],
    attributes: [perTensor(lr), [1, 0.5, 0.5, 0.5, 1], 0.01, decay, false],
    formula: (p0, g0, [a0], factor) => {
      const g = g0 + decay * p0;
      const p = p0 * (1 - 0.01 * lr * factor) - lr * factor * g;
      return [p, factor === 1 || factor === 5 ? p : a0! + (p - a0!) * 0.5];
    },
  },
  {
    kernel: 'fused_lion',
    states: ['signed'],
    attributes: [lr, 0.9, 0.99, decay, false],
    formula: (p, g, [m0]) => [p * (1 - lr * decay) - lr * Math.sign(0.9 * m0! + 0.1 * g), 0.99 * m0! + 0.01 * g],
  },
];

describe.each(cases)('$kernel', ({ kernel, states: kinds, attributes, formula }) => {
  it.each(['float32', 'float64'] as const)('follows the formula in %s', (dtype) => {
    const [params, grads] = [lists(dtype), lists(dtype)];
    const states = kinds.map((kind) => lists(dtype, kind));
    const before = [params, grads, ...states].map((list) => list.map(values)) as number[][][];
    run(kernel, params, grads, ...states, ...attributes);
    for (const t of sizes.keys()) {
      const [p, g, ...state] = before.map((list) => list[t] as number[]) as [number[], number[], ...number[][]];
      const want = p.map((x, i) =>
        formula(
          x,
          g[i]!,
          state.map((s) => s[i]!),
          t + 1,
        ),
      );
      for (const [j, list] of [params, ...states].entries())
        expectClose(
          list[t]!,
          want.map((w) => w[j]!),
          dtype === 'float32' ? 5e-6 : 1e-13,
        );
    }
  });

  it('has the same bits on any number of threads', () => {
    const inputs = [lists('float32'), lists('float32'), ...kinds.map((kind) => lists('float32', kind))];
    expectSameOnAllThreads(() => {
      const [params, grads, ...states] = inputs.map((list) => list.map((t) => ({ ...t, data: t.data.slice() }))) as [
        (typeof inputs)[0],
        (typeof inputs)[0],
        ...typeof inputs,
      ];
      run(kernel, params, grads, ...states, ...attributes);
      return [...params, ...states.flat()];
    });
  });
});

it('other dtypes are refused', () => {
  const list = [tensor('int32', [2])];
  expect(status('fused_lion', list, list, list, 0.1, 0.9, 0.99, 0, false)).toBe(Status.UnsupportedDtype);
});
