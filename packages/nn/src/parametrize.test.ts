import { eye, randn, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { testFamily, values } from '../test/stored-case.js';
import { Conv2d, ConvTranspose2d, deepCopy, Linear, Module, utils } from './index.js';

const { parametrizations: p, parametrize, prune } = utils;

testFamily('parametrizations.json', {
  weightNorm: () => p.weightNorm(new Linear(4, 3)),
  'weightNorm conv': () => p.weightNorm(new Conv2d(2, 3, 2), { dim: 1 }),
  'weightNorm whole': () => p.weightNorm(new Linear(4, 3), { dim: null }),
  spectralNorm: () => p.spectralNorm(new Linear(4, 3), { nPowerIterations: 2 }),
  'spectralNorm eval': () => p.spectralNorm(new Conv2d(2, 3, 2)),
  'spectralNorm transposed': () => p.spectralNorm(new ConvTranspose2d(2, 3, 2)),
  'spectralNorm bias': () => p.spectralNorm(new Linear(4, 3), { name: 'bias' }),
  'weightNorm of spectralNorm': () => p.spectralNorm(p.weightNorm(new Linear(4, 3))),
  'orthogonal matrixExp': () => p.orthogonal(new Linear(4, 3), { orthogonalMap: 'matrixExp' }),
  'orthogonal cayley': () => p.orthogonal(new Linear(4, 5), { orthogonalMap: 'cayley' }),
  'orthogonal householder': () => p.orthogonal(new Linear(4, 3)),
  'orthogonal householder tall': () => p.orthogonal(new Linear(4, 5), { useTrivialization: false }),
  pruned: () => prune.l1Unstructured(new Linear(4, 3), 'weight', 0.4),
});

class Symmetric extends Module {
  forward(x: Tensor): Tensor {
    return x.triu().add(x.triu(1).T);
  }
}
/** `exp(x)`, which can be assigned to. */
class Positive extends Module {
  forward(x: Tensor): Tensor {
    return x.exp();
  }
  rightInverse(y: Tensor): Tensor {
    return y.log();
  }
}
const close = (a: Tensor, b: Tensor): void => {
  expect(a.shape).toEqual(b.shape);
  expect(Math.max(0, ...values(a.sub(b).abs()))).toBeLessThan(1e-5);
};

describe('a parametrized weight', () => {
  test('is computed from the original, which keeps its identity', () => {
    const layer = new Linear(3, 3);
    const original = layer.weight;
    const before = original.detach().clone();
    expect(parametrize.registerParametrization(layer, 'weight', new Symmetric())).toBe(layer);
    close(layer.weight.detach(), before.triu().add(before.triu(1).T));
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'parametrizations.weight.original']);
    expect(layer.getParameter('parametrizations.weight.original')).toBe(original);
    layer(randn([2, 3]))
      .sum()
      .backward();
    expect(values((original.grad as Tensor).tril(-1))).toEqual(Array(9).fill(0));
    expect(parametrize.isParametrized(layer)).toBe(true);
    expect(parametrize.isParametrized(layer, 'bias')).toBe(false);
    expect(String(layer)).toContain('(0): Symmetric()');
  });

  test('takes values that are assigned if the parametrization can be inverted', () => {
    const layer = new Linear(2, 2);
    const weight = layer.weight.detach().abs().add(0.5);
    layer.weight.detach().copy_(weight);
    parametrize.registerParametrization(layer, 'weight', new Positive());
    close(layer.weight.detach(), weight);
    const wanted = tensor([
      [1, 2],
      [3, 4],
    ]);
    (layer as { weight: Tensor }).weight = wanted;
    close(layer.weight.detach(), wanted);
    parametrize.registerParametrization(layer, 'weight', new Symmetric());
    expect(() => {
      (layer as { weight: Tensor }).weight = wanted;
    }).toThrow('Symmetric has no rightInverse');
    close(
      layer.weight.detach(),
      tensor([
        [1, 2],
        [2, 4],
      ]),
    );
  });

  test('becomes an ordinary one again, computed or original', () => {
    const [a, b] = [new Linear(3, 3), new Linear(3, 3)];
    const [parameter, before] = [a.weight, b.weight.detach().clone()];
    for (const layer of [a, b]) parametrize.registerParametrization(layer, 'weight', new Symmetric());
    const computed = a.weight.detach().clone();
    parametrize.removeParametrizations(a, 'weight');
    parametrize.removeParametrizations(b, 'weight', { leaveParametrized: false });
    close(a.weight.detach(), computed);
    close(b.weight.detach(), before);
    expect(a.weight).toBe(parameter);
    expect(Object.keys(a.stateDict()).sort()).toEqual(['bias', 'weight']);
    expect(() => parametrize.removeParametrizations(a, 'weight')).toThrow('weight of Linear is not parametrized');
    const norm = p.weightNorm(new Linear(3, 2));
    const weight = norm.weight.detach().clone();
    expect(() => parametrize.removeParametrizations(norm, 'weight', { leaveParametrized: false })).toThrow('several originals');
    close(parametrize.removeParametrizations(norm, 'weight').weight.detach(), weight);
    expect(norm.parameters()).toHaveLength(2);
  });

  test('is copied with its module', () => {
    const layer = p.weightNorm(new Linear(3, 2));
    const copy = deepCopy(layer);
    close(copy.weight, layer.weight);
    for (const t of copy.parameters()) t.detach().mul_(2);
    expect(values(layer.weight)).not.toEqual(values(copy.weight));
  });

  test('is computed once while cached', () => {
    let calls = 0;
    class Counting extends Module {
      forward(x: Tensor): Tensor {
        calls++;
        return x.mul(2);
      }
    }
    const layer = parametrize.registerParametrization(new Linear(2, 2), 'weight', new Counting());
    calls = 0;
    parametrize.cached(() => parametrize.cached(() => [layer.weight, layer.weight]) && layer.weight);
    expect(calls).toBe(1);
    layer.weight;
    layer.weight;
    expect(calls).toBe(3);
  });

  test('keeps its shape unless told otherwise, and buffers can be parametrized', () => {
    class Short extends Module {
      forward(x: Tensor): Tensor {
        return x.narrow(0, 0, 1);
      }
    }
    const layer = new Linear(2, 2);
    expect(() => parametrize.registerParametrization(layer, 'weight', new Short())).toThrow(
      'Short makes float32 of shape (1, 2)',
    );
    expect(parametrize.isParametrized(layer)).toBe(false);
    expect(layer.parameters()).toHaveLength(2);
    parametrize.registerParametrization(layer, 'weight', new Short(), { unsafe: true });
    expect(layer.weight.shape).toEqual([1, 2]);
    expect(() => parametrize.registerParametrization(layer, 'gain', new Short())).toThrow("no parameter or buffer 'gain'");
    class Masked extends Module {
      mask = this.registerBuffer('mask', zeros([2]));
      forward(x: Tensor): Tensor {
        return x.mul(this.mask);
      }
    }
    const masked = parametrize.registerParametrization(new Masked(), 'mask', new Positive(), { unsafe: true });
    expect(masked.namedBuffers().map(([name]) => name)).toEqual(['parametrizations.mask.original']);
    expect(values(masked(tensor([2, 3])))).toEqual([0, 0]);
  });
});

describe('orthogonal weights', () => {
  const options = [
    { orthogonalMap: 'matrixExp' },
    { orthogonalMap: 'cayley' },
    { orthogonalMap: 'householder' },
    { orthogonalMap: 'householder', useTrivialization: false },
  ] as const;
  test.each(options)('%o stay orthogonal in training and can be assigned', (option) => {
    for (const layer of [new Linear(4, 4), new Linear(5, 3), new Linear(3, 5)]) {
      p.orthogonal(layer, option);
      const product = (w: Tensor) => (w.shape[0] <= w.shape[1] ? w.matmul(w.T) : w.T.matmul(w));
      const small = Math.min(...layer.weight.shape);
      close(product(layer.weight.detach()), eye(small));
      layer(randn([6, layer.inFeatures]))
        .square()
        .mean()
        .backward();
      for (const t of layer.parameters()) t.detach().sub_((t.grad as Tensor).mul(0.5));
      close(product(layer.weight.detach()), eye(small));
      const target = p.orthogonal(new Linear(layer.inFeatures, layer.outFeatures)).weight.detach();
      (layer as { weight: Tensor }).weight = target;
      close(layer.weight.detach(), target);
    }
  });
  test('need a matrix and a map that can start where the weight is', () => {
    expect(() => p.orthogonal(new Linear(2, 2), { name: 'bias' })).toThrow('must be a matrix');
    expect(() => p.orthogonal(new Linear(2, 2), { orthogonalMap: 'cayley', useTrivialization: false })).toThrow(
      'useTrivialization',
    );
  });
});
