import { manualSeed, randn, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { Parameter, utils } from './index.js';

const values = (t: Tensor): number[] => t.detach().double().reshape([-1]).toArray() as number[];

function withGrads(grads: readonly Tensor[]): Parameter[] {
  return grads.map((grad) => {
    const parameter = new Parameter(grad.detach());
    parameter.grad = grad;
    return parameter;
  });
}

describe('clipGradNorm_', () => {
  test.each([2, 1, 3, Number.POSITIVE_INFINITY])('bounds the common norm of order %d', (normType) => {
    manualSeed(1);
    const grads = [randn([3, 4]), randn([5]), randn([])];
    const all = grads.flatMap(values);
    const norm =
      normType === Number.POSITIVE_INFINITY
        ? Math.max(...all.map(Math.abs))
        : all.reduce((sum, x) => sum + Math.abs(x) ** normType, 0) ** (1 / normType);
    const parameters = withGrads(grads);
    const total = utils.clipGradNorm_(parameters, 0.5, { normType });
    expect(total.shape).toEqual([]);
    expect(total.item()).toBeCloseTo(norm, 4);
    const clipped = parameters.flatMap((p) => values(p.grad as Tensor));
    for (const [i, x] of clipped.entries()) expect(x).toBeCloseTo((all[i] * 0.5) / (norm + 1e-6), 5);
  });

  test('leaves small gradients and parameters without one alone', () => {
    const parameters = [...withGrads([tensor([3, 4])]), new Parameter(tensor([1]))];
    expect(utils.clipGradNorm_(parameters, 10).item()).toBe(5);
    expect(values(parameters[0].grad as Tensor)).toEqual([3, 4]);
    expect(utils.clipGradNorm_([parameters[1]], 1).item()).toBe(0);
    expect(utils.clipGradNorm_(parameters[0], 1).item()).toBe(5);
  });

  test('takes strided gradients and mixed dtypes', () => {
    const parameters = withGrads([
      tensor([
        [3, 0],
        [0, 0],
      ]).t(),
      tensor([4], { dtype: 'float64' }),
      tensor([0], { dtype: 'bfloat16' }),
    ]);
    const total = utils.clipGradNorm_(parameters, 1);
    expect(total.dtype).toBe('float64');
    expect(total.item()).toBe(5);
    expect(values(parameters[0].grad as Tensor)[0]).toBeCloseTo(0.6, 5);
    expect(values(parameters[1].grad as Tensor)[0]).toBeCloseTo(0.8, 5);
  });

  test('takes more gradients than one call can carry', () => {
    const parameters = withGrads(Array.from({ length: 4000 }, () => tensor([1])));
    expect(utils.clipGradNorm_(parameters, 1).item()).toBeCloseTo(Math.sqrt(4000), 3);
    expect(values(parameters[3999].grad as Tensor)[0]).toBeCloseTo(1 / Math.sqrt(4000), 6);
  });

  test('throws for a norm that is not finite only if asked', () => {
    const parameters = withGrads([tensor([Number.NaN, 1])]);
    expect(() => utils.clipGradNorm_(parameters, 1, { errorIfNonfinite: true })).toThrow('the norm of the gradients is NaN');
    expect(values(parameters[0].grad as Tensor)[1]).toBe(1);
    expect(utils.clipGradNorm_(parameters, 1).item()).toBeNaN();
  });
});

test('the norm can be taken first and used later', () => {
  const parameters = withGrads([tensor([3, 0]), tensor([4])]);
  const total = utils.getTotalNorm(parameters.map((p) => p.grad as Tensor));
  expect(total.item()).toBe(5);
  utils.clipGradsWithNorm_(parameters, 1, total);
  expect(values(parameters[1].grad as Tensor)[0]).toBeCloseTo(0.8, 5);
  expect(utils.getTotalNorm([]).item()).toBe(0);
  expect(utils.getTotalNorm(tensor([3, -4]), { normType: 1 }).item()).toBe(7);
  expect(() => utils.getTotalNorm([tensor([Number.NaN])], { errorIfNonfinite: true })).toThrow('the norm');
});

test('clipGradValue_ limits every element', () => {
  const [p] = withGrads([tensor([-3, 0.5, 2])]);
  utils.clipGradValue_([p, new Parameter(tensor([1]))], 1);
  expect(values(p.grad as Tensor)).toEqual([-1, 0.5, 1]);
});

test('parameters go into a vector and back', () => {
  const parameters = [
    new Parameter(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ),
    new Parameter(tensor([5])),
  ];
  const vector = utils.parametersToVector(parameters);
  expect(values(vector)).toEqual([1, 2, 3, 4, 5]);
  vector.sum().backward();
  expect(values(parameters[0].grad as Tensor)).toEqual([1, 1, 1, 1]);
  utils.vectorToParameters(vector.mul(10), parameters);
  expect(parameters[0].toArray()).toEqual([
    [10, 20],
    [30, 40],
  ]);
  expect(parameters[0].requiresGrad && parameters[0].isLeaf).toBe(true);
  expect(() => utils.vectorToParameters(tensor([1]), parameters)).toThrow('need a vector of 5 elements');
});
