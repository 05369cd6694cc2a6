import { readFileSync } from 'node:fs';
import { crossEntropy, linear, scope, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { Adam, AdamW, type Optimizer, type OptimizerStateDict, SGD } from './index.js';

const fixture = JSON.parse(readFileSync(new URL('../test/fixtures/trajectories.json', import.meta.url), 'utf8')) as {
  initial: number[][];
  x: number[];
  y: number[];
  cases: Record<string, { losses: number[]; final: number[][] }>;
};
const SHAPES = [[8, 4], [8], [3, 8], [3]];
const x = tensor(fixture.x).reshape([16, 4]);

const initialParameters = (dtype: 'float32' | 'float64' | 'bfloat16' = 'float32'): Tensor[] =>
  fixture.initial.map((values, i) => tensor(values, { dtype }).reshape(SHAPES[i]).detach().clone().requiresGrad_());

const lossOf = ([w1, b1, w2, b2]: Tensor[]): Tensor =>
  crossEntropy(linear(linear(x.to(w1.dtype), w1, b1).tanh(), w2, b2), fixture.y);

const groups = (p: Tensor[]) => [{ params: p.slice(0, 2) }, { params: p.slice(2), lr: 0.01, weightDecay: 0.1 }];
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
};

function trainStep(parameters: Tensor[], optimizer: Optimizer): number {
  optimizer.zeroGrad();
  const loss = lossOf(parameters);
  loss.backward();
  optimizer.step();
  return loss.item();
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]), `${what} ${i}: ${value}, expected ${expected[i]}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(expected[i])),
    );
  });
}
const flat = (t: Tensor): number[] => t.detach().double().reshape([-1]).toArray() as number[];

test('every stored trajectory has a case', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(fixture.cases).sort());
});

describe.each(Object.keys(fixture.cases))('%s', (name) => {
  const { losses, final } = fixture.cases[name];

  // Adam divides by roots of tiny squares, which multiplies the rounding of the first gradients
  test.each([
    ['float32', 2e-5],
    ['float64', 2e-5],
    ['bfloat16', 0.1],
  ] as const)('follows PyTorch for 20 steps in %s', (dtype, tolerance) => {
    const parameters = initialParameters(dtype);
    const optimizer = cases[name](parameters);
    const actual = losses.map(() => trainStep(parameters, optimizer));
    expectClose(actual, losses, tolerance, 'loss');
    parameters.forEach((p, i) => {
      expect(p.dtype).toBe(dtype);
      expectClose(flat(p), final[i], tolerance, `parameter ${i}, element`);
    });
  });

  test('goes on from a saved state, bit for bit', () => {
    const parameters = initialParameters();
    const optimizer = cases[name](parameters);
    for (let step = 0; step < 10; step++) trainStep(parameters, optimizer);
    const copies = parameters.map((p) => p.detach().clone().requiresGrad_());
    const resumed = cases[name](copies);
    resumed.loadStateDict(optimizer.stateDict());
    for (let step = 10; step < 20; step++) {
      trainStep(parameters, optimizer);
      trainStep(copies, resumed);
    }
    expect(copies.map(flat)).toEqual(parameters.map(flat));
  });
});

describe('what an optimizer does with its parameters', () => {
  const trained = () => {
    const parameters = initialParameters();
    const optimizer = new AdamW(parameters, { lr: 0.01 });
    trainStep(parameters, optimizer);
    return { parameters, optimizer };
  };

  test('those without a gradient stay as they are and get no state', () => {
    const [a, b] = [tensor([1, 2], { requiresGrad: true }), tensor([3], { requiresGrad: true })];
    const optimizer = new AdamW([a, b], { lr: 0.1 });
    a.sum().backward();
    optimizer.step();
    expect(flat(b)).toEqual([3]);
    expect(flat(a)).not.toEqual([1, 2]);
    expect([...optimizer.state.keys()]).toEqual([a]);
  });

  test.each([SGD, Adam, AdamW])('a step of %o counts as an in-place change', (Type) => {
    const p = tensor([1, 2], { requiresGrad: true });
    const optimizer = new Type([p], { lr: 0.1 });
    const y = p.square().sum();
    p.grad = tensor([1, 1]);
    optimizer.step();
    expect(() => y.backward()).toThrow('in-place');
  });

  test('gradients and parameters may be strided', () => {
    const strided = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
      .t()
      .detach()
      .requiresGrad_();
    const dense = strided.detach().clone().requiresGrad_();
    for (const p of [strided, dense]) {
      p.grad = tensor([
        [1, -1, 0.5],
        [2, 3, -4],
      ]).t();
      const optimizer = new SGD([p], { lr: 0.1, momentum: 0.9 });
      optimizer.step();
      optimizer.step();
    }
    expect(strided.isContiguous()).toBe(false);
    expect(flat(strided)).toEqual(flat(dense));
  });

  test('state and gradients outlive the scope of a step', () => {
    const parameters = initialParameters();
    const optimizer = new Adam(parameters, { lr: 0.01 });
    const scoped = Array.from({ length: 3 }, () => scope(() => trainStep(parameters, optimizer)));
    const plain = initialParameters();
    const other = new Adam(plain, { lr: 0.01 });
    expect(scoped).toEqual(Array.from({ length: 3 }, () => trainStep(plain, other)));
    for (const { expAvg } of optimizer.state.values()) {
      expect((expAvg as Tensor).storage.persistent).toBe(true);
      expect((expAvg as Tensor).storage.isSlab).toBe(false);
    }
  });

  test('a list too long for one call is split', () => {
    const parameters = Array.from({ length: 5000 }, (_, i) => tensor([i], { requiresGrad: true }));
    for (const p of parameters) p.grad = tensor([1]);
    new SGD(parameters, { lr: 1 }).step();
    expect(parameters.map((p) => p.item())).toEqual(parameters.map((_, i) => i - 1));
    const adam = new Adam(parameters, { lr: 1 });
    adam.step();
    expect(parameters[4999].item()).toBeCloseTo(4997, 3);
    expect(parameters[0].item()).toBeCloseTo(-2, 3);
  });

  test('float32 and float64 parameters live in one group', () => {
    const parameters = (['float32', 'float64'] as const).map((dtype) => tensor([1, 2], { dtype, requiresGrad: true }));
    for (const p of parameters) p.grad = tensor([1, -1], { dtype: p.dtype });
    new Adam(parameters, { lr: 0.5 }).step();
    for (const p of parameters) expectClose(flat(p), [0.5, 2.5], 1e-6, 'element');
  });

  test('zeroGrad drops gradients or fills them with zeros', () => {
    const { parameters, optimizer } = trained();
    optimizer.zeroGrad({ setToNone: false });
    expect(flat(parameters[1].grad as Tensor)).toEqual(Array(8).fill(0));
    optimizer.zeroGrad();
    expect(parameters[1].grad).toBe(null);
  });

  test('step returns what the closure returns, computed with recording on', () => {
    const p = tensor([2], { requiresGrad: true });
    const loss = new SGD([p], { lr: 0.1 }).step(() => {
      const value = p.square().sum();
      value.backward();
      return value;
    });
    expect(loss.item()).toBe(4);
    expect(p.item()).toBeCloseTo(1.6, 6);
  });

  test('groups can be added and their settings changed between steps', () => {
    const [a, b] = [tensor([0], { requiresGrad: true }), tensor([0], { requiresGrad: true })];
    const optimizer = new SGD([a], { lr: 1 });
    optimizer.addParamGroup({ params: [b], lr: 2 });
    a.grad = b.grad = tensor([1]);
    optimizer.step();
    optimizer.paramGroups[1].lr = 10;
    optimizer.step();
    expect([a.item(), b.item()]).toEqual([-2, -12]);
  });
});

describe('state dicts', () => {
  test("have PyTorch's structure and names", () => {
    const parameters = initialParameters();
    const optimizer = new AdamW(groups(parameters), { lr: 0.01, amsgrad: true });
    trainStep(parameters, optimizer);
    trainStep(parameters, optimizer);
    const { state, param_groups } = optimizer.stateDict();
    expect(Object.keys(state)).toEqual(['0', '1', '2', '3']);
    expect(Object.keys(state[0]).sort()).toEqual(['exp_avg', 'exp_avg_sq', 'max_exp_avg_sq', 'step']);
    expect((state[2].step as Tensor).item()).toBe(2);
    expect((state[2].step as Tensor).dtype).toBe('float32');
    expect((state[2].exp_avg as Tensor).shape).toEqual([3, 8]);
    expect(param_groups.map(({ params, lr, weight_decay }) => ({ params, lr, weight_decay }))).toEqual([
      { params: [0, 1], lr: 0.01, weight_decay: 0.01 },
      { params: [2, 3], lr: 0.01, weight_decay: 0.1 },
    ]);
    expect(param_groups[0]).toMatchObject({ betas: [0.9, 0.999], amsgrad: true, maximize: false, decoupled_weight_decay: true });
  });

  test('that do not fit change nothing', () => {
    const parameters = initialParameters();
    const optimizer = new Adam(parameters);
    trainStep(parameters, optimizer);
    const saved = optimizer.stateDict();
    const other = new Adam([zeros([8, 5], { requiresGrad: true }), ...parameters.slice(1)]);
    expect(() => other.loadStateDict(saved)).toThrow('exp_avg of parameter 0 has shape (8, 4), the parameter (8, 5)');
    expect(other.state.size).toBe(0);
    expect(() => new Adam(parameters.slice(1)).loadStateDict(saved)).toThrow('saved with 4 parameters and has 3');
    expect(() => new Adam(groups(parameters)).loadStateDict(saved)).toThrow('1 parameter groups were saved, the optimizer has 2');
  });

  test('load into memory of their own, in the dtype of the parameters', () => {
    const parameters = initialParameters();
    const optimizer = new SGD(parameters, { lr: 0.1, momentum: 0.9 });
    trainStep(parameters, optimizer);
    const other = new SGD(initialParameters('float64'), { lr: 0.1, momentum: 0.9 });
    const saved: OptimizerStateDict = optimizer.stateDict();
    other.loadStateDict(saved);
    const loaded = other.stateDict().state[0].momentum_buffer as Tensor;
    expect(loaded.dtype).toBe('float64');
    expect(flat(loaded)).toEqual(flat(saved.state[0].momentum_buffer as Tensor));
    trainStep(parameters, optimizer);
    expect(flat(loaded)).not.toEqual(flat(saved.state[0].momentum_buffer as Tensor));
  });
});

test('bad parameters and settings are refused', () => {
  const p = tensor([1], { requiresGrad: true });
  expect(() => new SGD([])).toThrow('the list of parameters is empty');
  expect(() => new SGD(p as never)).toThrow('must be a list');
  expect(() => new SGD([p.mul(2)])).toThrow('parameter 0 is the result of an operation');
  expect(() => new SGD([p, p])).toThrow('parameter 1 appears twice');
  expect(() => new SGD([tensor([1n])])).toThrow('dtype int64');
  expect(() => new SGD([p], { lr: -1 })).toThrow('lr must be a number of at least 0, got -1');
  expect(() => new SGD([p], { lr: Number.NaN })).toThrow('lr');
  expect(() => new SGD([p], { nesterov: true })).toThrow('nesterov needs a momentum');
  expect(() => new Adam([p], { betas: [0.9, 1] })).toThrow('betas[1] must be in [0, 1), got 1');
  expect(() => new AdamW([{ params: [p], weightDecay: -1 }])).toThrow('AdamW: weightDecay');
  const optimizer = new SGD([p]);
  expect(() => optimizer.addParamGroup({ params: [p] })).toThrow('appears twice');
});

test('an optimizer prints its settings', () => {
  const p = tensor([1], { requiresGrad: true });
  expect(String(new SGD([p], { lr: 0.5 }))).toBe(
    'SGD (\n  group 0: 1 parameters\n    lr: 0.5\n    momentum: 0\n    dampening: 0\n    weightDecay: 0\n    nesterov: false\n    maximize: false\n)',
  );
});
