/** What random layers do in training: distributions, since PyTorch's sequence is another one. */
import { manualSeed, ones, randn, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { values } from '../test/stored-case.js';
import * as nn from './index.js';
import { F } from './index.js';

const number = (t: Tensor): number => t.item() as number;

describe('dropout', () => {
  test('of one and three dimensions drops whole channels', () => {
    for (const [layer, shape] of [
      [new nn.Dropout1d(0.5), [8, 16, 5]],
      [new nn.Dropout3d(0.5), [8, 16, 2, 3, 2]],
    ] as const) {
      const channels = layer(ones(shape)).reshape([128, -1]);
      expect(values(channels.amax(1))).toEqual(values(channels.amin(1)));
      expect(new Set(values(channels.amax(1)))).toEqual(new Set([0, 2]));
    }
  });
  test('in place writes over its input', () => {
    const x = ones([100]);
    expect(new nn.Dropout(0.5, { inplace: true })(x)).toBe(x);
    expect(new Set(values(x))).toEqual(new Set([0, 2]));
  });
  test('alpha dropout keeps mean and variance of SELUs', () => {
    manualSeed(1);
    const x = F.selu(randn([200_000]));
    const y = new nn.AlphaDropout(0.2)(x);
    expect(Math.abs(number(y.mean()) - number(x.mean()))).toBeLessThan(0.01);
    expect(Math.abs(number(y.var()) - number(x.var()))).toBeLessThan(0.02);
    // two values a * x + b: a and b follow from the two constants of the paper
    const two = F.alphaDropout(zeros([1000]), 0.2, { training: true });
    const low = -1.7580993408473766;
    const a = 1 / Math.sqrt((low ** 2 * 0.2 + 1) * 0.8);
    const expected = [-a * low * 0.2, a * low * 0.8].map(Math.fround);
    for (const value of new Set(values(two))) expect(Math.min(...expected.map((e) => Math.abs(e - value)))).toBeLessThan(1e-6);
    expect(values(F.alphaDropout(ones([3]), 1, { training: true }))).toEqual([0, 0, 0]);
    expect(() => F.alphaDropout(x, 2)).toThrow('p must be a probability');
  });
  test('feature alpha dropout treats whole channels alike', () => {
    const y = new nn.FeatureAlphaDropout(0.5)(zeros([8, 16, 3, 3])).reshape([128, 9]);
    expect(values(y.amax(1))).toEqual(values(y.amin(1)));
    expect(new Set(values(y.amax(1))).size).toBe(2);
  });
});

test('rrelu draws slopes in training', () => {
  const x = ones([10_000]).neg().requiresGrad_(true);
  const y = new nn.RReLU(0.1, 0.5)(x);
  const slopes = y.neg();
  expect(number(slopes.amin())).toBeGreaterThanOrEqual(0.1);
  expect(number(slopes.amax())).toBeLessThanOrEqual(0.5);
  expect(number(slopes.mean())).toBeCloseTo(0.3, 1);
  y.sum().backward();
  expect(values(x.grad as Tensor)).toEqual(values(slopes));
  expect(values(F.rrelu(tensor([2, 3]), { training: true }))).toEqual([2, 3]);
  expect(() => F.rrelu(x, { lower: 1, upper: 0.5 })).toThrow('lower must not exceed upper');
});

describe('gumbel softmax', () => {
  test('chooses with the probabilities of the logits', () => {
    manualSeed(2);
    const logits = tensor([0.1, 0.2, 0.7]).log().expand([20_000, 3]);
    const hard = F.gumbelSoftmax(logits, { hard: true });
    expect(values(hard.mean(0)).map((p) => Math.round(p * 20) / 20)).toEqual([0.1, 0.2, 0.7]);
    expect(values(hard.amax(1).sub(1).abs().amax())[0]).toBeLessThan(1e-6);
    expect(values(F.gumbelSoftmax(logits, { tau: 0.5 }).sum(-1).sub(1).abs().amax())[0]).toBeLessThan(1e-5);
  });
  test('lets gradients pass through hard samples', () => {
    const logits = zeros([4, 3], { requiresGrad: true });
    F.gumbelSoftmax(logits, { hard: true })
      .mul(tensor([1, 2, 3]))
      .sum()
      .backward();
    expect(number((logits.grad as Tensor).abs().sum())).toBeGreaterThan(0);
  });
});

test('fractional max pooling draws windows and refuses sizes that do not fit', () => {
  const x = randn([2, 3, 9, 9]);
  const [y, indices] = F.fractionalMaxPool2d(x, 2, { outputRatio: 0.5, returnIndices: true });
  expect(y.shape).toEqual([2, 3, 4, 4]);
  expect(values(x.flatten(2).gather(2, indices.flatten(2)))).toEqual(values(y));
  expect(() => F.fractionalMaxPool2d(x, 2, { outputSize: 9 })).toThrow('9 windows of 2 do not fit');
  expect(() => F.fractionalMaxPool2d(x, 2, {})).toThrow('either outputSize or outputRatio');
});

test('pretrained vectors are frozen unless asked otherwise', () => {
  const table = randn([4, 2]);
  const embedding = nn.Embedding.fromPretrained(table);
  expect(values(embedding([2]))).toEqual(values(table.select(0, 2)));
  expect(embedding.weight.requiresGrad).toBe(false);
  expect(nn.EmbeddingBag.fromPretrained(table, { freeze: false, mode: 'max' }).weight.requiresGrad).toBe(true);
});

test('functions that write over their input do', () => {
  const list: [(x: Tensor) => Tensor, (x: Tensor) => Tensor][] = [
    [F.relu_, F.relu],
    [F.elu_, F.elu],
    [F.celu_, F.celu],
    [F.selu_, F.selu],
    [F.leakyRelu_, F.leakyRelu],
    [F.hardtanh_, F.hardtanh],
    [F.rrelu_, F.rrelu],
    [(x) => F.threshold_(x, 0.1, 7), (x) => F.threshold(x, 0.1, 7)],
  ];
  for (const [inplace, pure] of list) {
    const leaf = tensor([-2, -0.5, 0.5, 2], { requiresGrad: true });
    const other = tensor([-2, -0.5, 0.5, 2], { requiresGrad: true });
    const x = leaf.mul(1);
    expect(inplace(x)).toBe(x);
    x.mul(tensor([1, 2, 3, 4]))
      .sum()
      .backward();
    const expected = pure(other);
    expected
      .mul(tensor([1, 2, 3, 4]))
      .sum()
      .backward();
    expect(values(x)).toEqual(values(expected));
    expect(values(leaf.grad as Tensor)).toEqual(values(other.grad as Tensor));
  }
});
