import { readFileSync } from 'node:fs';
import { zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import {
  Adam,
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  Lion,
  type LRScheduler,
  MultiplicativeLR,
  MultiStepLR,
  OneCycleLR,
  type Optimizer,
  PolynomialLR,
  ReduceLROnPlateau,
  Rprop,
  SequentialLR,
  SGD,
  StepLR,
  SWALR,
} from './index.js';

const { curves } = JSON.parse(readFileSync(new URL('../test/fixtures/schedulers.json', import.meta.url), 'utf8')) as {
  curves: Record<string, number[][]>;
};

const parameter = () => zeros([1], { requiresGrad: true });
const sgd = () => new SGD([{ params: [parameter()] }, { params: [parameter()], lr: 0.5 }], { lr: 0.1, momentum: 0.9 });
const adam = () => new Adam([parameter()], { lr: 1e-3 });
const metric = (step: number) => 1 / (1 + Math.min(step, 20)) + 0.001 * Math.sin(step);

type Steps = { step(metric: number): void; stateDict(): object; loadStateDict(state: never): void };
interface Case {
  readonly optimizer: () => Optimizer;
  readonly make: (optimizer: Optimizer) => LRScheduler | ReduceLROnPlateau;
  readonly metric?: (step: number) => number;
}
const on = (make: Case['make'], optimizer: () => Optimizer = sgd, metric?: Case['metric']): Case => ({ optimizer, make, metric });

const cases: Record<string, Case> = {
  StepLR: on((o) => new StepLR(o, { stepSize: 7, gamma: 0.5 })),
  MultiStepLR: on((o) => new MultiStepLR(o, { milestones: [5, 20, 20, 60], gamma: 0.3 })),
  ExponentialLR: on((o) => new ExponentialLR(o, { gamma: 0.97 })),
  LinearLR: on((o) => new LinearLR(o)),
  'LinearLR down': on((o) => new LinearLR(o, { startFactor: 1, endFactor: 0, totalIters: 60 })),
  CosineAnnealingLR: on((o) => new CosineAnnealingLR(o, { tMax: 30, etaMin: 0.01 })),
  LambdaLR: on((o) => new LambdaLR(o, { lrLambda: [(e) => 0.95 ** e, (e) => 1 / (1 + e)] })),
  OneCycleLR: on((o) => new OneCycleLR(o, { maxLr: [0.4, 0.8], totalSteps: 101 })),
  'OneCycleLR three phases': on(
    (o) =>
      new OneCycleLR(o, {
        maxLr: 0.4,
        epochs: 10,
        stepsPerEpoch: 11,
        threePhase: true,
        annealStrategy: 'linear',
        pctStart: 0.25,
      }),
  ),
  'OneCycleLR Adam': on((o) => new OneCycleLR(o, { maxLr: 0.01, totalSteps: 100 }), adam),
  SequentialLR: on((o) => {
    const schedulers = [
      new LinearLR(o, { startFactor: 0.1, totalIters: 10 }),
      new CosineAnnealingLR(o, { tMax: 50 }),
      new ExponentialLR(o, { gamma: 0.9 }),
    ];
    return new SequentialLR(o, { schedulers, milestones: [10, 70] });
  }),
  MultiplicativeLR: on((o) => new MultiplicativeLR(o, { lrLambda: [() => 0.95, (e) => 1 - 1 / (e + 2)] })),
  ConstantLR: on((o) => new ConstantLR(o, { factor: 0.3, totalIters: 25 })),
  PolynomialLR: on((o) => new PolynomialLR(o, { totalIters: 60, power: 1.5 })),
  CosineAnnealingWarmRestarts: on((o) => new CosineAnnealingWarmRestarts(o, { t0: 15, etaMin: 0.01 })),
  'CosineAnnealingWarmRestarts longer': on((o) => new CosineAnnealingWarmRestarts(o, { t0: 10, tMult: 2 })),
  CyclicLR: on((o) => new CyclicLR(o, { baseLr: 0.01, maxLr: [0.1, 0.3], stepSizeUp: 15 })),
  'CyclicLR triangular2': on(
    (o) => new CyclicLR(o, { baseLr: [0.01, 0.02], maxLr: 0.1, stepSizeUp: 10, stepSizeDown: 20, mode: 'triangular2' }),
  ),
  'CyclicLR exp_range': on(
    (o) => new CyclicLR(o, { baseLr: 1e-4, maxLr: 1e-2, stepSizeUp: 12, mode: 'exp_range', gamma: 0.97 }),
    adam,
  ),
  'CyclicLR scaleFn': on(
    (o) => new CyclicLR(o, { baseLr: 0.01, maxLr: 0.1, stepSizeUp: 8, scaleFn: (x) => 0.8 ** x, cycleMomentum: false }),
  ),
  ChainedScheduler: on(
    (o) =>
      new ChainedScheduler([
        new ConstantLR(o, { factor: 0.1, totalIters: 20 }),
        new ExponentialLR(o, { gamma: 0.95 }),
        new StepLR(o, { stepSize: 30 }),
      ]),
  ),
  SWALR: on((o) => new SWALR(o, { swaLr: [0.05, 0.01], annealEpochs: 40 })),
  'SWALR linear': on((o) => new SWALR(o, { swaLr: 0.02, annealStrategy: 'linear' })),
  'warm-up and restarts': on((o) => {
    const schedulers = [
      new LinearLR(o, { startFactor: 0.01, totalIters: 5 }),
      new CosineAnnealingWarmRestarts(o, { t0: 20 }),
      new PolynomialLR(o, { totalIters: 20 }),
    ];
    return new SequentialLR(o, { schedulers, milestones: [5, 70] });
  }),
  'warm-up nested': on((o) => {
    const first = new ChainedScheduler([
      new LinearLR(o, { startFactor: 0.1, totalIters: 8 }),
      new ExponentialLR(o, { gamma: 0.98 }),
    ]);
    const schedulers = [first, new MultiStepLR(o, { milestones: [10, 30], gamma: 0.2 })];
    return new SequentialLR(o, { schedulers, milestones: [40] });
  }),
  ReduceLROnPlateau: on((o) => new ReduceLROnPlateau(o, { patience: 3, factor: 0.5, cooldown: 2, minLr: 1e-3 }), sgd, metric),
  'ReduceLROnPlateau max': on(
    (o) => new ReduceLROnPlateau(o, { mode: 'max', patience: 5, threshold: 0.01, thresholdMode: 'abs', minLr: [1e-2, 1e-4] }),
    sgd,
    (step) => -metric(step),
  ),
};

/** Learning rates and momentum of all groups, as the fixtures have them. */
function line({ paramGroups }: Optimizer): number[] {
  const groups = paramGroups as (Optimizer['paramGroups'][number] & { momentum?: number; betas?: number[] })[];
  return [...groups.map((group) => group.lr), ...groups.map((group) => group.momentum ?? group.betas?.[0] ?? 0)];
}

test('every stored curve has a case', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(curves).sort());
});

describe.each(Object.keys(curves))('%s', (name) => {
  const { optimizer: makeOptimizer, make, metric } = cases[name];
  const expected = curves[name];
  const compare = (optimizer: Optimizer, step: number) =>
    line(optimizer).forEach((value, i) => {
      // the same formulas in the same order; the mathematical functions may differ in the last bit
      expect(Math.abs(value - expected[step][i]), `step ${step}: ${value}, PyTorch ${expected[step][i]}`).toBeLessThanOrEqual(
        1e-12 * Math.abs(expected[step][i]) + 1e-17,
      );
    });

  test("follows PyTorch's curve for 100 steps", () => {
    const optimizer = makeOptimizer();
    const scheduler = make(optimizer) as Steps;
    for (let step = 0; step < expected.length; step++) {
      compare(optimizer, step);
      scheduler.step(metric?.(step) as number);
    }
  });

  test('goes on from a saved state', () => {
    const optimizer = makeOptimizer();
    const scheduler = make(optimizer) as Steps;
    for (let step = 0; step < 37; step++) scheduler.step(metric?.(step) as number);
    const saved = JSON.parse(JSON.stringify([optimizer.stateDict(), scheduler.stateDict()]));
    const resumedOptimizer = makeOptimizer();
    const resumed = make(resumedOptimizer) as Steps;
    resumed.loadStateDict(saved[1] as never);
    resumedOptimizer.loadStateDict(saved[0]);
    for (let step = 37; step < expected.length; step++) {
      compare(resumedOptimizer, step);
      resumed.step(metric?.(step) as number);
    }
  });
});

test("state dicts have PyTorch's keys", () => {
  const optimizer = sgd();
  expect(new CosineAnnealingLR(optimizer, { tMax: 10 }).stateDict()).toEqual({
    T_max: 10,
    eta_min: 0,
    base_lrs: [0.1, 0.5],
    last_epoch: 0,
    _step_count: 1,
    _last_lr: [0.1, 0.5],
  });
  expect(optimizer.stateDict().param_groups[0]).toMatchObject({ initial_lr: 0.1 });
});

test("state dicts have PyTorch's special keys", () => {
  expect(new CosineAnnealingWarmRestarts(adam(), { t0: 10, tMult: 2 }).stateDict()).toEqual({
    T_0: 10,
    T_i: 10,
    T_mult: 2,
    T_cur: 0,
    eta_min: 0,
    base_lrs: [1e-3],
    last_epoch: 0,
    _step_count: 0,
    _last_lr: [1e-3],
  });
  expect(new LambdaLR(adam(), { lrLambda: () => 1 }).stateDict()).toMatchObject({ lr_lambdas: [null] });
  expect(new SWALR(adam(), { swaLr: 0.1 }).stateDict()).toMatchObject({ anneal_epochs: 10, _anneal_strategy: 'cos' });
  expect(new CyclicLR(adam(), { baseLr: 0.1, maxLr: 1 }).stateDict()).toMatchObject({ _scale_fn_custom: null, max_lrs: [1] });
});

test('getLr says what a step sets; restarts can be stepped to a part of an epoch', () => {
  const optimizer = adam();
  const exponential = new ExponentialLR(optimizer, { gamma: 0.5 });
  expect(exponential.getLr()).toEqual([5e-4]);
  exponential.step();
  expect(exponential.getLastLr()).toEqual([5e-4]);
  const restarts = new CosineAnnealingWarmRestarts(adam(), { t0: 10, tMult: 2 });
  restarts.step(2.5);
  expect(restarts.getLastLr()[0]).toBeCloseTo((1e-3 * (1 + Math.cos(Math.PI / 4))) / 2, 12);
  restarts.step(20); // the middle of the second period, which goes from 10 to 30
  expect(restarts.getLastLr()[0]).toBeCloseTo(5e-4, 12);
  expect(() => restarts.step(-1)).toThrow('at least 0, got -1');
});

test('bad settings are refused', () => {
  expect(() => new ConstantLR(sgd(), { factor: 2 })).toThrow('factor must be in [0, 1], got 2');
  expect(() => new CosineAnnealingWarmRestarts(sgd(), { t0: 0 })).toThrow('t0 must be a positive integer, got 0');
  expect(() => new CyclicLR(sgd(), { baseLr: 0.1, maxLr: 1, mode: 'square' as never })).toThrow('mode must be one of');
  expect(() => new CyclicLR(sgd(), { baseLr: [0.1], maxLr: 1 })).toThrow('1 baseLr for 2 parameter groups');
  expect(() => new CyclicLR(new Lion([parameter()]), { baseLr: 0.1, maxLr: 1 })).not.toThrow();
  expect(() => new CyclicLR(new Rprop([parameter()]), { baseLr: 0.1, maxLr: 1 })).toThrow('neither momentum nor betas');
  expect(() => new ChainedScheduler([])).toThrow('no schedulers');
  expect(() => new ChainedScheduler([new StepLR(sgd(), { stepSize: 1 }), new StepLR(sgd(), { stepSize: 1 })])).toThrow(
    'same optimizer',
  );
  expect(() => new SWALR(sgd(), { swaLr: 0.1, annealEpochs: 0.5 })).toThrow('annealEpochs');
  expect(() => new LinearLR(sgd(), { startFactor: 0 })).toThrow('startFactor must be in (0, 1], got 0');
  expect(() => new OneCycleLR(sgd(), { maxLr: 1 })).toThrow('totalSteps');
  expect(() => new SequentialLR(sgd(), { schedulers: [], milestones: [] })).toThrow('no schedulers');
  expect(() => new StepLR(sgd(), { stepSize: 3, lastEpoch: 4 })).toThrow('initialLr');
  expect(() => new ReduceLROnPlateau(sgd(), { factor: 1 })).toThrow('factor must be below 1');
  const optimizer = sgd();
  const elsewhere = new StepLR(sgd(), { stepSize: 1 });
  expect(() => new SequentialLR(optimizer, { schedulers: [elsewhere], milestones: [] })).toThrow('same optimizer');
  const short = new OneCycleLR(sgd(), { maxLr: 1, totalSteps: 2 });
  short.step();
  short.step();
  expect(() => short.step()).toThrow('step 3 of a cycle of 2');
});
