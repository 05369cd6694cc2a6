import '@flambeau/autograd';
import * as fb from '@flambeau/core';
import { arange, linspace, manualSeed, ones, randint, randn, type Tensor, tensor, zeros } from '@flambeau/core';
import { F } from '@flambeau/nn';
import { type AnyOpDef, allOps, groups } from '@flambeau/core/internal';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as lowerings from '../src/lowerings/index.js';
import { compare, type CompareOptions } from './compare.js';

/** The operators whose ONNX forms were written. */
const written = vi.hoisted(() => new Set<string>());
vi.mock('../src/lowerings/index.js', async (original) => {
  const { loweringOf } = await original<typeof lowerings>();
  return {
    loweringOf: (def: AnyOpDef) => {
      const lowering = loweringOf(def);
      if (lowering === undefined) return undefined;
      return (...parameters: Parameters<typeof lowering>) => {
        written.add(def.name);
        return lowering(...parameters);
      };
    },
  };
});

beforeEach(() => {
  manualSeed(0);
});

type Fn = (...inputs: Tensor[]) => Tensor | Tensor[];
/** An input of a given batch size. */
type Make = (batch: number) => Tensor;

const floats: Make = (b) => randn([b, 3, 4]);
const positive: Make = (b) => randn([b, 3, 4]).abs().add(0.1);
const unit: Make = (b) => randn([b, 3, 4]).tanh();
const integers: Make = (b) => randint(-5, 6, [b, 3, 4], { dtype: 'int64' });
const nonzero: Make = (b) =>
  randint(1, 6, [b, 3, 4], { dtype: 'int64' }).mul(randint(0, 2, [b, 3, 4], { dtype: 'int64' }).mul(2).sub(1));
const small: Make = (b) => randint(0, 100, [b, 3, 4], { dtype: 'uint8' });
const bools: Make = (b) => randn([b, 3, 4]).gt(0);
const images: Make = (b) => randn([b, 4, 7, 6]);
const rows: Make = (b) => randn([b, 4, 9]);
const special: Make = (b) =>
  tensor(Array.from({ length: b }, () => [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.5, 0, 2]));

/** Numbers in [-1, 1] that are the same in every run of the function. */
const weights = (shape: readonly number[]): Tensor =>
  linspace(
    0,
    50,
    shape.reduce((a, b) => a * b),
  )
    .sin()
    .reshape(shape);

/** Exports with a batch of 2 in each opset and runs with 2, 1 and 5. */
async function check(fn: Fn, makes: Make | readonly Make[], options?: CompareOptions): Promise<void> {
  const list = typeof makes === 'function' ? [makes] : makes;
  const inputs = [2, 1, 5].map((batch) => list.map((make) => make(batch)));
  for (const opset of options?.opset === undefined ? ([17, 18] as const) : [options.opset])
    await compare(fn as never, inputs, { ...options, opset });
}

function cases(title: string, table: { readonly [name: string]: readonly [Fn, Make | readonly Make[], CompareOptions?] }): void {
  describe(title, () => {
    for (const [name, [fn, makes, options]] of Object.entries(table)) it(name, () => check(fn, makes, options));
  });
}

const named = <M>(names: readonly string[], input: Make, module: M = fb as unknown as M) =>
  Object.fromEntries(
    names.map((name) => [
      name,
      [(x: Tensor) => (module as unknown as Record<string, (x: Tensor) => Tensor>)[name](x), input] as const,
    ]),
  );

cases('activations', {
  ...named(
    [
      'silu',
      'mish',
      'hardswish',
      'hardsigmoid',
      'leakyRelu',
      'elu',
      'softplus',
      'hardtanh',
      'relu6',
      'selu',
      'celu',
      'softsign',
      'hardshrink',
      'softshrink',
      'tanhshrink',
      'gelu',
    ],
    floats,
    F as never,
  ),
  logSigmoid: [(x) => F.logSigmoid(x), floats],
  'gelu, tanh': [(x) => F.gelu(x, { approximate: 'tanh' }), floats],
  'leakyRelu with a slope': [(x) => F.leakyRelu(x, 0.3), floats],
  'softplus with beta': [(x) => F.softplus(x, { beta: 2 }), floats],
  glu: [(x) => F.glu(x, -1), floats],
  prelu: [(x) => F.prelu(x, tensor([0.1, 0.2, 0.3])), floats],
  softmax: [(x) => [x.softmax(-1), x.softmax(1), x.logSoftmax(0)], floats],
});

cases('functions of one tensor', {
  ...named(
    [
      'neg',
      'abs',
      'sign',
      'ceil',
      'floor',
      'round',
      'trunc',
      'square',
      'exp',
      'exp2',
      'expm1',
      'sin',
      'cos',
      'tan',
      'atan',
      'sinh',
      'cosh',
      'tanh',
      'sigmoid',
      'erf',
      'erfc',
      'relu',
    ],
    floats,
  ),
  ...named(['log', 'log2', 'log10', 'log1p', 'sqrt', 'rsqrt', 'reciprocal'], positive),
  ...named(['asin', 'acos'], unit),
  ...named(['asinh', 'deg2rad', 'frac'], floats),
  atanh: [(x) => fb.atanh(x.mul(0.9)), unit],
  acosh: [(x) => fb.acosh(x.add(1)), positive],
  logit: [(x) => [fb.logit(x.sigmoid()), fb.logit(x, { eps: 0.1 })], floats],
  ndtr: [(x) => fb.special.ndtr(x), floats],
  'of integers': [
    (x) => [x.neg(), x.abs(), x.sign(), x.ceil(), x.round(), x.square(), x.relu(), x.clamp(-2, 3), x.exp()],
    integers,
  ],
  clamp: [(x) => [x.clamp(-0.5, 0.5), x.clamp(0), x.clamp(null, 0.3)], floats],
});

cases('functions of two tensors', {
  arithmetic: [(a, b) => [a.add(b), a.sub(b), a.mul(b), a.div(b), a.maximum(b), a.minimum(b)], [floats, positive]],
  'hypot, logaddexp and ldexp': [(a, b) => [a.hypot(b), a.logaddexp(b), a.ldexp(b)], [floats, positive]],
  'shifts of bytes': [(x) => [x.bitwiseLeftShift(2), x.bitwiseRightShift(1)], small],
  'with numbers': [(x) => [x.add(1), x.sub(2, { alpha: 3 }), x.mul(0.5), x.div(4), fb.sub(x, x.mean())], floats],
  'of integers': [
    (a, b) => [a.add(b), a.sub(b), a.mul(b), a.div(b), a.maximum(b), a.remainder(b), a.fmod(b), a.floorDivide(b)],
    [integers, nonzero],
  ],
  'of small integers': [(a, b) => [a.mul(b), a.sub(b), a.maximum(b)], [small, small]],
  'of bools': [(a, b) => [a.add(b), a.mul(b), a.bitwiseAnd(b), a.bitwiseOr(b), a.bitwiseXor(b), a.bitwiseNot()], [bools, bools]],
  'of mixed dtypes': [(a, b) => [a.add(b), b.mul(a)], [floats, integers]],
  'division with rounding': [
    (a, b) => [a.floorDivide(b), a.div(b, { roundingMode: 'trunc' }), a.remainder(b), a.fmod(b)],
    [floats, positive],
  ],
  pow: [(a, b) => [b.pow(2), b.pow(0.5), b.pow(-1.5), b.pow(a), fb.pow(2, a)], [floats, positive]],
  atan2: [(a, b) => a.atan2(b), [floats, floats]],
  'of three': [
    (a, b) => [a.addcmul(a, b), a.addcmul(a, b, { value: 0.3 }), a.addcdiv(a, b, { value: 2 }), a.lerp(b, 0.25), a.lerp(b, b)],
    [floats, positive],
  ],
  broadcasting: [(a, b) => a.add(b.select(1, 0).unsqueeze(1)), [floats, floats]],
  'in place': [
    (x) => {
      const y = x.add(1);
      y.mul_(2).add_(x).relu_().clamp_(0, 1);
      return y;
    },
    floats,
  ],
  'bits of integers': [
    (a, b) => [a.bitwiseAnd(b), a.bitwiseOr(b), a.bitwiseXor(b), a.bitwiseNot()],
    [integers, integers],
    { opset: 18 },
  ],
});

cases('comparisons and choices', {
  comparisons: [(a, b) => [a.eq(b), a.ne(b), a.lt(b), a.le(b), a.gt(b), a.ge(b)], [integers, integers]],
  'of small integers': [(a, b) => [a.eq(b), a.lt(b), a.ge(50)], [small, small]],
  logic: [(a, b) => [a.logicalAnd(b), a.logicalOr(b), a.logicalXor(b), a.logicalNot()], [integers, bools]],
  tests: [(x) => [x.isnan(), x.isinf(), x.isfinite()], special],
  'tests of integers': [(x) => [x.isnan(), x.isinf(), x.isfinite()], integers],
  where: [(c, a, b) => [fb.where(c, a, b), fb.where(c, a, 0), fb.where(c, c, b.gt(0))], [bools, floats, floats]],
  maskedFill: [(x, m) => [x.maskedFill(m, -1), m.maskedFill(m, false)], [floats, bools]],
});

cases('reductions', {
  ...Object.fromEntries(
    (['sum', 'mean', 'amax', 'amin', 'var', 'std', 'norm'] as const).map((name) => [
      name,
      [
        (x: Tensor) => {
          if (name === 'norm')
            return [
              x.norm(),
              x.norm(1, 1),
              x.norm(3, [0, 2]),
              x.norm(Number.POSITIVE_INFINITY, -1, { keepdim: true }),
              x.norm(0, 1),
            ];
          return [x[name](), x[name](1), x[name]([1, 2]), x[name](-1, { keepdim: true })];
        },
        (b: number) => randn([b, 3, 4, 2]),
      ] as const,
    ]),
  ),
  'over the batch': [
    (x) => [x.sum(0), x.mean(0), x.var(0, { correction: 0 }), x.var([0, 1]), x.amax(0)],
    (b) => randn([b + 1, 3]),
  ],
  prod: [(x) => [x.prod(), x.prod(1, { keepdim: true })], floats],
  logsumexp: [(x) => [fb.logsumexp(x, 1), fb.logsumexp(x.mul(100), [1, 2])], floats],
  'of integers': [(x) => [x.sum(1), x.amax(1), x.any(1), x.all([1, 2]), x.countNonzero(1), x.cumsum(1)], integers],
  'of small integers': [(x) => [x.sum(1), x.amin(1)], small],
  'any and all': [(x) => [x.any(), x.all(1), x.any(-1, { keepdim: true })], bools],
  cumsum: [(x) => x.cumsum(2), floats],
  'max and argmax': [
    (x) => [
      ...fb.max(x, 1),
      ...fb.min(x, -1, { keepdim: true }),
      x.argmax(0),
      x.argmin(2, { keepdim: true }),
      x.argmax(),
      fb.max(x),
    ],
    floats,
  ],
  'max of integers': [(x) => [...fb.max(x, 1), x.argmin(1)], integers],
});

cases('shapes', {
  reshape: [
    (x) => [
      x.reshape([x.shape[0], -1]),
      x.reshape([-1]),
      x.reshape([x.shape[0] * 3, 4]),
      x.reshape([3, -1, 4]),
      x.flatten(1),
      x.flatten(0, 1),
      x.unflatten(2, [2, 2]),
    ],
    floats,
  ],
  alias: [(x) => groups.view.alias(x).add(x.detach()), floats],
  'transpose and permute': [
    (x) => [x.transpose(0, 1), x.permute([2, 0, 1]), x.transpose(1, 2).reshape([x.shape[0], 12]), x.movedim(0, -1)],
    floats,
  ],
  'squeeze and unsqueeze': [
    (x) => [x.unsqueeze(0), x.unsqueeze(-1), x.narrow(1, 0, 1).squeeze(1), x.unsqueeze(1).squeeze()],
    (b) => randn([b + 1, 3, 4]),
  ],
  expand: [
    (x) => [
      x.unsqueeze(1).expand([x.shape[0], 5, 3, 4]),
      x.sum(0).expand([x.shape[0], 3, 4]),
      x.select(1, 0).unsqueeze(1).expandAs(x),
      x.repeat([1, 2, 1]),
      x.repeat([2, 1, 1]),
    ],
    floats,
  ],
  'slice and select': [
    (x) => [
      x.select(1, 2),
      x.select(0, -1),
      x.narrow(1, 1, 2),
      x.index(fb.slice(null, null, 2)),
      x.index(fb.slice(-1, null)),
      x.index(fb.slice(), -1),
      x.index(fb.slice(0, -1), fb.slice(1, 3)),
    ],
    (b) => randn([b + 1, 3, 4]),
  ],
  'cat, stack and split': [
    (a, b) => [fb.cat([a, b]), fb.cat([a, b], 1), fb.stack([a, b], 1), ...a.split(2, 1), ...b.chunk(2, -1), ...a.unbind(1)],
    [floats, floats],
  ],
  'diagonal and unfold': [
    (x) => [x.diagonal(0, 1, 2), x.diagonal(1, 1, 2), x.diagonal(-1, 1, 2), x.unfold(2, 2, 1), x.unfold(1, 2, 1)],
    floats,
  ],
  'flip, roll, tril and triu': [(x) => [x.flip([1]), x.flip([0, 2]), x.roll(1, 1), x.tril(), x.triu(1), x.tril(-1)], floats],
  pad: [
    (x) => [
      F.pad(x, [1, 2]),
      F.pad(x, [1, -1, 0, 2], { value: 3 }),
      F.pad(x, [1, 1], { mode: 'reflect' }),
      F.pad(x, [1, 2], { mode: 'replicate' }),
      F.pad(x, [1, 1], { mode: 'circular' }),
    ],
    floats,
  ],
  'pad of bools': [(x) => F.pad(x, [1, 1], { value: 1 }), bools],
  'repeatInterleave and tile': [
    (x) => [x.repeatInterleave(2, 1), x.repeatInterleave(tensor([1, 0, 2], { dtype: 'int64' }), 1), x.tile([2])],
    floats,
  ],
  'new tensors of dynamic size': [
    (x) => [
      ones([x.shape[0], 2]),
      arange(x.shape[0]),
      arange(1, 1 + x.shape[0], { dtype: 'int64' }),
      x.sum(0).div(x.shape[0]),
      fb.zerosLike(x).add(x),
    ],
    floats,
  ],
  'computations with sizes': [
    (x) => [
      x.reshape([1, x.shape[0] * 12]),
      x.select(0, 0).reshape([-1]).narrow(0, 0, x.shape[0]),
      fb.cat([x, x, x]).reshape([3, x.shape[0], 3, 4]),
    ],
    floats,
  ],
  casts: [(x) => [x.long(), x.int(), x.bool(), x.double(), x.to('uint8').float()], (b) => randn([b, 5]).abs().mul(10)],
  'fill and copy': [
    (x) => {
      const y = x.clone();
      y.fill_(2);
      const z = zeros(x.shape);
      z.copy_(x);
      return [y, z.add(1)];
    },
    floats,
  ],
});

cases('indexing', {
  embedding: [(i) => F.embedding(i, linspace(0, 1, 20).reshape([10, 2])), (b) => randint(0, 10, [b, 3], { dtype: 'int64' })],
  'indexSelect and index': [
    (x) => [x.indexSelect(1, [2, 0]), x.index(fb.slice(), [0, 2, 2]), x.index(fb.slice(), [0, 1], [3, 2])],
    floats,
  ],
  gather: [
    (x, i) => [x.gather(1, i), fb.takeAlongDim(x, x.argmax(1, { keepdim: true }), 1)],
    [floats, (b) => randint(0, 3, [b, 2, 4], { dtype: 'int64' })],
  ],
  sort: [(x) => [...x.sort(), ...x.sort(1, { descending: true }), ...x.sort(0), x.argsort()], floats],
  'sort integers': [(x) => [...x.sort(1), ...x.sort(-1, { descending: true })], integers],
  'sort small integers': [(x) => [...x.sort()], small],
  topk: [(x) => [...x.topk(2), ...x.topk(3, 1, { largest: false }), ...x.topk(1, 1)], floats],
  kthvalue: [(x) => [...x.kthvalue(2), ...x.kthvalue(3, 1, { keepdim: true })], floats],
  scatterReduce: [
    (x, i) =>
      (['prod', 'amax', 'amin', 'sum', 'mean'] as const).flatMap((reduce) => [
        x.scatterReduce(1, i, x, reduce),
        x.scatterReduce(1, i, x.mul(2), reduce, { includeSelf: false }),
      ]),
    [floats, (b) => randint(0, 3, [b, 3, 4], { dtype: 'int64' })],
  ],
  scatter: [
    (x, i) => [x.scatter(1, i, x), x.scatter(1, i, 5), x.scatterAdd(1, i, x)],
    [floats, (b) => arange(b).add(1).reshape([b, 1, 1]).remainder(3).long().expand([b, 1, 4]).clone()],
  ],
  indexAdd: [(x) => x.indexAdd(1, [0, 2], ones([x.shape[0], 2, 4]), { alpha: 2 }), floats],
  indexPut: [
    (x) => {
      const y = x.transpose(0, 1).clone();
      y.indexPut_([[0, 2]], 7);
      y.indexPut_([[1, 1]], y.index([0, 2]), { accumulate: true });
      return y;
    },
    floats,
  ],
  oneHot: [(i) => F.oneHot(i, 5), (b) => randint(0, 5, [b, 2], { dtype: 'int64' })],
});

const int8Matrix = tensor([1, -2, 3, 4, -127, 0, 5, 127], { dtype: 'int8' }).reshape([4, 2]);

cases('products', {
  matmul: [
    (a, b) => [
      fb.matmul(a, b.transpose(1, 2)),
      fb.bmm(a, b.transpose(1, 2)),
      fb.matmul(a, ones([4, 2])),
      fb.matmul(a, ones([4])),
      fb.matmul(ones([2, 3]), a),
    ],
    [floats, floats],
  ],
  'in four dimensions': [
    (a) => [fb.matmul(a, a.transpose(-2, -1)), fb.matmul(a, ones([6, 2])), fb.matmul(a, ones([4, 6, 3]))],
    images,
  ],
  linear: [
    (x) => {
      const w = linspace(-1, 1, 8).reshape([2, 4]);
      return [F.linear(x, w), F.linear(x, w, ones([2])), F.linear(x.select(1, 0), w, ones([2])), F.linear(x.select(1, 0), w)];
    },
    floats,
  ],
  addmm: [
    (x) => [
      fb.addmm(ones([2]), x.select(1, 0), ones([4, 2])),
      fb.addmm(ones([2]), x.select(1, 0), ones([4, 2]), { alpha: 2, beta: 0.5 }),
      fb.mm(x.select(1, 0), ones([4, 2])),
    ],
    floats,
  ],
  'of integers': [
    (a) => {
      const rows = a.select(1, 0).int();
      const matrix = ones([2, 4], { dtype: 'int32' });
      const bias = ones([2], { dtype: 'int32' });
      return [fb.matmul(a, a.transpose(1, 2)), fb.addmm(bias, rows, matrix.t()), F.linear(rows, matrix, bias)];
    },
    integers,
  ],
  'linear with an activation': [
    (x) => [fb.linearActivation(x, ones([2, 4]), null, 'relu'), fb.linearActivation(x, ones([2, 4]), ones([2]), 'gelu')],
    floats,
  ],
  intMm: [(a) => fb.intMm(a, int8Matrix), (b) => randint(-128, 128, [b, 4], { dtype: 'int8' })],
  'intMm of uint8': [(a) => fb.intMm(a, int8Matrix), (b) => randint(0, 256, [b, 4], { dtype: 'uint8' })],
});

cases('convolutions and pooling', {
  conv2d: [
    (x) => [
      F.conv2d(x, weights([6, 4, 3, 3]), ones([6]), { padding: 1 }),
      F.conv2d(x, weights([6, 2, 3, 2]), null, { groups: 2, stride: [2, 1], dilation: 2 }),
      F.conv2d(x, weights([2, 4, 2, 2]), null, { padding: 'same' }),
    ],
    images,
  ],
  conv1d: [(x) => F.conv1d(x, weights([6, 4, 3]), ones([6]), { stride: 2, padding: 1 }), rows],
  'transposed convolutions': [
    (x) => [
      F.convTranspose2d(x, weights([4, 3, 3, 3]), ones([3]), { stride: 2, padding: 1, outputPadding: 1 }),
      F.convTranspose2d(x, weights([4, 3, 2, 2]), null, { groups: 2 }),
    ],
    images,
  ],
  'transposed in one dimension': [(x) => F.convTranspose1d(x, weights([4, 3, 3]), null, { stride: 2 }), rows],
  maxPool: [
    (x) => [
      F.maxPool2d(x, 2),
      F.maxPool2d(x, 3, { stride: 2, padding: 1 }),
      F.maxPool2d(x, 2, { ceilMode: true }),
      F.maxPool2d(x, 3, { stride: 2, padding: 1, ceilMode: true }),
      F.maxPool2d(x, 2, { dilation: 2, stride: 1 }),
    ],
    images,
  ],
  'maxPool with indices': [(x) => F.maxPool2d(x, 2, { returnIndices: true }), images],
  'pooling rows': [(x) => [F.maxPool1d(x, 2), F.avgPool1d(x, 3), F.adaptiveAvgPool1d(x, 3)], rows],
  avgPool: [
    (x) => [
      F.avgPool2d(x, 2),
      F.avgPool2d(x, 3, { stride: 2, padding: 1 }),
      F.avgPool2d(x, 3, { padding: 1, countIncludePad: false }),
      F.avgPool2d(x, 2, { divisorOverride: 3 }),
    ],
    images,
  ],
  'adaptive pooling': [
    (x) => [
      F.adaptiveAvgPool2d(x, 1),
      F.adaptiveAvgPool2d(x, [7, 3]),
      F.adaptiveAvgPool2d(x, [3, 4]),
      F.adaptiveMaxPool2d(x, 1),
      F.adaptiveMaxPool2d(x, [7, 2]),
    ],
    images,
  ],
});

cases('normalisation', {
  layerNorm: [
    (x) => [
      F.layerNorm(x, [4], { weight: tensor([1, 2, 3, 4]), bias: ones([4]) }),
      F.layerNorm(x, [3, 4]),
      F.layerNorm(x, 4, { weight: tensor([1, 2, 3, 4]), eps: 0.1 }),
    ],
    floats,
  ],
  rmsNorm: [(x) => F.rmsNorm(x, [4], { weight: tensor([1, 2, 3, 4]) }), floats],
  groupNorm: [
    (x) => [
      F.groupNorm(x, 2),
      F.groupNorm(x, 4, { weight: tensor([1, 2, 3, 4]), bias: ones([4]) }),
      F.instanceNorm(x),
      F.groupNorm(x, 1),
    ],
    images,
  ],
  batchNorm: [(x) => F.batchNorm(x, tensor([0.1, 0, -1, 2]), tensor([1, 2, 0.5, 1]), { weight: tensor([1, 2, 3, 4]) }), images],
  'arithmetic like that of batchNorm along another dimension': [
    (x) => {
      const scale = tensor([1, 2, 3, 4]).add(1e-5).rsqrt();
      const shift = tensor([4, 3, 2, 1]).mul(scale).neg();
      return shift.addcmul(x, scale);
    },
    floats,
  ],
  'batchNorm by its own statistics': [
    (x) => F.batchNorm(x, null, null, { training: true, weight: tensor([1, 2, 3, 4]), bias: ones([4]) }),
    images,
  ],
  losses: [
    (x, y) => [
      F.mseLoss(x, y),
      F.crossEntropy(x.transpose(1, 2), y.argmax(2).remainder(3)),
      F.binaryCrossEntropy(x.sigmoid(), y.sigmoid()),
    ],
    [(b) => randn([b, 4, 3]), (b) => randn([b, 4, 3])],
  ],
  float64: [
    (x) =>
      F.layerNorm(x.double(), [4])
        .softmax(-1)
        .matmul(ones([4, 2], { dtype: 'float64' })),
    floats,
    { tolerance: 1e-9 },
  ],
});

it('has run every ONNX form', async () => {
  const { loweringOf } = await import('../src/lowerings/index.js');
  const all = [...allOps().values()].filter((def) => loweringOf(def) !== undefined).map(({ name }) => name);
  expect(all.filter((name) => !written.has(name))).toEqual([]);
});
