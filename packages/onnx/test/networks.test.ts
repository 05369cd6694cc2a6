import '@flambeau/autograd';
import { arange, manualSeed, matmul, ones, randint, randn, type Tensor } from '@flambeau/core';
import {
  AdaptiveAvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  Dropout,
  Embedding,
  Flatten,
  GELU,
  GroupNorm,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  SiLU,
} from '@flambeau/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import { exportOnnx } from '../src/index.js';
import { compare } from './compare.js';

beforeEach(() => {
  manualSeed(0);
});

/** Running statistics other than 0 and 1. */
function train(model: Module, ...inputs: Tensor[]): void {
  model.train();
  for (let i = 0; i < 3; i++) (model as unknown as (...x: Tensor[]) => Tensor)(...inputs);
  model.eval();
}
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('networks', () => {
  it('LeNet with batch norm, which stays one operator with named parameters', async () => {
    const model = new Sequential(
      new Conv2d(1, 6, 5, { padding: 2 }),
      new BatchNorm2d(6),
      new ReLU({ inplace: true }),
      new MaxPool2d(2),
      new Conv2d(6, 16, 5),
      new BatchNorm2d(16),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      new Dropout(0.5),
      new Linear(400, 120),
      new ReLU(),
      new Linear(120, 10),
    );
    train(model, randn([4, 1, 28, 28]));
    const bytes = await compare(model, [[randn([1, 1, 28, 28])], [randn([3, 1, 28, 28])], [randn([8, 1, 28, 28])]]);
    for (const name of ['BatchNormalization', '1.running_var', '1.weight', '4.bias', '12.weight', 'batch'])
      expect(text(bytes)).toContain(name);
    expect(text(bytes)).not.toMatch(/Rsqrt|Sqrt|Reciprocal/);
  });

  it('an MLP with 1-d batch norm', async () => {
    const model = new Sequential(new Linear(7, 16), new BatchNorm1d(16, { affine: false }), new GELU(), new Linear(16, 3));
    train(model, randn([6, 7]));
    await compare(model, [[randn([6, 7])], [randn([1, 7])], [randn([17, 7])]]);
  });

  it('residual blocks', async () => {
    class Block extends Module {
      conv1: Conv2d;
      bn1: BatchNorm2d;
      conv2: Conv2d;
      bn2: BatchNorm2d;
      skip: Sequential | null;
      constructor(from: number, to: number, stride: number) {
        super();
        this.conv1 = new Conv2d(from, to, 3, { stride, padding: 1, bias: false });
        this.bn1 = new BatchNorm2d(to);
        this.conv2 = new Conv2d(to, to, 3, { padding: 1, bias: false });
        this.bn2 = new BatchNorm2d(to);
        this.skip = stride === 1 ? null : new Sequential(new Conv2d(from, to, 1, { stride, bias: false }), new BatchNorm2d(to));
      }
      forward(x: Tensor): Tensor {
        const y = this.bn2(this.conv2(this.bn1(this.conv1(x)).relu()));
        return y.add(this.skip === null ? x : this.skip(x)).relu();
      }
    }
    const model = new Sequential(
      new Block(3, 3, 1),
      new Block(3, 8, 2),
      new GroupNorm(4, 8),
      new SiLU(),
      new AdaptiveAvgPool2d(1),
      new Flatten(),
      new Linear(8, 5),
    );
    train(model, randn([2, 3, 12, 12]));
    await compare(model, [[randn([2, 3, 12, 12])], [randn([1, 3, 12, 12])], [randn([5, 3, 12, 12])]]);
    const axes = { input: { 0: 'batch', 2: 'height', 3: 'width' } };
    await compare(model, [[randn([2, 3, 12, 12])], [randn([3, 3, 20, 9])]], { dynamicAxes: axes });
  });

  class Attention extends Module {
    qkv: Linear;
    out: Linear;
    constructor(
      readonly dim: number,
      readonly heads: number,
    ) {
      super();
      this.qkv = new Linear(dim, 3 * dim);
      this.out = new Linear(dim, dim);
    }
    forward(x: Tensor): Tensor {
      const [b, t, d] = x.shape;
      const split = (y: Tensor) => y.reshape([b, t, this.heads, d / this.heads]).transpose(1, 2);
      const [q, k, v] = this.qkv(x).chunk(3, -1).map(split);
      const mask = ones([t, t]).tril().eq(0);
      const scores = matmul(q, k.transpose(-2, -1))
        .div(Math.sqrt(d / this.heads))
        .maskedFill(mask, -Infinity);
      return this.out(matmul(scores.softmax(-1), v).transpose(1, 2).reshape([b, t, d]));
    }
  }
  class Decoder extends Module {
    token = new Embedding(11, 8);
    position = new Embedding(16, 8);
    norm1 = new LayerNorm(8);
    attention = new Attention(8, 2);
    norm2 = new LayerNorm(8);
    mlp = new Sequential(new Linear(8, 32), new GELU({ approximate: 'tanh' }), new Linear(32, 8));
    forward(tokens: Tensor): Tensor {
      const positions = arange(tokens.shape[1], { dtype: 'int64' });
      let x = this.token(tokens).add(this.position(positions));
      x = x.add(this.attention(this.norm1(x)));
      x = x.add(this.mlp(this.norm2(x)));
      return matmul(x, this.token.weight.t());
    }
  }

  it('a transformer with dynamic batch and sequence', async () => {
    const tokens = (b: number, t: number) => randint(0, 11, [b, t], { dtype: 'int64' });
    const model = new Decoder().eval();
    await compare(model, [[tokens(2, 6)], [tokens(1, 6)], [tokens(5, 6)]]);
    const options = { inputNames: ['tokens'], dynamicAxes: { tokens: { 0: 'batch', 1: 'sequence' } } };
    const bytes = await compare(model, [[tokens(1, 16)], [tokens(3, 9)], [tokens(2, 1)], [tokens(1, 1)]], options);
    expect(text(bytes)).toContain('attention.qkv.weight');
  });

  it('one-dimensional convolutions with an in-place activation', async () => {
    const model = new Sequential(
      new Conv1d(2, 4, 3, { padding: 'same' }),
      new ReLU({ inplace: true }),
      new Conv1d(4, 4, 3, { groups: 2, stride: 2 }),
      new BatchNorm1d(4),
    ).eval();
    await compare(model, [[randn([2, 2, 9])], [randn([7, 2, 9])]]);
    await compare(model, [[randn([2, 2, 9])], [randn([3, 2, 14])]], { dynamicAxes: { input: { 0: 'batch', 2: 'time' } } });
  });

  it('is in evaluation mode during the export only', () => {
    const model = new Sequential(new Linear(3, 3), new BatchNorm1d(3), new Dropout(0.5));
    model.children()[0].eval();
    const before = model.stateDict().toString();
    exportOnnx(model, randn([2, 3]));
    expect(model.modules().map((m) => m.training)).toEqual([true, false, true, true]);
    expect(model.stateDict().toString()).toBe(before);
  });
});
