import { type Tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import * as nn from './index.js';
import { isLazy } from './index.js';

interface LazyCase {
  readonly make: () => nn.Module;
  readonly Class: abstract new (...args: never) => nn.Module;
  readonly input: number[];
  /** Shapes of the parameters and buffers afterwards. */
  readonly shapes: number[][];
}
const spatial = (dims: number): number[] => Array<number>(dims).fill(4);
const norm: number[][] = [[3], [3], [3], [3], []];
const cases: Record<string, LazyCase> = {
  LazyLinear: { make: () => new nn.LazyLinear(2), Class: nn.Linear, input: [5, 3], shapes: [[2, 3], [2]] },
  LazyConv1d: { make: () => new nn.LazyConv1d(2, 2), Class: nn.Conv1d, input: [1, 3, 4], shapes: [[2, 3, 2], [2]] },
  'LazyConv2d in groups': {
    make: () => new nn.LazyConv2d(4, 2, { groups: 2, bias: false }),
    Class: nn.Conv2d,
    input: [1, 6, 4, 4],
    shapes: [[4, 3, 2, 2]],
  },
  'LazyConv2d without batch': {
    make: () => new nn.LazyConv2d(2, 3),
    Class: nn.Conv2d,
    input: [3, 4, 4],
    shapes: [[2, 3, 3, 3], [2]],
  },
  LazyConv3d: {
    make: () => new nn.LazyConv3d(2, 2),
    Class: nn.Conv3d,
    input: [1, 3, ...spatial(3)],
    shapes: [[2, 3, 2, 2, 2], [2]],
  },
  LazyConvTranspose1d: {
    make: () => new nn.LazyConvTranspose1d(2, 2),
    Class: nn.ConvTranspose1d,
    input: [1, 3, 4],
    shapes: [[3, 2, 2], [2]],
  },
  'LazyConvTranspose2d in groups': {
    make: () => new nn.LazyConvTranspose2d(4, 2, { groups: 2 }),
    Class: nn.ConvTranspose2d,
    input: [1, 6, 4, 4],
    shapes: [[6, 2, 2, 2], [4]],
  },
  LazyConvTranspose3d: {
    make: () => new nn.LazyConvTranspose3d(2, 2),
    Class: nn.ConvTranspose3d,
    input: [1, 3, ...spatial(3)],
    shapes: [[3, 2, 2, 2, 2], [2]],
  },
  LazyBatchNorm1d: { make: () => new nn.LazyBatchNorm1d(), Class: nn.BatchNorm1d, input: [2, 3], shapes: norm },
  LazyBatchNorm2d: { make: () => new nn.LazyBatchNorm2d(), Class: nn.BatchNorm2d, input: [2, 3, 4, 4], shapes: norm },
  LazyBatchNorm3d: { make: () => new nn.LazyBatchNorm3d(), Class: nn.BatchNorm3d, input: [2, 3, ...spatial(3)], shapes: norm },
  LazyInstanceNorm1d: {
    make: () => new nn.LazyInstanceNorm1d({ affine: true }),
    Class: nn.InstanceNorm1d,
    input: [3, 4],
    shapes: [[3], [3]],
  },
  LazyInstanceNorm2d: { make: () => new nn.LazyInstanceNorm2d(), Class: nn.InstanceNorm2d, input: [2, 3, 4, 4], shapes: [] },
  LazyInstanceNorm3d: {
    make: () => new nn.LazyInstanceNorm3d({ affine: true, trackRunningStats: true }),
    Class: nn.InstanceNorm3d,
    input: [2, 3, ...spatial(3)],
    shapes: norm,
  },
};

const tensors = (module: nn.Module): Tensor[] => [...module.parameters(), ...module.buffers()];

describe.each(Object.entries(cases))('%s', (_name, { make, Class, input, shapes }) => {
  test('takes its shapes from the first input and keeps its parameters', () => {
    const module = make();
    const before = tensors(module);
    module(zeros(input));
    expect(tensors(module).every((t, i) => t === before[i])).toBe(true);
    expect(tensors(module).map((t) => [...t.shape])).toEqual(shapes);
    expect(tensors(module).some(isLazy)).toBe(false);
    expect(module.constructor).toBe(Class);
    expect(module(zeros(input)).isfinite().all().item()).toBe(true);
    expect(tensors(module).every((t) => t.isfinite().all().item())).toBe(true);
  });

  test('loads a state dict before its first input', () => {
    const trained = make();
    trained(zeros(input));
    const module = make();
    module.loadStateDict(trained.stateDict());
    const output = module.eval()(zeros(input).add(1));
    expect(tensors(module).map((t) => t.toArray())).toEqual(tensors(trained).map((t) => t.toArray()));
    expect(output.toArray()).toEqual(trained.eval()(zeros(input).add(1)).toArray());
    expect(String(module)).toBe(String(trained));
  });
});

test('a lazy layer starts like an ordinary one, in a copy, too', () => {
  const copy = nn.deepCopy(new nn.LazyLinear(400));
  copy(zeros([1, 100]));
  expect(copy.inFeatures).toBe(100);
  const [largest, std] = [copy.weight.detach().abs().amax().item(), copy.weight.detach().std().item()] as number[];
  expect(largest).toBeLessThanOrEqual(0.1);
  expect(std).toBeCloseTo(0.1 / Math.sqrt(3), 2);
});
