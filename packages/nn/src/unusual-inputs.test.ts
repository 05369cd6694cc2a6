/** Inputs at the edge of what modules and functions take. */
import { func } from '@flambeau/autograd';
import { arange, ones, randn, type Tensor, zeros } from '@flambeau/core';
import { expect, test } from 'vitest';
import { AdaptiveLogSoftmaxWithLoss, F, GRU, LSTM } from './index.js';

test.each([1, 2])('the states of %i recurrent layers can be detached in place, to be carried on', (numLayers) => {
  const x = randn([4, 2, 3]);
  const [, h] = new GRU(3, 5, { numLayers })(x);
  const [, [hidden, cell]] = new LSTM(3, 5, { numLayers })(x);
  for (const state of [h, hidden, cell]) expect(state.detach_().requiresGrad).toBe(false);
});

test.each(['sum', 'mean', 'max'] as const)('no bag at all (%s)', (mode) => {
  const weight = randn([5, 2]);
  expect(F.embeddingBag(zeros([0, 3], { dtype: 'int64' }), weight, { mode }).shape).toEqual([0, 2]);
});

test('an adaptive softmax of no rows', () => {
  const { output } = new AdaptiveLogSoftmaxWithLoss(4, 9, [2, 5], { divValue: 2 })(zeros([0, 4]), []);
  expect(output.shape).toEqual([0]);
});

test('statistics that need gradients get them from a batch norm in evaluation', () => {
  const x = randn([4, 3], { dtype: 'float64' });
  const [mean, variance] = [x.mean(0), x.var(0)].map((t) => t.requiresGrad_());
  F.batchNorm(x, mean, variance).square().sum().backward();
  const invstd = variance.detach().add(1e-5).rsqrt();
  const expected = x.sub(mean.detach()).mul(invstd).sum(0).mul(-2).mul(invstd);
  expect((mean.grad as Tensor).allclose(expected)).toBe(true);
  expect(variance.grad).not.toBeNull();
});

test('groups of planes of any size', () => {
  expect(func.vmap((t: Tensor) => F.groupNorm(t, 2))(zeros([3, 2, 4, 0])).shape).toEqual([3, 2, 4, 0]);
  for (const shape of [
    [3, 4],
    [3, 4, 15],
    [3, 4, 16],
    [3, 4, 4, 5],
    [2 ** 16 + 1, 16],
  ]) {
    const x = randn(shape, { dtype: 'float64' });
    const rows = x.reshape([shape[0], 2, -1]);
    const normalized = rows
      .sub(rows.mean(2, { keepdim: true }))
      .div(rows.var(2, { correction: 0, keepdim: true }).add(1e-5).sqrt());
    expect(F.groupNorm(x, 2).allclose(normalized.reshape(x.shape))).toBe(true);
  }
});

test('one element far from all others does not spoil the variance of a group', () => {
  const x = ones([1, 1, 256, 256]).add(randn([1, 1, 256, 256]).mul(1e-3));
  x.select(2, 0).select(2, 0).fill_(100);
  const [plain, exact] = [x, x.double()].map((t) => F.groupNorm(t, 1).double());
  expect(plain.sub(exact).abs().max().item()).toBeLessThan(1e-3);
});

test('a transposed 1x1 convolution leaves what lies beyond its input to the bias', () => {
  const x = arange(0, 8 * 36, 1).reshape([1, 8, 6, 6]);
  const weight = randn([8, 8, 1, 1]);
  const bias = arange(0, 8, 1);
  const result = F.convTranspose2d(x, weight, bias, { dilation: 2, outputPadding: 1 });
  const inner = x
    .permute([0, 2, 3, 1])
    .matmul(weight.reshape([8, 8]))
    .permute([0, 3, 1, 2])
    .add(bias.reshape([1, 8, 1, 1]));
  expect(result.narrow(2, 0, 6).narrow(3, 0, 6).allclose(inner, { rtol: 1e-4, atol: 1e-3 })).toBe(true);
  expect(
    result
      .narrow(2, 6, 1)
      .eq(bias.reshape([1, 8, 1, 1]))
      .all()
      .item(),
  ).toBe(true);
  expect(
    result
      .narrow(3, 6, 1)
      .eq(bias.reshape([1, 8, 1, 1]))
      .all()
      .item(),
  ).toBe(true);
});
