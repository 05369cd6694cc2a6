import { type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import {
  closureStep,
  expectClose,
  fixture,
  flat,
  initialParameters,
  type Precision,
  parametersFrom,
  trainStep,
} from '../test/network.js';
import {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  ASGD,
  LBFGS,
  Lion,
  Muon,
  NAdam,
  type Optimizer,
  type OptimizerStateDict,
  RAdam,
  RMSprop,
  Rprop,
  SGD,
} from './index.js';

const groups = (p: Tensor[]) => [{ params: p.slice(0, 2) }, { params: p.slice(2), lr: 0.01, weightDecay: 0.1 }];
const matrices = (p: Tensor[]) => p.filter((t) => t.ndim === 2);

const cases: Record<string, (p: Tensor[]) => Optimizer> = {
  SGD: (p) => new SGD(p, { lr: 0.1 }),
  'SGD momentum': (p) => new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.1, weightDecay: 0.01 }),
  'SGD nesterov': (p) => new SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true }),
  'SGD maximize': (p) => new SGD(p, { lr: 0.05, maximize: true }),
  'SGD groups': (p) => new SGD(groups(p), { lr: 0.1, momentum: 0.5 }),
  Adam: (p) => new Adam(p, { lr: 0.01 }),
  'Adam amsgrad': (p) => new Adam(p, { lr: 0.01, betas: [0.8, 0.95], eps: 1e-6, weightDecay: 0.1, amsgrad: true }),
  'Adam maximize': (p) => new Adam(p, { lr: 0.01, maximize: true }),
  AdamW: (p) => new AdamW(p, { lr: 0.01 }),
  'AdamW amsgrad': (p) => new AdamW(p, { lr: 0.02, betas: [0.9, 0.95], weightDecay: 0.3, amsgrad: true }),
  'AdamW groups': (p) => new AdamW(groups(p), { lr: 0.02 }),
  RMSprop: (p) => new RMSprop(p),
  'RMSprop momentum': (p) => new RMSprop(p, { lr: 0.005, momentum: 0.9, alpha: 0.9, weightDecay: 0.02 }),
  'RMSprop centered': (p) => new RMSprop(p, { lr: 0.005, momentum: 0.5, centered: true, eps: 1e-4, maximize: true }),
  'RMSprop groups': (p) => new RMSprop(groups(p), { lr: 0.005, centered: true, eps: 1e-3 }),
  Adagrad: (p) => new Adagrad(p),
  'Adagrad decay': (p) => new Adagrad(p, { lr: 0.1, lrDecay: 0.1, weightDecay: 0.05, initialAccumulatorValue: 0.2 }),
  'Adagrad maximize': (p) => new Adagrad(p, { lr: 0.05, maximize: true }),
  Adadelta: (p) => new Adadelta(p),
  'Adadelta decay': (p) => new Adadelta(p, { lr: 5, rho: 0.8, eps: 1e-5, weightDecay: 0.02, maximize: true }),
  Adamax: (p) => new Adamax(p, { lr: 0.02 }),
  'Adamax decay': (p) => new Adamax(p, { betas: [0.4, 0.9], eps: 1e-5, weightDecay: 0.1, maximize: true }),
  NAdam: (p) => new NAdam(p, { lr: 0.02 }),
  'NAdam decay': (p) => new NAdam(p, { lr: 0.01, betas: [0.8, 0.95], weightDecay: 0.1, momentumDecay: 0.1, maximize: true }),
  'NAdam decoupled': (p) => new NAdam(p, { lr: 0.01, weightDecay: 0.2, decoupledWeightDecay: true }),
  RAdam: (p) => new RAdam(p, { lr: 0.05 }),
  'RAdam decay': (p) => new RAdam(p, { lr: 0.01, betas: [0.4, 0.9], weightDecay: 0.1, maximize: true }),
  'RAdam decoupled': (p) => new RAdam(p, { lr: 0.02, weightDecay: 0.2, decoupledWeightDecay: true }),
  Rprop: (p) => new Rprop(p),
  'Rprop etas': (p) => new Rprop(p, { lr: 0.005, etas: [0.3, 1.5], stepSizes: [1e-3, 0.1], maximize: true }),
  ASGD: (p) => new ASGD(p, { lr: 0.1, t0: 5 }),
  'ASGD decay': (p) => new ASGD(p, { lr: 0.2, lambd: 0.01, alpha: 0.5, t0: 0, weightDecay: 0.05, maximize: true }),
  Adafactor: (p) => new Adafactor(p, { lr: 0.05 }),
  'Adafactor decay': (p) => new Adafactor(p, { lr: 0.1, beta2Decay: -0.5, eps: [1e-4, 1e-2], d: 2, weightDecay: 0.1 }),
  Lion: (p) => new Lion(p, { lr: 0.003, weightDecay: 0.1 }),
  'Lion maximize': (p) => new Lion(p, { lr: 0.002, betas: [0.8, 0.95], maximize: true }),
  Muon: (p) => new Muon(matrices(p), { lr: 0.02 }),
  'Muon plain': (p) => new Muon(matrices(p), { lr: 0.01, nesterov: false, momentum: 0.8, adjustLrFn: 'match_rms_adamw' }),
  LBFGS: (p) => new LBFGS(p, { lr: 0.3, maxIter: 2 }),
  'LBFGS strong Wolfe': (p) => new LBFGS(p, { maxIter: 3, historySize: 4, lineSearchFn: 'strong_wolfe' }),
};

/**
 * How close the losses and parameters must come to PyTorch's in float64. Optimizers that divide by roots of tiny squares, or look
 * at signs, multiply the rounding of the first gradients; Muon computes in bfloat16; a line search makes another step of it.
 */
function tolerances(name: string): [Precision, number][] {
  if (name.startsWith('LBFGS')) return [['float64', 1e-8]];
  if (name.startsWith('Muon'))
    return [
      ['float64', 0.03],
      ['float32', 0.03],
    ];
  if (name.startsWith('Adafactor'))
    return [
      ['float64', 1e-9],
      ['float32', 0.01],
    ];
  if (name.startsWith('Rprop'))
    return [
      ['float64', 1e-9],
      ['float32', 2e-5],
    ];
  return [
    ['float64', 1e-9],
    ['float32', 2e-5],
    ['bfloat16', name.startsWith('RMSprop') ? 0.2 : 0.1],
  ];
}

const stepOf = (optimizer: Optimizer) => (optimizer instanceof LBFGS ? closureStep : trainStep);

test('every stored trajectory has a case', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(fixture.cases).sort());
});

describe.each(Object.keys(fixture.cases))('%s', (name) => {
  const { losses, final, halfway } = fixture.cases[name];
  const [precision, closest] = tolerances(name)[0];

  test.each(tolerances(name))('follows PyTorch for 20 steps in %s', (dtype, tolerance) => {
    const parameters = initialParameters(dtype);
    const optimizer = cases[name](parameters);
    const actual = losses.map(() => stepOf(optimizer)(parameters, optimizer));
    expectClose(actual, losses, tolerance, 'loss');
    parameters.forEach((p, i) => {
      expect(p.dtype).toBe(dtype);
      expectClose(flat(p), final[i], tolerance, `parameter ${i}, element`);
    });
  });

  test('goes on from a saved state, bit for bit', () => {
    const parameters = initialParameters(precision);
    const optimizer = cases[name](parameters);
    const step = stepOf(optimizer);
    for (let i = 0; i < 10; i++) step(parameters, optimizer);
    const copies = parameters.map((p) => p.detach().clone().requiresGrad_());
    const resumed = cases[name](copies);
    resumed.loadStateDict(optimizer.stateDict());
    for (let i = 10; i < 20; i++) {
      step(parameters, optimizer);
      step(copies, resumed);
    }
    expect(copies.map(flat)).toEqual(parameters.map(flat));
  });

  if (halfway !== undefined)
    test("goes on from PyTorch's state dict and saves one with its keys", () => {
      const parameters = parametersFrom(halfway.parameters, precision);
      const optimizer = cases[name](parameters);
      optimizer.loadStateDict(withTensors(halfway.state, precision) as OptimizerStateDict);
      const saved = optimizer.stateDict();
      for (const [number, entries] of Object.entries(halfway.state.state))
        expect(stateKeys(saved.state[Number(number)])).toEqual(stateKeys(entries as object));
      for (const [i, group] of halfway.state.param_groups.entries())
        expect(Object.keys(saved.param_groups[i])).toEqual(expect.arrayContaining(Object.keys(group)));
      const actual = losses.slice(10).map(() => stepOf(optimizer)(parameters, optimizer));
      expectClose(actual, losses.slice(10), closest, 'loss');
      parameters.forEach((p, i) => {
        expectClose(flat(p), final[i], closest, `parameter ${i}, element`);
      });
    });
});

/** The keys of a parameter's state; `al` is working memory of PyTorch's LBFGS. */
const stateKeys = (state: object): string[] =>
  Object.keys(state)
    .filter((key) => key !== 'al')
    .sort();

/** A stored state dict: `{ shape, data }` stands for a tensor. */
function withTensors(value: unknown, dtype: Precision): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => withTensors(entry, dtype));
  const { shape, data } = value as { shape?: number[]; data?: number[] };
  if (shape !== undefined && data !== undefined) return tensor(data, { dtype }).reshape(shape);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withTensors(entry, dtype)]));
}
