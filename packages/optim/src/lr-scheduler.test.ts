import { readFileSync } from 'node:fs';
import { zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import {
  Adam,
  CosineAnnealingLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  type LRScheduler,
  MultiStepLR,
  OneCycleLR,
  type Optimizer,
  ReduceLROnPlateau,
  SequentialLR,
  SGD,
  StepLR,
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

test('bad settings are refused', () => {
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
