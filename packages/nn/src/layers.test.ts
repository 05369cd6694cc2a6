import { arange, cat, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  BCELoss,
  BCEWithLogitsLoss,
  Conv1d,
  Conv2d,
  CrossEntropyLoss,
  Dropout,
  Dropout2d,
  ELU,
  Embedding,
  Flatten,
  GELU,
  GLU,
  GroupNorm,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  HuberLoss,
  Identity,
  KLDivLoss,
  L1Loss,
  LayerNorm,
  LeakyReLU,
  Linear,
  LogSigmoid,
  LogSoftmax,
  MaxPool1d,
  MaxPool2d,
  Mish,
  Module,
  ModuleDict,
  ModuleList,
  MSELoss,
  NLLLoss,
  Parameter,
  PReLU,
  ReLU,
  ReLU6,
  RMSNorm,
  SELU,
  Sequential,
  Sigmoid,
  SiLU,
  SmoothL1Loss,
  Softmax,
  Softplus,
  Softsign,
  Tanh,
  Unflatten,
} from './index.js';
import { type Case, checkCase, readCases, testFamily, values } from '../test/stored-case.js';

/** The module of tooling/oracle/nn.py. */
class Block extends Module {
  conv1 = new Conv2d(4, 4, 3, { padding: 1, bias: false });
  bn1 = new BatchNorm2d(4);
  downSample = new Sequential(new Conv2d(4, 4, 1), new BatchNorm2d(4));
  LayerNorm = new LayerNorm(5);
  A_log = new Parameter(zeros([1]));
  layers = new ModuleList([new Linear(5, 5), new Linear(5, 5)]);
  heads = new ModuleDict({ first_head: new Linear(5, 2), secondHead: new Linear(5, 3) });
  positionIds = this.registerBuffer('positionIds', arange(3, { dtype: 'int64' }));
  scratch = this.registerBuffer('scratch', zeros([2]), { persistent: false });

  forward(input: Tensor): Tensor {
    let x = this.bn1(this.conv1(input)).relu().add(this.downSample(input));
    x = this.LayerNorm(x).mul(this.A_log.exp());
    for (const layer of this.layers) x = x.add(layer(x));
    return cat([this.heads.get('first_head')(x), this.heads.get('secondHead')(x)], -1);
  }
}

const layers: Record<string, () => Module> = {
  Linear: () => new Linear(4, 3),
  'Linear without bias': () => new Linear(4, 3, { bias: false }),
  Conv1d: () => new Conv1d(4, 6, 3, { stride: 2, padding: 1 }),
  Conv2d: () => new Conv2d(4, 3, [3, 2], { stride: [2, 1], padding: [1, 0] }),
  'Conv2d grouped and dilated': () => new Conv2d(4, 8, 2, { groups: 2, dilation: 2, bias: false }),
  'Conv2d same': () => new Conv2d(4, 3, [2, 3], { padding: 'same' }),
  'Conv2d reflect': () => new Conv2d(4, 2, 3, { padding: [2, 1], paddingMode: 'reflect' }),
  'Conv2d circular': () => new Conv2d(4, 2, 3, { padding: 1, paddingMode: 'circular' }),
  BatchNorm1d: () => new BatchNorm1d(4),
  'BatchNorm1d sequence': () => new BatchNorm1d(4, { momentum: 0.3, eps: 1e-3 }),
  BatchNorm2d: () => new BatchNorm2d(4),
  'BatchNorm2d eval': () => new BatchNorm2d(4),
  'BatchNorm2d average': () => new BatchNorm2d(4, { momentum: null }),
  'BatchNorm2d without statistics': () => new BatchNorm2d(4, { trackRunningStats: false, affine: false }),
  LayerNorm: () => new LayerNorm([6, 5]),
  'LayerNorm without bias': () => new LayerNorm(5, { bias: false, eps: 1e-3 }),
  RMSNorm: () => new RMSNorm(5),
  GroupNorm: () => new GroupNorm(2, 4),
  Embedding: () => new Embedding(5, 3),
  'Embedding with padding': () => new Embedding(5, 3, { paddingIdx: -3 }),
  Flatten: () => new Flatten(),
  Unflatten: () => new Unflatten(1, [2, 2]),
  MaxPool1d: () => new MaxPool1d(3, { stride: 2, padding: 1 }),
  MaxPool2d: () => new MaxPool2d(2, { ceilMode: true }),
  AvgPool1d: () => new AvgPool1d(3),
  AvgPool2d: () => new AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }),
  AdaptiveAvgPool2d: () => new AdaptiveAvgPool2d([2, null]),
  AdaptiveMaxPool2d: () => new AdaptiveMaxPool2d(3),
  'Dropout eval': () => new Dropout(0.5),
  'Dropout2d eval': () => new Dropout2d(0.5),
  Sequential: () => new Sequential(new Conv2d(4, 3, 3), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(6, 2)),
  Block: () => new Block(),
  ReLU: () => new ReLU(),
  ReLU6: () => new ReLU6(),
  LeakyReLU: () => new LeakyReLU(0.2),
  ELU: () => new ELU(0.7),
  SELU: () => new SELU(),
  GELU: () => new GELU(),
  'GELU tanh': () => new GELU({ approximate: 'tanh' }),
  SiLU: () => new SiLU(),
  Mish: () => new Mish(),
  Sigmoid: () => new Sigmoid(),
  LogSigmoid: () => new LogSigmoid(),
  Tanh: () => new Tanh(),
  Hardtanh: () => new Hardtanh(-0.5, 0.7),
  Hardswish: () => new Hardswish(),
  Hardsigmoid: () => new Hardsigmoid(),
  Softplus: () => new Softplus({ beta: 2, threshold: 3 }),
  Softsign: () => new Softsign(),
  GLU: () => new GLU(1),
  Softmax: () => new Softmax(1),
  LogSoftmax: () => new LogSoftmax(-1),
  PReLU: () => new PReLU({ numParameters: 4 }),
  Identity: () => new Identity(),
};

const weight = tensor([0.5, 1, 2, 0.1]);
type Reduction = 'mean' | 'sum' | 'none';
const losses: Record<string, (reduction: Reduction) => Module> = {
  CrossEntropyLoss: (reduction) => new CrossEntropyLoss({ reduction }),
  'CrossEntropyLoss weighted': (reduction) => new CrossEntropyLoss({ weight, ignoreIndex: 1, labelSmoothing: 0.2, reduction }),
  'CrossEntropyLoss soft': (reduction) => new CrossEntropyLoss({ reduction }),
  NLLLoss: (reduction) => new NLLLoss({ reduction }),
  'NLLLoss weighted': (reduction) => new NLLLoss({ weight, reduction }),
  MSELoss: (reduction) => new MSELoss({ reduction }),
  L1Loss: (reduction) => new L1Loss({ reduction }),
  SmoothL1Loss: (reduction) => new SmoothL1Loss({ beta: 0.5, reduction }),
  HuberLoss: (reduction) => new HuberLoss({ delta: 0.7, reduction }),
  BCELoss: (reduction) => new BCELoss({ reduction }),
  BCEWithLogitsLoss: (reduction) => new BCEWithLogitsLoss({ posWeight: weight, reduction }),
  KLDivLoss: (reduction) => new KLDivLoss({ reduction: reduction === 'mean' ? 'batchmean' : reduction }),
};

testFamily('layers.json', layers);

describe('losses compute what they compute in PyTorch', () => {
  const stored: Record<string, Record<Reduction, Case>> = readCases('losses.json');
  test('every stored loss has a case', () => expect(Object.keys(losses).sort()).toEqual(Object.keys(stored).sort()));
  const all = Object.entries(stored).flatMap(([name, cases]) =>
    Object.keys(cases).map((reduction) => [name, reduction as Reduction] as const),
  );
  test.each(all)('%s, reduction %s', (name, reduction) => checkCase(() => losses[name](reduction), stored[name][reduction]));
});

describe('bad settings and inputs', () => {
  test('are refused with the layer named', () => {
    expect(() => new Conv2d(4, 6, 3, { groups: 4 })).toThrow('outChannels (6) must be multiples of groups (4)');
    expect(() => new Conv2d(4, 4, [3, 3, 3])).toThrow('expected one number or 2');
    expect(() => new GroupNorm(3, 4)).toThrow('numChannels (4) must be a multiple of numGroups (3)');
    expect(() => new Dropout(1.5)).toThrow('p must be in [0, 1], got 1.5');
    expect(() => new Embedding(5, 3, { paddingIdx: 5 })).toThrow('paddingIdx 5');
    expect(() => new BatchNorm2d(4)(zeros([2, 4]))).toThrow('BatchNorm2d: expected an input of 4 dimensions, got 2');
    expect(() => new BatchNorm1d(4)(zeros([2, 4, 3, 3]))).toThrow('BatchNorm1d: expected an input of 2 or 3 dimensions');
  });
});

describe('dropout', () => {
  test('drops and scales in training, and nothing else', () => {
    const input = zeros([10_000]).add(1);
    const output = new Dropout(0.25)(input);
    const dropped = values(output).filter((value) => value === 0).length;
    expect(dropped / 10_000).toBeGreaterThan(0.22);
    expect(dropped / 10_000).toBeLessThan(0.28);
    expect(new Set(values(output))).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(values(new Dropout(0.25).eval()(input))).toEqual(values(input));
  });

  test('of two dimensions drops whole channels', () => {
    const output = new Dropout2d(0.5)(zeros([8, 16, 3, 3]).add(1));
    const channels = output.reshape([128, 9]);
    expect(values(channels.amax(1))).toEqual(values(channels.amin(1)));
    expect(new Set(values(channels.amax(1)))).toEqual(new Set([0, 2]));
  });
});

test('an in-place ReLU writes over its input', () => {
  const x = tensor([-1, 2]);
  expect(new ReLU({ inplace: true })(x)).toBe(x);
  expect(values(x)).toEqual([0, 2]);
});

test('a padding vector is zero and stays so', () => {
  const embedding = new Embedding(4, 2, { paddingIdx: 1 });
  expect(values(embedding.weight.select(0, 1))).toEqual([0, 0]);
  embedding(tensor([0, 1, 1], { dtype: 'int64' }))
    .sum()
    .backward();
  expect(values(embedding.weight.grad as Tensor)).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
});
