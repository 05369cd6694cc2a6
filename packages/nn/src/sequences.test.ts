import { func, grad, gradgradcheck, noGrad, vmap } from '@flambeau/autograd';
import { cat, randn, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { testFamily, values } from '../test/stored-case.js';
import * as nn from './index.js';

const { packPaddedSequence, packSequence, padPackedSequence, padSequence, PackedSequence, unpackSequence, unpadSequence } =
  nn.utils.rnn;

type Result = Tensor | InstanceType<typeof PackedSequence> | null | readonly Result[];
function flat(result: Result): Tensor[] {
  if (result === null) return [];
  if (result instanceof PackedSequence) return [result.data.flatten()];
  return Array.isArray(result) ? result.flatMap(flat) : [(result as Tensor).flatten()];
}

/** The module of tooling/oracle/nn_sequences.py: all results as one vector. */
class Joined<M extends nn.Module> extends nn.Module {
  constructor(
    readonly inner: M,
    readonly run: (module: M, ...args: Tensor[]) => unknown = (module, ...args) => module(...(args as never)),
  ) {
    super();
  }
  forward(...args: Tensor[]): Tensor {
    return cat(flat(this.run(this.inner, ...args) as Result));
  }
}
class Apply extends nn.Module {
  constructor(readonly fn: (x: Tensor) => Tensor) {
    super();
  }
  forward(x: Tensor): Tensor {
    return this.fn(x);
  }
}

const packed = (module: nn.RNN | nn.GRU | nn.LSTM, x: Tensor, h?: Tensor): Result => {
  const sequence = packPaddedSequence(x, [2, 5, 4], { enforceSorted: false });
  const [output, last] = (module as nn.RNN)(sequence, h);
  return [padPackedSequence(output, { paddingValue: 0.5, totalLength: 6 })[0], output, last];
};
const pair = (module: nn.LSTM | nn.LSTMCell, x: Tensor, h: Tensor, c: Tensor) => (module as nn.LSTM)(x, [h, c]);

const barred = tensor(Array.from({ length: 5 }, (_, i) => Array.from({ length: 4 }, (__, j) => j > i)));
const padding = tensor([
  [false, false, false, true],
  [false, false, true, true],
]);
const causal = nn.Transformer.generateSquareSubsequentMask(4);
const small = { dimFeedforward: 6, dropout: 0 };

const mha = (options: nn.MultiheadAttentionOptions = {}, call: nn.MultiHeadAttentionCall = {}) =>
  new Joined(new nn.MultiheadAttention(8, 2, options), (m, q, k, v) => m(q, k, v, call));
/** The fourth input is a mask. */
const masked = (options: nn.MultiheadAttentionOptions, call: nn.MultiHeadAttentionCall) =>
  new Joined(new nn.MultiheadAttention(8, 2, options), (m, q, k, v, attnMask) => m(q, k, v, { ...call, attnMask }));
const layerNormed = () =>
  new nn.TransformerEncoder(new nn.TransformerEncoderLayer(8, 2, small), 2, { norm: new nn.LayerNorm(8) });

testFamily('sequences.json', {
  RNN: () => new Joined(new nn.RNN(4, 6)),
  'RNN relu, two layers, both directions': () =>
    new Joined(new nn.RNN(4, 6, { numLayers: 2, nonlinearity: 'relu', bidirectional: true })),
  'RNN without bias': () => new Joined(new nn.RNN(4, 6, { bias: false })),
  GRU: () => new Joined(new nn.GRU(4, 6)),
  'GRU two layers, both directions': () => new Joined(new nn.GRU(4, 6, { numLayers: 2, bidirectional: true })),
  'GRU batch first without bias': () => new Joined(new nn.GRU(4, 6, { batchFirst: true, bias: false })),
  'GRU one sequence': () => new Joined(new nn.GRU(4, 6)),
  'GRU packed': () => new Joined(new nn.GRU(4, 6, { numLayers: 2, bidirectional: true }), packed),
  LSTM: () => new Joined(new nn.LSTM(4, 6), pair),
  'LSTM two layers, both directions': () => new Joined(new nn.LSTM(4, 6, { numLayers: 2, bidirectional: true })),
  'LSTM batch first': () => new Joined(new nn.LSTM(4, 6, { batchFirst: true })),
  'LSTM one sequence': () => new Joined(new nn.LSTM(4, 6)),
  'LSTM projected': () => new Joined(new nn.LSTM(4, 6, { projSize: 2 }), pair),
  'LSTM projected, two layers, both directions': () =>
    new Joined(new nn.LSTM(4, 6, { numLayers: 2, projSize: 2, bidirectional: true })),
  'LSTM packed': () => new Joined(new nn.LSTM(4, 6, { bidirectional: true }), packed),
  'LSTM packed, projected': () => new Joined(new nn.LSTM(4, 6, { numLayers: 2, projSize: 3 }), packed),
  'RNN packed': () => new Joined(new nn.RNN(4, 6), packed),
  RNNCell: () => new Joined(new nn.RNNCell(4, 6)),
  'RNNCell relu': () => new Joined(new nn.RNNCell(4, 6, { nonlinearity: 'relu' })),
  GRUCell: () => new Joined(new nn.GRUCell(4, 6)),
  LSTMCell: () => new Joined(new nn.LSTMCell(4, 6), pair),
  'LSTMCell one row': () => new Joined(new nn.LSTMCell(4, 6, { bias: false })),
  MultiheadAttention: () => mha(),
  'MultiheadAttention without weights': () => mha({}, { needWeights: false }),
  'MultiheadAttention self': () => new Joined(new nn.MultiheadAttention(8, 2), (m, x) => m(x, x, x)),
  'MultiheadAttention batch first': () => mha({ batchFirst: true }, { averageAttnWeights: false }),
  'MultiheadAttention one sequence': () => mha({ bias: false }),
  'MultiheadAttention other features': () => mha({ kdim: 3, vdim: 5 }),
  'MultiheadAttention more keys': () =>
    masked({ addBiasKV: true, addZeroAttn: true }, { keyPaddingMask: padding.float().mul(-1.5) }),
  'MultiheadAttention bool masks': () => mha({}, { attnMask: barred, keyPaddingMask: padding }),
  'MultiheadAttention bool masks without weights': () =>
    mha({}, { attnMask: barred, keyPaddingMask: padding, needWeights: false }),
  'MultiheadAttention masks of heads': () => masked({}, { needWeights: false }),
  TransformerEncoderLayer: () => new nn.TransformerEncoderLayer(8, 2, small),
  'TransformerEncoderLayer norm first': () =>
    new nn.TransformerEncoderLayer(8, 2, { ...small, normFirst: true, activation: 'gelu', batchFirst: true }),
  'TransformerEncoderLayer without bias': () => new nn.TransformerEncoderLayer(8, 2, { ...small, bias: false }),
  'TransformerEncoder causal': () =>
    new Joined(layerNormed(), (m, x) => m(x, { isCausal: true, keyPaddingMask: padding.float().mul(-2) })),
  TransformerDecoderLayer: () => new nn.TransformerDecoderLayer(8, 2, small),
  'TransformerDecoderLayer norm first': () =>
    new Joined(new nn.TransformerDecoderLayer(8, 2, { ...small, normFirst: true }), (m, t, s) =>
      m(t, s, { tgt: { mask: causal } }),
    ),
  Transformer: () =>
    new Joined(new nn.Transformer({ dModel: 8, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 2, ...small }), (m, s, t) =>
      m(s, t, { tgt: { isCausal: true } }),
    ),
  rotaryEmbedding: () => new Apply((x) => nn.F.rotaryEmbedding(x, { offset: 3 })),
  'rotaryEmbedding interleaved': () => new Apply((x) => nn.F.rotaryEmbedding(x, { offset: 3, interleaved: true })),
});

describe('sequences of different lengths', () => {
  const sequences = [randn([2, 3]), randn([4, 3]), randn([1, 3])];

  test('survive packing and unpacking', () => {
    const unpacked = unpackSequence(packSequence(sequences, { enforceSorted: false }));
    expect(unpacked.map(values)).toEqual(sequences.map(values));
  });
  test('survive padding on either side', () => {
    expect(unpadSequence(padSequence(sequences), [2, 4, 1]).map(values)).toEqual(sequences.map(values));
    const left = padSequence(sequences, { batchFirst: true, paddingValue: 7, paddingSide: 'left' });
    expect(left.shape).toEqual([3, 4, 3]);
    expect(values(left.select(0, 0))).toEqual([7, 7, 7, 7, 7, 7, ...values(sequences[0])]);
  });
  test('are refused where they do not fit', () => {
    expect(() => packSequence(sequences)).toThrow('do not fall');
    expect(() => packPaddedSequence(randn([4, 2, 3]), [5, 1])).toThrow('lengths from 1 to 4');
    expect(() => padSequence([randn([2, 3]), randn([2, 4])])).toThrow('(2, 4)');
    expect(() => new nn.LSTM(3, 4)(randn([2, 1, 5]))).toThrow('expected 3 features');
    expect(() => new nn.GRU(3, 4)(randn([2, 1, 3]), randn([1, 2, 4]))).toThrow('expected h0 of shape (1, 1, 4)');
    expect(() => new nn.LSTM(3, 4, { projSize: 4 })).toThrow('projSize');
    expect(() => new nn.MultiheadAttention(6, 4)).toThrow('multiple of numHeads');
  });
});

test.each([
  ['RNN', () => new nn.RNN(2, 2).double()],
  ['GRU', () => new nn.GRU(2, 2).double()],
  ['LSTM', () => new nn.LSTM(2, 3, { projSize: 2, bidirectional: true }).double()],
] as const)('%s has second derivatives', (_name, make) => {
  const module = make() as nn.RNN;
  const x = randn([3, 2, 2], { dtype: 'float64', requiresGrad: true });
  gradgradcheck((t) => flat(module(t) as unknown as Result), [x]);
});

test('a layer that is a copy of another works on its own', () => {
  const layer = new nn.LSTM(2, 3);
  const copy = nn.deepCopy(layer);
  const x = randn([4, 2, 2]);
  expect(values(copy(x)[0])).toEqual(values(layer(x)[0]));
  expect(noGrad(() => copy(x)[0].requiresGrad)).toBe(false);
  expect(grad([copy(x)[0].sum()], [copy.parameters()[0]])[0]?.shape).toEqual([12, 2]);
});

test('outputs may be changed in place before backward, but for an LSTM’s', () => {
  for (const layer of [new nn.GRU(3, 4), new nn.RNN(3, 4)]) {
    const x = randn([5, 2, 3]);
    const gradient = (change: (y: Tensor) => Tensor): number[] => {
      layer.zeroGrad();
      change(layer(x)[0] as Tensor)
        .sum()
        .backward();
      return values(layer.parameters()[0].grad as Tensor);
    };
    expect(gradient((y) => y.mul_(2))).toEqual(gradient((y) => y.mul(2)));
  }
  const [y] = new nn.LSTM(3, 4)(randn([5, 2, 3]));
  expect(() => (y as Tensor).mul_(2).sum().backward()).toThrow(/in-place operation has changed it/);
});

test('layers work inside of transforms', () => {
  const layer = new nn.GRU(2, 3).double();
  const x = randn([4, 5, 1, 2], { dtype: 'float64' });
  const outputs = (input: Tensor): Tensor => layer(input)[0];
  const batched = vmap(outputs)(x) as Tensor;
  expect(
    batched
      .select(0, 2)
      .sub(outputs(x.select(0, 2)))
      .abs()
      .max()
      .item(),
  ).toBeLessThan(1e-12);
  const one = x.select(0, 1);
  const [, slope] = func.jvp((input: Tensor) => outputs(input).sum(), [one], [one]) as [Tensor, Tensor];
  const leaf = one.clone();
  leaf.requiresGrad = true;
  const [g] = grad([outputs(leaf).sum()], [leaf]) as Tensor[];
  expect(Number(slope.item())).toBeCloseTo(Number(g.mul(one).sum().item()), 10);
});
