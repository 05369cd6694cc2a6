import { readFileSync } from 'node:fs';
import { ones, type Tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { load, testFamily, values } from '../test/stored-case.js';
import * as nn from './index.js';
import { Module } from './index.js';

testFamily('convolutions.json', {
  Conv3d: () => new nn.Conv3d(4, 2, [2, 3, 2], { stride: [1, 2, 1], padding: 1 }),
  'Conv3d grouped and dilated': () => new nn.Conv3d(4, 4, 2, { groups: 2, dilation: [2, 1, 1], bias: false }),
  'Conv3d same': () => new nn.Conv3d(4, 2, [2, 1, 3], { padding: 'same' }),
  'Conv3d replicate': () => new nn.Conv3d(4, 2, 2, { padding: [1, 0, 1], paddingMode: 'replicate' }),
  ConvTranspose1d: () => new nn.ConvTranspose1d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2 }),
  ConvTranspose2d: () => new nn.ConvTranspose2d(4, 2, [3, 2], { stride: [2, 1], dilation: [1, 2] }),
  ConvTranspose3d: () => new nn.ConvTranspose3d(4, 2, 2, { stride: [2, 1, 2], padding: [1, 0, 1], bias: false }),
  Bilinear: () => new nn.Bilinear(4, 3, 2),
  'Bilinear without bias': () => new nn.Bilinear(4, 3, 2, { bias: false }),
});

testFamily('normalizations.json', {
  BatchNorm3d: () => new nn.BatchNorm3d(4),
  InstanceNorm1d: () => new nn.InstanceNorm1d(4, { affine: true }),
  'InstanceNorm1d without batch': () => new nn.InstanceNorm1d(4, { affine: true }),
  InstanceNorm2d: () => new nn.InstanceNorm2d(4, { eps: 1e-3 }),
  'InstanceNorm2d statistics': () => new nn.InstanceNorm2d(4, { trackRunningStats: true, momentum: 0.3 }),
  'InstanceNorm2d statistics eval': () => new nn.InstanceNorm2d(4, { affine: true, trackRunningStats: true }),
  InstanceNorm3d: () => new nn.InstanceNorm3d(4, { affine: true }),
  LocalResponseNorm: () => new nn.LocalResponseNorm(3, { alpha: 0.5, beta: 0.6, k: 1.5 }),
  'LocalResponseNorm even': () => new nn.LocalResponseNorm(4, { alpha: 0.5 }),
  'GroupNorm sequence': () => new nn.GroupNorm(4, 4, { affine: false }),
  'LayerNorm plain': () => new nn.LayerNorm([3, 4], { elementwiseAffine: false }),
});

interface PoolWithIndices extends Module {
  forward(input: Tensor): [Tensor, Tensor];
}
interface Unpool extends Module {
  forward(input: Tensor, indices: Tensor, outputSize?: readonly number[] | null): Tensor;
}
/** A pooling with indices and its inverse. */
class Chain extends Module {
  constructor(
    readonly pool: PoolWithIndices,
    readonly unpool: Unpool,
    readonly size: readonly number[] | null = null,
  ) {
    super();
  }
  forward(x: Tensor): Tensor {
    const [y, indices] = this.pool(x);
    return this.unpool(y.mul(y), indices, this.size);
  }
}
const { samples } = JSON.parse(readFileSync(new URL('../test/fixtures/poolings.json', import.meta.url), 'utf8'));
const [planes, boxes] = [load(samples.planes), load(samples.boxes)];
const returnIndices = true;

testFamily('poolings.json', {
  MaxPool3d: () => new nn.MaxPool3d([2, 3, 2], { stride: [1, 2, 2], padding: [1, 1, 0], ceilMode: true }),
  AvgPool3d: () => new nn.AvgPool3d(2, { padding: 1, countIncludePad: false }),
  'AvgPool3d divisor': () => new nn.AvgPool3d([2, 1, 2], { stride: 1, divisorOverride: 3 }),
  AdaptiveAvgPool1d: () => new nn.AdaptiveAvgPool1d(3),
  AdaptiveAvgPool3d: () => new nn.AdaptiveAvgPool3d([2, null, 3]),
  AdaptiveMaxPool1d: () => new nn.AdaptiveMaxPool1d(3),
  AdaptiveMaxPool3d: () => new nn.AdaptiveMaxPool3d(2),
  LPPool1d: () => new nn.LPPool1d(2, 3, { stride: 2 }),
  LPPool2d: () => new nn.LPPool2d(3, [2, 3]),
  LPPool3d: () => new nn.LPPool3d(2, 2, { stride: [2, 1, 2], ceilMode: true }),
  MaxUnpool1d: () => new Chain(new nn.MaxPool1d(2, { returnIndices }), new nn.MaxUnpool1d(2), [7]),
  MaxUnpool2d: () => new Chain(new nn.MaxPool2d(2, { returnIndices }), new nn.MaxUnpool2d(2), [6, 5]),
  'MaxUnpool2d overlapping': () =>
    new Chain(
      new nn.MaxPool2d([3, 2], { stride: [2, 1], padding: [1, 0], returnIndices }),
      new nn.MaxUnpool2d([3, 2], { stride: [2, 1], padding: [1, 0] }),
      [2, 2, 6, 5],
    ),
  MaxUnpool3d: () => new Chain(new nn.MaxPool3d(2, { returnIndices }), new nn.MaxUnpool3d(2), [4, 5, 4]),
  FractionalMaxPool2d: () => new nn.FractionalMaxPool2d([2, 3], { outputSize: [3, 2], randomSamples: planes }),
  FractionalMaxPool3d: () => new nn.FractionalMaxPool3d(2, { outputRatio: 0.6, randomSamples: boxes }),
  'FractionalMaxPool2d indices': () =>
    new Chain(
      new nn.FractionalMaxPool2d(2, { outputSize: 3, returnIndices, randomSamples: planes }),
      new nn.MaxUnpool2d([2, 1], { stride: [2, 2] }),
      [6, 5],
    ),
});

const [one, two, three] = [
  [3, 1],
  [2, 1, 0, 2],
  [1, 2, 1, 0, 2, 1],
];
testFamily('paddings.json', {
  ConstantPad1d: () => new nn.ConstantPad1d(one, 3.5),
  ZeroPad1d: () => new nn.ZeroPad1d(one),
  ReflectionPad1d: () => new nn.ReflectionPad1d(one),
  ReplicationPad1d: () => new nn.ReplicationPad1d(one),
  CircularPad1d: () => new nn.CircularPad1d(one),
  'ReflectionPad1d all sides': () => new nn.ReflectionPad1d(1),
  ConstantPad2d: () => new nn.ConstantPad2d(two, 3.5),
  ZeroPad2d: () => new nn.ZeroPad2d(two),
  ReflectionPad2d: () => new nn.ReflectionPad2d(two),
  ReplicationPad2d: () => new nn.ReplicationPad2d(two),
  CircularPad2d: () => new nn.CircularPad2d(two),
  'ReflectionPad2d all sides': () => new nn.ReflectionPad2d(1),
  ConstantPad3d: () => new nn.ConstantPad3d(three, 3.5),
  ZeroPad3d: () => new nn.ZeroPad3d(three),
  ReflectionPad3d: () => new nn.ReflectionPad3d(three),
  ReplicationPad3d: () => new nn.ReplicationPad3d(three),
  CircularPad3d: () => new nn.CircularPad3d(three),
  'ReflectionPad3d all sides': () => new nn.ReflectionPad3d(1),
});

/** A function as a module. */
class Apply<A extends unknown[]> extends Module {
  constructor(readonly fn: (...args: A) => Tensor) {
    super();
  }
  forward(...args: A): Tensor {
    return this.fn(...args);
  }
}
/** Output and loss of an adaptive softmax, together. */
class Adaptive extends Module {
  constructor(readonly softmax: nn.AdaptiveLogSoftmaxWithLoss) {
    super();
  }
  forward(x: Tensor, target: Tensor): Tensor {
    const { output, loss } = this.softmax(x, target);
    return output.mul(loss).add(this.softmax.logProb(x.ndim === 2 ? x : x.unsqueeze(0)).sum());
  }
}
const doubled = () => new Apply((x: Tensor) => x.mul(2));

testFamily('others.json', {
  'ReLU in place': () => new nn.Sequential(new nn.Identity(), doubled(), new nn.ReLU({ inplace: true })),
  'ELU in place': () => new nn.Sequential(doubled(), new nn.ELU(0.5, { inplace: true })),
  'RReLU eval': () => new nn.RReLU(0.1, 0.5),
  CELU: () => new nn.CELU(0.7),
  Threshold: () => new nn.Threshold(0.1, -2),
  Hardshrink: () => new nn.Hardshrink(0.4),
  Softshrink: () => new nn.Softshrink(0.4),
  Tanhshrink: () => new nn.Tanhshrink(),
  Softmin: () => new nn.Softmin(1),
  Softmax2d: () => new nn.Softmax2d(),
  'AlphaDropout eval': () => new nn.AlphaDropout(0.5),
  PixelShuffle: () => new nn.PixelShuffle(2),
  PixelUnshuffle: () => new nn.PixelUnshuffle(2),
  ChannelShuffle: () => new nn.ChannelShuffle(2),
  CosineSimilarity: () => new nn.CosineSimilarity({ dim: 1 }),
  PairwiseDistance: () => new nn.PairwiseDistance({ p: 3, keepdim: true }),
  pdist: () => new Apply((x: Tensor) => nn.F.pdist(x, 1.5)),
  linearCrossEntropy: () =>
    new Apply((x: Tensor, w: Tensor, c: Tensor) => nn.F.linearCrossEntropy(x, w, c, { labelSmoothing: 0.1 })),
  LinearCrossEntropyLoss: () => new nn.LinearCrossEntropyLoss(5, 4, { bias: true, labelSmoothing: 0.1 }),
  AdaptiveLogSoftmaxWithLoss: () =>
    new Adaptive(new nn.AdaptiveLogSoftmaxWithLoss(5, 10, [3, 6], { divValue: 2, headBias: true })),
  'AdaptiveLogSoftmaxWithLoss single': () => new Adaptive(new nn.AdaptiveLogSoftmaxWithLoss(5, 10, [3, 6], { divValue: 2 })),
  'Embedding scaled': () => new nn.Embedding(5, 3, { scaleGradByFreq: true }),
  'Embedding limited': () => new nn.Embedding(5, 3, { maxNorm: 0.5, normType: 1.5 }),
  'EmbeddingBag rows': () => new nn.EmbeddingBag(5, 3),
  'EmbeddingBag sum': () => new nn.EmbeddingBag(5, 3, { mode: 'sum', paddingIdx: 2 }),
  'EmbeddingBag mean': () => new nn.EmbeddingBag(5, 3, { mode: 'mean', paddingIdx: -3 }),
  'EmbeddingBag max': () => new nn.EmbeddingBag(5, 3, { mode: 'max' }),
  'EmbeddingBag last offset': () => new nn.EmbeddingBag(5, 3, { includeLastOffset: true, scaleGradByFreq: true }),
  'EmbeddingBag weighted': () => new nn.EmbeddingBag(5, 3, { mode: 'sum' }),
});

test('an adaptive softmax predicts the most likely class and checks its cutoffs', () => {
  const softmax = new nn.AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5], { divValue: 2 });
  const logProbs = softmax.logProb(ones([3, 4]));
  expect(values(logProbs.exp().sum(1)).every((sum) => Math.abs(sum - 1) < 1e-5)).toBe(true);
  expect(values(softmax.predict(ones([3, 4])))).toEqual(values(logProbs.argmax(1)));
  expect(() => softmax(ones([1, 4]), [9])).toThrow('class 9 is not in [0, 9)');
  expect(() => new nn.AdaptiveLogSoftmaxWithLoss(4, 9, [5, 2])).toThrow('rising integers from 1 to 8');
});
