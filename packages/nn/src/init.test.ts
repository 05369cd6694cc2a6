import { readFileSync } from 'node:fs';
import { empty, eye, manualSeed, ones, randn, type Tensor, zeros } from '@flambeau/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { Conv1d, Conv2d, Conv3d, Embedding, init, Linear, Parameter } from './index.js';
import { inverseNormalCdf, normalCdf, normalQuantile } from './init-numerics.js';

beforeEach(() => void manualSeed(0));

const values = (t: Tensor): number[] => t.detach().double().reshape([-1]).toArray() as number[];
function moments(t: Tensor): { mean: number; std: number; min: number; max: number } {
  const all = values(t);
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  const std = Math.sqrt(all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length);
  return { mean, std, min: Math.min(...all), max: Math.max(...all) };
}
const big = () => new Parameter(empty([200, 300]));

/** Uniform in ±bound: its ends are nearly reached and never passed, and its standard deviation is bound / √3. */
function expectUniform(t: Tensor, bound: number): void {
  const { mean, std, min, max } = moments(t);
  expect(min).toBeGreaterThanOrEqual(-bound);
  expect(max).toBeLessThanOrEqual(bound);
  expect(max - min).toBeGreaterThan(1.9 * bound);
  expect(Math.abs(mean)).toBeLessThan(0.05 * bound);
  expect(std / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
}
function expectNormal(t: Tensor, mean: number, std: number): void {
  const m = moments(t);
  expect(Math.abs(m.mean - mean)).toBeLessThan(0.03 * std);
  expect(m.std / std).toBeCloseTo(1, 1);
  expect(m.max).toBeGreaterThan(mean + 3 * std);
}

test('values are written in place, without history, into leaves', () => {
  const p = big();
  const { version } = p;
  expect(init.uniform_(p, -2, 2)).toBe(p);
  expect(p.isLeaf && p.requiresGrad && p.version > version).toBe(true);
  expectUniform(p, 2);
  expectNormal(init.normal_(p, 5, 0.1), 5, 0.1);
  expect(new Set(values(init.constant_(p, 0.5)))).toEqual(new Set([0.5]));
  expect(new Set(values(init.ones_(p)))).toEqual(new Set([1]));
  expect(new Set(values(init.zeros_(p)))).toEqual(new Set([0]));
  const square = init.eye_(new Parameter(zeros([3, 4])));
  expect(square.toArray()).toEqual(eye(3, 4).toArray());
});

test('gains are those of PyTorch', () => {
  expect(init.calculateGain('linear')).toBe(1);
  expect(init.calculateGain('tanh')).toBe(5 / 3);
  expect(init.calculateGain('relu')).toBe(Math.SQRT2);
  expect(init.calculateGain('leaky_relu', 0.2)).toBeCloseTo(1.3867504905630728, 14);
  expect(init.calculateGain('selu')).toBe(0.75);
  expect(() => init.calculateGain('x' as never)).toThrow("unknown nonlinearity 'x'");
});

test('fans count the places of a convolution', () => {
  expect(init.calculateFanInAndFanOut(zeros([8, 4, 3, 2]))).toEqual({ fanIn: 24, fanOut: 48 });
  expect(() => init.calculateFanInAndFanOut(zeros([3]))).toThrow('at least 2 dimensions');
});

test('Xavier and Kaiming have their variances', () => {
  expectUniform(init.xavierUniform_(big()), Math.sqrt(6 / 500));
  expectNormal(init.xavierNormal_(big(), { gain: 2 }), 0, 2 * Math.sqrt(2 / 500));
  expectUniform(init.kaimingUniform_(big()), Math.sqrt(6 / 300));
  expectNormal(init.kaimingNormal_(big(), { mode: 'fanOut', nonlinearity: 'relu' }), 0, Math.sqrt(2 / 200));
});

describe('truncated normal', () => {
  test.each([
    [0, 1, -2, 2],
    [0, 1, -0.1, 3],
    [1, 0.5, 0, 1],
    [0, 1, 4, 5],
    [0, 0.02, -2, 2],
  ])('mean %d, std %d in [%d, %d] stays inside and has the right mean', (mean, std, low, high) => {
    const t = init.truncNormal_(big(), mean, std, low, high);
    const { mean: actual, min, max } = moments(t);
    expect(min).toBeGreaterThanOrEqual(Math.fround(low));
    expect(max).toBeLessThanOrEqual(Math.fround(high));
    const density = (x: number) => Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
    const [a, b] = [(low - mean) / std, (high - mean) / std];
    // by symmetry, so that the difference of probabilities keeps its digits
    const mass = a > 0 ? normalCdf(-a) - normalCdf(-b) : normalCdf(b) - normalCdf(a);
    const expected = mean + (std * (density(a) - density(b))) / mass;
    expect(Math.abs(actual - expected)).toBeLessThan(0.02 * std);
  });

  test('quantiles agree with PyTorch to 1e-13', () => {
    const { probabilities, quantiles } = JSON.parse(
      readFileSync(new URL('../test/fixtures/normal.json', import.meta.url), 'utf8'),
    ) as {
      probabilities: number[];
      quantiles: number[];
    };
    probabilities.forEach((p, i) => {
      expect(Math.abs(inverseNormalCdf(p) - quantiles[i]), `p = ${p}`).toBeLessThanOrEqual(
        1e-13 * Math.max(1, Math.abs(quantiles[i])),
      );
      expect(normalCdf(quantiles[i]) / p).toBeCloseTo(1, 10);
    });
    expect(inverseNormalCdf(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(inverseNormalCdf(1)).toBe(Number.POSITIVE_INFINITY);
    expect(normalQuantile(3, 4)(0)).toBeCloseTo(3, 10);
  });
});

test.each([
  [30, 50],
  [50, 30],
  [40, 40],
])('an orthogonal %d × %d matrix', (rows, columns) => {
  const q = init
    .orthogonal_(new Parameter(empty([rows, columns])), { gain: 2 })
    .detach()
    .double();
  const gram = rows <= columns ? q.matmul(q.t()) : q.t().matmul(q);
  const n = Math.min(rows, columns);
  expect(
    gram
      .sub(eye(n, n, { dtype: 'float64' }).mul(4))
      .abs()
      .amax()
      .item(),
  ).toBeLessThan(1e-5);
});

test('an orthogonal convolution', () => {
  const q = init.orthogonal_(empty([4, 3, 2, 2])).reshape([4, 12]);
  expect(q.matmul(q.t()).sub(eye(4)).abs().amax().item()).toBeLessThan(1e-5);
});

test("layers start with PyTorch's default values", () => {
  const linear = new Linear(400, 100);
  expectUniform(linear.weight, 1 / Math.sqrt(400));
  expectUniform(linear.bias as Tensor, 1 / Math.sqrt(400));
  const conv = new Conv2d(16, 128, 5, { groups: 4 });
  expectUniform(conv.weight, 1 / Math.sqrt(4 * 25));
  expectUniform(conv.bias as Tensor, 1 / Math.sqrt(4 * 25));
  expectUniform(new Conv1d(32, 64, 3).weight, 1 / Math.sqrt(96));
  expectNormal(new Embedding(1000, 50).weight, 0, 1);
});

test('dirac_ makes convolutions that pass their input on', () => {
  for (const [layer, input, groups] of [
    [new Conv1d(4, 4, 3, { padding: 1, bias: false }), [2, 4, 6], 1],
    [new Conv2d(4, 4, 3, { padding: 1, bias: false, groups: 2 }), [2, 4, 5, 5], 2],
    [new Conv3d(2, 2, 3, { padding: 1, bias: false }), [1, 2, 3, 3, 3], 1],
  ] as const) {
    const x = randn(input);
    init.dirac_(layer.weight, groups);
    expect(layer.forward(x).sub(x).abs().amax().item()).toBe(0);
  }
  const wide = init.dirac_(ones([4, 3, 2]), 2);
  expect(wide.nonzero().toArray()).toEqual([
    [0, 0, 1],
    [1, 1, 1],
    [2, 0, 1],
    [3, 1, 1],
  ]);
  expect(() => init.dirac_(ones([3, 3]))).toThrow('3 to 5 dimensions');
  expect(() => init.dirac_(ones([3, 3, 1]), 2)).toThrow('do not divide into 2 groups');
});

test('sparse_ leaves zeros in every column', () => {
  const t = init.sparse_(ones([10, 200]), 0.25, 0.5);
  expect(new Set(t.eq(0).long().sum(0).toArray() as number[])).toEqual(new Set([3]));
  expect(t.square().sum().div(1400).sqrt().item()).toBeCloseTo(0.5, 1);
  expect(() => init.sparse_(ones([3]), 0.1)).toThrow('expected a matrix');
});
