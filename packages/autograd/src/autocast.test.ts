import { readFileSync } from 'node:fs';
import * as t from '@flambeau/core';
import type { DType, Tensor } from '@flambeau/core';
import { groups } from '@flambeau/core/internal';
import { describe, expect, test } from 'vitest';
import { autocast, getAutocastDtype, isAutocastEnabled, noGrad } from './index.js';

const { dtypes } = JSON.parse(readFileSync(new URL('../test/fixtures/autocast.json', import.meta.url), 'utf8')) as {
  dtypes: Record<string, DType[]>;
};

type Make = (...shape: number[]) => Tensor;
const functions: Record<string, (m: Make) => Tensor> = {
  matmul: (m) => m(2, 3).matmul(m(3, 2)),
  mm: (m) => t.mm(m(2, 3), m(3, 2)),
  bmm: (m) => t.bmm(m(1, 2, 3), m(1, 3, 2)),
  addmm: (m) => t.addmm(m(2, 2), m(2, 3), m(3, 2)),
  baddbmm: (m) => t.baddbmm(m(1, 2, 2), m(1, 2, 3), m(1, 3, 2), { beta: 0.5 }),
  addbmm: (m) => t.addbmm(m(2, 2), m(1, 2, 3), m(1, 3, 2)),
  einsum: (m) => t.einsum('ij,jk->ik', m(2, 3), m(3, 2)),
  linear: (m) => t.linear(m(2, 3), m(4, 3), m(4)),
  vecdot: (m) => t.linalg.vecdot(m(2, 3), m(2, 3)),
  mv: (m) => t.mv(m(2, 3), m(3)),
  dot: (m) => t.dot(m(3), m(3)),
  outer: (m) => t.outer(m(3), m(3)),
  tensordot: (m) => t.tensordot(m(2, 3), m(3, 2), 1),
  multiDot: (m) => t.linalg.multiDot([m(2, 3), m(3, 2), m(2, 2)]),
  conv1d: (m) => t.conv1d(m(1, 2, 5), m(3, 2, 2)),
  conv2d: (m) => t.conv2d(m(1, 2, 5, 5), m(3, 2, 2, 2), m(3)),
  conv3d: (m) => t.conv3d(m(1, 2, 3, 3, 3), m(3, 2, 2, 2, 2)),
  convTranspose1d: (m) => t.convTranspose1d(m(1, 2, 5), m(2, 3, 2)),
  convTranspose2d: (m) => t.convTranspose2d(m(1, 2, 5, 5), m(2, 3, 2, 2), m(3)),
  convTranspose3d: (m) => t.convTranspose3d(m(1, 2, 3, 3, 3), m(2, 3, 2, 2, 2)),
  scaledDotProductAttention: (m) => t.scaledDotProductAttention(m(1, 1, 2, 4), m(1, 1, 2, 4), m(1, 1, 2, 4)),
  mseLoss: (m) => t.mseLoss(m(3), m(3)),
  l1Loss: (m) => t.l1Loss(m(3), m(3)),
  smoothL1Loss: (m) => t.smoothL1Loss(m(3), m(3)),
  huberLoss: (m) => t.huberLoss(m(3), m(3)),
  crossEntropy: (m) => t.crossEntropy(m(2, 3), [0, 1]),
  'crossEntropy of probabilities': (m) => t.crossEntropy(m(2, 3), m(2, 3)),
  nllLoss: (m) => t.nllLoss(m(2, 3), [0, 1]),
  'nllLoss of images': (m) => t.nllLoss(m(2, 3, 1, 1), [[[0]], [[1]]]),
  binaryCrossEntropy: (m) => t.binaryCrossEntropy(m(3), m(3)),
  binaryCrossEntropyWithLogits: (m) => t.binaryCrossEntropyWithLogits(m(3), m(3)),
  klDiv: (m) => t.klDiv(m(3), m(3), { reduction: 'sum' }),
  ctcLoss: (m) => t.ctcLoss(m(4, 1, 3), [[1, 2]], [4], [2]),
  cdist: (m) => t.cdist(m(2, 3), m(2, 3)),
  prod: (m) => m(3).prod(),
  'prod of a dimension': (m) => m(2, 3).prod(1),
  cumprod: (m) => m(3).cumprod(0),
  trace: (m) => m(2, 2).trace(),
  quantile: (m) => m(3).quantile(0.5),
  nanquantile: (m) => m(3).nanquantile(0.5),
  polar: (m) => t.viewAsReal(t.polar(m(3), m(3))),
  viewAsComplex: (m) => t.viewAsReal(t.viewAsComplex(m(3, 2))),
  stft: (m) => t.viewAsReal(t.stft(m(16), 8, { window: m(8), returnComplex: true })),
  gridSample: (m) => t.gridSample(m(1, 1, 3, 3), m(1, 2, 2, 2), { alignCorners: false }),
  avgPool1d: (m) => t.avgPool1d(m(1, 1, 4), 2),
  avgPool2d: (m) => t.avgPool2d(m(1, 1, 4, 4), 2),
  avgPool3d: (m) => t.avgPool3d(m(1, 1, 4, 4, 4), 2),
  maxPool2d: (m) => t.maxPool2d(m(1, 1, 4, 4), 2),
  maxPool3d: (m) => t.maxPool3d(m(1, 1, 4, 4, 4), 2),
  adaptiveAvgPool2d: (m) => t.adaptiveAvgPool2d(m(1, 1, 4, 4), 2),
  adaptiveAvgPool3d: (m) => t.adaptiveAvgPool3d(m(1, 1, 4, 4, 4), 2),
  adaptiveMaxPool2d: (m) => t.adaptiveMaxPool2d(m(1, 1, 4, 4), 2),
  adaptiveMaxPool3d: (m) => t.adaptiveMaxPool3d(m(1, 1, 4, 4, 4), 2),
  'pad with zeros': (m) => t.pad(m(1, 2, 4), [1, 1]),
  'pad circular': (m) => t.pad(m(1, 2, 4), [1, 1], { mode: 'circular' }),
  'pad reflecting 1d': (m) => t.pad(m(1, 2, 4), [1, 1], { mode: 'reflect' }),
  'pad reflecting 2d': (m) => t.pad(m(1, 2, 4, 4), [1, 1, 1, 1], { mode: 'reflect' }),
  'pad reflecting 3d': (m) => t.pad(m(1, 2, 4, 4, 4), [1, 1, 1, 1, 1, 1], { mode: 'reflect' }),
  'pad replicating 1d': (m) => t.pad(m(1, 2, 4), [1, 1], { mode: 'replicate' }),
  'pad replicating 2d': (m) => t.pad(m(1, 2, 4, 4), [1, 1, 1, 1], { mode: 'replicate' }),
  'pad replicating 3d': (m) => t.pad(m(1, 2, 4, 4, 4), [1, 1, 1, 1, 1, 1], { mode: 'replicate' }),
  inv: (m) => t.linalg.inv(m(1, 1)),
  solve: (m) => t.linalg.solve(m(1, 1), m(1, 1)),
  cholesky: (m) => t.linalg.cholesky(m(1, 1)),
  qr: (m) => t.linalg.qr(m(2, 2))[0],
  svd: (m) => t.linalg.svd(m(2, 2))[1],
  eigh: (m) => t.linalg.eigh(m(1, 1))[0],
  choleskySolve: (m) => t.choleskySolve(m(1, 1), m(1, 1)),
  choleskyInverse: (m) => t.choleskyInverse(m(1, 1)),
  svdvals: (m) => t.linalg.svdvals(m(2, 2)),
  eigvalsh: (m) => t.linalg.eigvalsh(m(1, 1)),
  eigvals: (m) => t.viewAsReal(t.linalg.eigvals(m(1, 1))),
  lstsq: (m) => t.linalg.lstsq(m(2, 1), m(2, 1)).solution,
  cond: (m) => t.linalg.cond(m(1, 1)),
  pinv: (m) => t.linalg.pinv(m(2, 1)),
  householderProduct: (m) => t.linalg.householderProduct(m(2, 1), m(1)),
  fft: (m) => t.viewAsReal(t.fft.fft(m(4))),
  rfft: (m) => t.viewAsReal(t.fft.rfft(m(4))),
  rfft2: (m) => t.viewAsReal(t.fft.rfft2(m(4, 4))),
  fftn: (m) => t.viewAsReal(t.fft.fftn(m(4, 4))),
  logSoftmax: (m) => t.logSoftmax(m(3), 0),
  groupNorm: (m) => t.groupNorm(m(1, 2, 3), 1),
  cumsum: (m) => m(3).cumsum(0),
  log: (m) => m(3).log(),
  pow: (m) => m(3).pow(2),
  rsqrt: (m) => m(3).rsqrt(),
  'indexCopy with float32': (m) => m(3).indexCopy(0, [0, 1], m(1).dtype === 'float64' ? m(2) : t.ones([2])),
  softmax: (m) => t.softmax(m(3), 0),
  layerNorm: (m) => t.layerNorm(m(2, 3), [3]),
  norm: (m) => m(3).norm(),
  sum: (m) => m(3).sum(),
  exp: (m) => m(3).exp(),
  add: (m) => m(3).add(m(3)),
  relu: (m) => m(3).relu(),
  'cat with float32': (m) => t.cat([m(2), t.ones([2])]),
  'stack with float32': (m) => t.stack([m(2), t.ones([2])]),
  'matmul with float32': (m) => m(2, 3).matmul(m(1).dtype === 'float64' ? m(3, 2) : t.ones([3, 2])),
};

test('every stored operation has a case', () => {
  expect(Object.keys(functions).sort()).toEqual(Object.keys(dtypes).sort());
});

describe.each(['float32', 'bfloat16', 'float64'] as const)('%s operands', (dtype) => {
  const column = ['float32', 'bfloat16', 'float64'].indexOf(dtype);
  test.each(Object.keys(dtypes))("%s has PyTorch's dtype", (name) => {
    const make: Make = (...shape) => t.ones(shape, { dtype });
    expect(autocast({ dtype: 'bfloat16' }, () => functions[name](make)).dtype).toBe(dtypes[name][column]);
  });
});

const parameter = (...shape: number[]) => t.rand(shape).requiresGrad_();

describe('autocast', () => {
  test('is on inside of the callback only, and can be switched off inside', () => {
    const seen = () => [isAutocastEnabled(), getAutocastDtype()];
    expect(seen()).toEqual([false, null]);
    autocast({ dtype: 'float16' }, () => {
      expect(seen()).toEqual([true, 'float16']);
      autocast({ enabled: false }, () => {
        expect(seen()).toEqual([false, null]);
        autocast({}, () => expect(seen()).toEqual([true, 'bfloat16']));
      });
      expect(seen()).toEqual([true, 'float16']);
    });
    expect(seen()).toEqual([false, null]);
    expect(() => autocast({ dtype: 'float32' as never }, () => 0)).toThrow("must be 'bfloat16' or 'float16', got float32");
  });

  test('holds in an async callback, across its awaits', async () => {
    const product = await autocast({}, async () => {
      await Promise.resolve();
      return t.ones([2, 2]).matmul(t.ones([2, 2]));
    });
    expect(product.dtype).toBe('bfloat16');
    expect(t.ones([2, 2]).matmul(t.ones([2, 2])).dtype).toBe('float32');
  });

  test('computes what casting by hand does, with gradients in the dtype of the parameters', () => {
    const [x, w, b] = [t.rand([5, 4]), parameter(3, 4), parameter(3)];
    const target = [0, 2, 1, 1, 0];
    const loss = autocast({}, () => t.crossEntropy(t.linear(x, w, b).tanh(), target));
    loss.backward();
    expect(loss.dtype).toBe('float32');
    const [w2, b2] = [w, b].map((p) => p.detach().clone().requiresGrad_());
    const byHand = t.crossEntropy(t.linear(x.bfloat16(), w2.bfloat16(), b2.bfloat16()).tanh().float(), target);
    byHand.backward();
    expect(loss.item()).toBe(byHand.item());
    for (const [p, q] of [
      [w, w2],
      [b, b2],
    ]) {
      expect(p.grad?.dtype).toBe('float32');
      expect(p.grad?.toArray()).toEqual(q.grad?.toArray());
    }
  });

  test('gradients accumulate over several passes, inside of one autocast and outside', () => {
    const x = t.rand([5, 4]);
    const gradient = (passes: number, together: boolean) => {
      const w = t.linspace(-1, 1, 12).reshape([3, 4]).detach().clone().requiresGrad_();
      const pass = () => t.linear(x, w).square().sum();
      if (together)
        autocast({}, () => {
          for (let i = 0; i < passes; i++) pass().backward();
        });
      else for (let i = 0; i < passes; i++) autocast({}, pass).backward();
      return (w.grad as Tensor).toArray();
    };
    expect(gradient(2, false)).toEqual(gradient(2, true));
    expect(
      t
        .tensor(gradient(1, false) as number[][])
        .mul(2)
        .toArray(),
    ).toEqual(gradient(2, false));
  });

  test('operands that are not cast still need one dtype', () => {
    const [single, double] = (['float32', 'float64'] as const).map((dtype) => t.ones([2, 2], { dtype }));
    expect(() => autocast({}, () => single.matmul(double))).toThrow('input is float32 but other is float64');
    expect(() => autocast({}, () => t.linear(double, single))).toThrow('input is float64 but weight is');
  });

  test('every decomposition takes matrices of the lower precision', () => {
    const a = t.tensor(
      [
        [2, 1],
        [1, 3],
      ],
      { dtype: 'bfloat16' },
    );
    const { det, slogdet, solveTriangular, matrixExp, pinv, eig } = t.linalg;
    const results = autocast({}, () => [
      det(a),
      slogdet(a)[1],
      solveTriangular(a, a, { upper: true }),
      matrixExp(a),
      pinv(a),
      eig(a)[0],
    ]);
    expect(results.map((result) => result.dtype)).toEqual([...Array(5).fill('float32'), 'complex64']);
    expect(results[0].item()).toBeCloseTo(5, 5);
  });

  test('a cell of a recurrent network computes in float32', () => {
    const { lstmCell } = groups.recurrentCells;
    const gates = t.ones([2, 8], { dtype: 'bfloat16' });
    const states = autocast({}, () => lstmCell(gates, gates, t.ones([2, 2])));
    expect(states.map((state) => state.dtype)).toEqual(['float32', 'float32', 'float32']);
    expect(states[1].toArray()).toEqual(lstmCell(gates.float(), gates.float(), t.ones([2, 2]))[1].toArray());
  });

  test('a parameter that was updated in between is cast anew', () => {
    const w = t.ones([2, 2]).requiresGrad_();
    w.storage.markPersistent();
    const x = t.ones([1, 2]);
    const seen = autocast({}, () => {
      const before = t.linear(x, w).toArray();
      noGrad(() => w.mul_(2));
      return [before, t.linear(x, w).toArray()];
    });
    expect(seen).toEqual([[[2, 2]], [[4, 4]]]);
  });

  test('a cast under noGrad does not cut off the gradients of the next use', () => {
    const w = t.ones([2, 2]).requiresGrad_();
    w.storage.markPersistent();
    const x = t.ones([1, 2]);
    autocast({}, () => {
      noGrad(() => t.linear(x, w));
      return t.linear(x, w).float().sum();
    }).backward();
    expect(w.grad?.toArray()).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test.each([true, false])('parameters are cast once per region with cacheEnabled: %s', (cacheEnabled) => {
    const w = parameter(2, 2);
    w.storage.markPersistent();
    const casts = new Set<unknown>();
    autocast({ cacheEnabled }, () => {
      for (let i = 0; i < 3; i++) {
        casts.add(t.linear(t.ones([1, 2]), w).gradFn?.nextFunctions[1]?.node);
      }
    });
    expect(casts.size).toBe(cacheEnabled ? 1 : 3);
  });
});
