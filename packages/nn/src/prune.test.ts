import { readFileSync } from 'node:fs';
import { ones, randn, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { load, type Stored, values } from '../test/stored-case.js';
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  deepCopy,
  Linear,
  Parameter,
  Sequential,
  utils,
} from './index.js';

const { prune } = utils;
const stored: Record<string, Stored> & { global: Stored[] } = JSON.parse(
  readFileSync(new URL('../test/fixtures/parametrizations.json', import.meta.url), 'utf8'),
).pruning;
const [weight, scores, other] = [stored.weight, stored.scores, stored.other].map(load);
function layerOf(w: Tensor): Linear {
  const layer = new Linear(w.shape[1], w.shape[0]);
  layer.weight = new Parameter(w);
  return layer;
}

describe('pruning', () => {
  test.each<[string, (m: Linear) => void]>([
    ['fraction', (m) => prune.l1Unstructured(m, 'weight', 0.4)],
    ['count', (m) => prune.l1Unstructured(m, 'weight', 3)],
    ['scored', (m) => prune.l1Unstructured(m, 'weight', 7, { importanceScores: scores })],
    ['rows', (m) => prune.lnStructured(m, 'weight', 0.5, 2, 0)],
    ['columns', (m) => prune.lnStructured(m, 'weight', 2, 1, -1)],
    ['twice', (m) => prune.l1Unstructured(prune.l1Unstructured(m, 'weight', 0.3), 'weight', 0.5)],
    ['mixed', (m) => prune.lnStructured(prune.lnStructured(m, 'weight', 1, 2, 0), 'weight', 0.4, 2, 1)],
  ])('masks what PyTorch masks: %s', (name, apply) => {
    const layer = layerOf(weight);
    apply(layer);
    expect(values(layer.getBuffer('weight_mask'))).toEqual(stored[name].data);
    expect(values(layer.weight)).toEqual(values(weight.mul(load(stored[name]))));
  });

  test('of several weights together masks what PyTorch masks', () => {
    const [first, second] = [layerOf(weight), layerOf(other)];
    prune.l1Unstructured(first, 'weight', 3);
    prune.globalUnstructured(
      [
        [first, 'weight'],
        [second, 'weight'],
      ],
      new prune.L1Unstructured(0.4),
    );
    expect([first, second].map((m) => values(m.getBuffer('weight_mask')))).toEqual(stored.global.map(({ data }) => data));
  });

  test('at random takes as many as asked', () => {
    const layer = prune.randomUnstructured(new Linear(10, 10), 'weight', 0.3);
    expect(values(layer.getBuffer('weight_mask').sum())).toEqual([70]);
    const rows = prune.randomStructured(new Linear(10, 10), 'weight', 0.3, 0).getBuffer('weight_mask');
    expect(
      values(rows.sum(1))
        .toSorted((a, b) => a - b)
        .slice(0, 4),
    ).toEqual([0, 0, 0, 10]);
  });

  test('keeps the mask in training, in copies, and for good when it ends', () => {
    const layer = layerOf(weight);
    const parameter = layer.weight;
    prune.customFromMask(layer, 'weight', load(stored.fraction));
    expect(prune.isPruned(new Sequential(layer))).toBe(true);
    expect(layer.getParameter('weight_orig')).toBe(parameter);
    layer(ones([1, 5]))
      .sum()
      .backward();
    expect(values(parameter.grad as Tensor)).toEqual(stored.fraction.data);
    const copy = deepCopy(layer);
    copy.getParameter('weight_orig').detach().fill_(1);
    expect(values(copy.weight)).toEqual(stored.fraction.data);
    expect(values(layer.weight)).toEqual(values(weight.mul(load(stored.fraction))));
    prune.remove(layer, 'weight');
    expect(layer.weight).toBe(parameter);
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight']);
    expect(prune.isPruned(layer)).toBe(false);
    expect(() => prune.remove(layer, 'weight')).toThrow('weight of Linear is not pruned');
    expect(values(prune.identity(layer, 'bias').getBuffer('bias_mask'))).toEqual([1, 1, 1, 1]);
  });

  test('refuses what makes no sense', () => {
    expect(() => prune.l1Unstructured(new Linear(2, 2), 'weight', 5)).toThrow('there are 4 to prune, not 5');
    expect(() => prune.l1Unstructured(new Linear(2, 2), 'weight', -1)).toThrow('a fraction in [0, 1) or a count');
    expect(() => prune.lnStructured(new Linear(2, 2), 'bias', 1, 2, 0)).toThrow('at least 2 dimensions');
    expect(() => prune.l1Unstructured(new Linear(2, 2), 'gain', 1)).toThrow("no parameter 'gain'");
    expect(() => prune.customFromMask(new Linear(2, 2), 'weight', ones([3]))).toThrow('a mask of shape (3,)');
    expect(() => prune.globalUnstructured([], new prune.LnStructured(1, 2))).toThrow('single elements');
  });
});

describe('fusion with a batch norm', () => {
  const train = <M extends BatchNorm1d | BatchNorm2d | BatchNorm3d>(norm: M, shape: number[]): M => {
    for (const t of norm.parameters()) t.detach().normal_();
    for (let i = 0; i < 3; i++) norm.forward(randn(shape).mul(2).add(1));
    norm.eval();
    return norm;
  };
  const close = (a: Tensor, b: Tensor): void => expect(Math.max(...values(a.sub(b).abs()))).toBeLessThan(1e-4);

  test('leaves what convolution and norm compute together', () => {
    const x = randn([2, 4, 6, 6]);
    const [conv, norm] = [new Conv2d(4, 6, 3, { groups: 2 }).eval(), train(new BatchNorm2d(6), [4, 6, 3, 3])];
    const fused = utils.fuseConvBnEval(conv, norm);
    close(fused(x), norm(conv(x)));
    expect(fused).not.toBe(conv);
    const volume = randn([1, 2, 3, 3, 3]);
    const [conv3, norm3] = [
      new Conv3d(2, 3, 2, { bias: false }).eval(),
      train(new BatchNorm3d(3, { affine: false }), [2, 3, 2, 2, 2]),
    ];
    close(utils.fuseConvBnEval(conv3, norm3)(volume), norm3(conv3(volume)));
    const rows = randn([2, 4, 5]);
    const [up, norm1] = [new ConvTranspose1d(4, 6, 3, { groups: 2, stride: 2 }).eval(), train(new BatchNorm1d(6), [4, 6, 5])];
    close(utils.fuseConvBnEval(up, norm1, { transpose: true })(rows), norm1(up(rows)));
  });

  test('works for linear maps and wants evaluation mode', () => {
    const [linear, norm] = [new Linear(3, 4), train(new BatchNorm1d(4), [5, 4])];
    const x = randn([2, 3]);
    expect(() => utils.fuseLinearBnEval(linear, norm)).toThrow('evaluation mode');
    close(utils.fuseLinearBnEval(linear.eval(), norm)(x), norm(linear(x)));
    const plain = new BatchNorm1d(4, { trackRunningStats: false }).eval();
    expect(() => utils.fuseLinearBnEval(linear, plain)).toThrow('no running statistics');
  });
});

test('functionalCall uses other weights for one call', () => {
  const model = new Sequential(new Linear(2, 1));
  const other = tensor([[2, 3]], { requiresGrad: true });
  const own = (model[0] as Linear).weight;
  const y = utils.functionalCall(model, { '0.weight': other, '0.bias': tensor([1]) }, tensor([[1, 1]]));
  expect(y.item()).toBe(6);
  y.backward();
  expect(values(other.grad as Tensor)).toEqual([1, 1]);
  expect((model[0] as Linear).weight).toBe(own);
  expect(() => utils.functionalCall(model, { '0.gain': other }, other)).toThrow("no parameter or buffer '0.gain'");
});
