import { isTensor, memory, scope, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { closureStep, expectClose, flat, initialParameters, trainStep } from '../test/network.js';
import {
  Adam,
  AdamW,
  Adadelta,
  Adafactor,
  Adagrad,
  Adamax,
  ASGD,
  LBFGS,
  Lion,
  Muon,
  NAdam,
  type Optimizer,
  type OptimizerStateDict,
  RAdam,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  RMSprop,
  Rprop,
  SGD,
} from './index.js';

const groups = (p: Tensor[]) => [{ params: p.slice(0, 2) }, { params: p.slice(2), lr: 0.01, weightDecay: 0.1 }];

describe('the memory of gradients', () => {
  const loop = (optimizer: Optimizer, p: Tensor): void => {
    optimizer.zeroGrad();
    p.mul(2).sum().backward();
    optimizer.step();
  };

  test('is used again in each step of Adam and SGD', () => {
    for (const make of [(p: Tensor) => new Adam([p]), (p: Tensor) => new SGD([p], { momentum: 0.9 })]) {
      const p = zeros([1000], { requiresGrad: true });
      const optimizer = make(p) as unknown as Optimizer;
      for (let i = 0; i < 3; i++) loop(optimizer, p);
      const before = memory().cachedBytes;
      optimizer.zeroGrad();
      expect(memory().cachedBytes - before).toBeGreaterThanOrEqual(4000);
      expect(p.grad).toBeNull();
    }
  });

  test('stays with an update of one’s own, which may keep them', () => {
    const kept: Tensor[] = [];
    class Keeping extends SGD {
      protected override update(...args: Parameters<SGD['update']>): void {
        kept.push(...args[2]);
        super.update(...args);
      }
    }
    const p = zeros([1000], { requiresGrad: true });
    const optimizer = new Keeping([p]) as unknown as Optimizer;
    for (let i = 0; i < 2; i++) loop(optimizer, p);
    optimizer.zeroGrad();
    expect(kept.map((g) => g.sum().item())).toEqual([2000, 2000]);
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
    expect([...optimizer.state.keys()].map((p) => p === a)).toEqual([true]);
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

/** Every optimizer, for what all of them must do. `step` as their kind wants it. */
const all: Record<string, (p: Tensor[]) => Optimizer> = {
  Adadelta: (p) => new Adadelta(p),
  Adafactor: (p) => new Adafactor(p),
  Adagrad: (p) => new Adagrad(p),
  Adam: (p) => new Adam(p),
  Adamax: (p) => new Adamax(p),
  ASGD: (p) => new ASGD(p),
  LBFGS: (p) => new LBFGS(p, { maxIter: 2 }),
  Lion: (p) => new Lion(p),
  Muon: (p) => new Muon(p.filter((t) => t.ndim === 2)),
  NAdam: (p) => new NAdam(p),
  RAdam: (p) => new RAdam(p),
  RMSprop: (p) => new RMSprop(p, { momentum: 0.9, centered: true }),
  Rprop: (p) => new Rprop(p),
  SGD: (p) => new SGD(p, { momentum: 0.9 }),
};
const stepOf = (optimizer: Optimizer) => (optimizer instanceof LBFGS ? closureStep : trainStep);

describe.each(Object.keys(all))('%s', (name) => {
  test('keeps its state in memory that outlives the scope of a step', () => {
    const parameters = initialParameters();
    const optimizer = all[name](parameters);
    const scoped = Array.from({ length: 3 }, () => scope(() => stepOf(optimizer)(parameters, optimizer)));
    const plain = initialParameters();
    const other = all[name](plain);
    expect(scoped).toEqual(Array.from({ length: 3 }, () => stepOf(other)(plain, other)));
    for (const state of optimizer.state.values())
      for (const value of Object.values(state).flat()) if (isTensor(value)) expect(value.storage.persistent).toBe(true);
  });

  test('changes parameters in place, as autograd sees', () => {
    const p = tensor([[1, 2]], { requiresGrad: true });
    const optimizer = all[name]([p]);
    const y = p.square().sum();
    p.grad = tensor([[1, 1]]);
    optimizer.step(() => tensor(0));
    expect(() => y.backward()).toThrow('in-place');
  });

  test('updates strided parameters by strided gradients', () => {
    const strided = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ])
      .t()
      .detach()
      .requiresGrad_();
    const dense = strided.detach().clone().requiresGrad_();
    for (const p of [strided, dense]) {
      const optimizer = all[name]([p]);
      for (let i = 0; i < 2; i++) {
        p.grad = tensor([
          [1, -1, 0.5],
          [2, 3, -4],
        ]).t();
        optimizer.step(() => tensor(0));
      }
    }
    expect(strided.isContiguous()).toBe(false);
    expectClose(flat(strided), flat(dense), 1e-6, 'element');
    expect(flat(dense)).not.toEqual([1, 4, 2, 5, 3, 6]);
  });

  test('prints its settings', () => {
    expect(String(all[name](initialParameters()))).toMatch(new RegExp(`^${name} \\(\n  group 0: \\d parameters\n    lr: `));
  });
});

describe('hooks', () => {
  const single = () => {
    const p = tensor([1], { requiresGrad: true });
    return { p, optimizer: new SGD([p], { lr: 1 }) };
  };

  test('run around a step, global ones outside, until they are removed', () => {
    const { p, optimizer } = single();
    const calls: string[] = [];
    const note = (what: string) => () => {
      calls.push(`${what} ${p.item()}`);
    };
    const remove = [
      optimizer.registerStepPreHook(note('before')),
      optimizer.registerStepPostHook(note('after')),
      registerOptimizerStepPreHook(note('global before')),
      registerOptimizerStepPostHook(note('global after')),
    ];
    p.grad = tensor([1]);
    optimizer.step();
    expect(calls).toEqual(['global before 1', 'before 1', 'after 0', 'global after 0']);
    for (const each of remove) each();
    optimizer.step();
    expect(calls.length).toBe(4);
  });

  test('before a step may give it another closure', () => {
    const { optimizer } = single();
    optimizer.registerStepPreHook((_, closure) => () => `${String(closure?.())}, changed`);
    expect(optimizer.step(() => 'loss')).toBe('loss, changed');
  });

  test('see and replace state dicts', () => {
    const { p, optimizer } = single();
    const calls: string[] = [];
    optimizer.registerStateDictPreHook(() => void calls.push('before'));
    optimizer.registerStateDictPostHook((_, saved) => ({ ...saved, note: 'second' }) as OptimizerStateDict);
    optimizer.registerStateDictPostHook((_, saved) => void Object.assign(saved, { first: true }), { prepend: true });
    const saved = optimizer.stateDict();
    expect(saved).toMatchObject({ note: 'second', first: true });
    const other = new SGD([p]);
    other.registerLoadStateDictPreHook((_, { state, param_groups: [group] }) => ({
      state,
      param_groups: [{ ...group, lr: 7 }],
    }));
    other.registerLoadStateDictPostHook((loaded) => void calls.push(`loaded ${loaded.paramGroups[0].lr}`));
    other.loadStateDict(saved);
    expect(calls).toEqual(['before', 'loaded 7']);
  });
});

describe('parameters with names', () => {
  test('are optimized, and their names saved', () => {
    const [a, b] = [tensor([1], { requiresGrad: true }), tensor([2], { requiresGrad: true })];
    const optimizer = new SGD(
      [
        ['a', a],
        ['b', b],
      ],
      { lr: 1 },
    );
    a.grad = b.grad = tensor([1]);
    optimizer.step();
    expect([a.item(), b.item()]).toEqual([0, 1]);
    expect(optimizer.paramGroups[0].paramNames).toEqual(['a', 'b']);
    expect(optimizer.stateDict().param_groups[0]).toMatchObject({ params: [0, 1], param_names: ['a', 'b'] });
    const grouped = new SGD([{ params: [['a', a]], lr: 2 }, { params: [['b', b]] }] as const);
    expect(grouped.paramGroups.map(({ lr, paramNames }) => [lr, paramNames])).toEqual([
      [2, ['a']],
      [1e-3, ['b']],
    ]);
  });

  test('must all have one', () => {
    const p = () => tensor([1], { requiresGrad: true });
    expect(() => new SGD([['a', p()], p()] as never)).toThrow('1 of 2 parameters have names');
  });
});

test('LBFGS minimizes the Rosenbrock function, and wants a closure and one group', () => {
  const p = tensor([-1.5, 2], { dtype: 'float64', requiresGrad: true });
  const optimizer = new LBFGS([p], { lineSearchFn: 'strong_wolfe', maxIter: 100, toleranceChange: 1e-15 });
  const start = optimizer.step(() => {
    optimizer.zeroGrad();
    const [x, y] = [p.select(0, 0), p.select(0, 1)];
    const loss = x.sub(1).square().add(y.sub(x.square()).square().mul(100));
    loss.backward();
    return loss;
  });
  expect(start.item()).toBeCloseTo(12.5, 10);
  expectClose(flat(p), [1, 1], 1e-6, 'coordinate');
  expect(() => optimizer.step()).toThrow('needs a closure');
  expect(() => optimizer.addParamGroup({ params: [tensor([1], { requiresGrad: true })] })).toThrow('one group');
});

test('bad settings of each optimizer are refused', () => {
  const p = [tensor([[1]], { requiresGrad: true })];
  expect(() => new Adadelta(p, { rho: 1.5 })).toThrow('Adadelta: rho must be in [0, 1], got 1.5');
  expect(() => new Adafactor(p, { beta2Decay: 0.1 })).toThrow('beta2Decay must be at most 0, got 0.1');
  expect(() => new Adafactor(p, { d: 0.5 })).toThrow('Adafactor: d must be a number of at least 1, got 0.5');
  expect(() => new Adagrad(p, { lrDecay: -1 })).toThrow('Adagrad: lrDecay');
  expect(() => new Adamax(p, { betas: [1, 0.9] })).toThrow('Adamax: betas[0] must be in [0, 1), got 1');
  expect(() => new ASGD(p, { weightDecay: -1 })).toThrow('ASGD: weightDecay');
  expect(() => new LBFGS(p, { lineSearchFn: 'armijo' as never })).toThrow("must be 'strong_wolfe' or null, got armijo");
  expect(() => new Lion(p, { betas: [0.9, 1] })).toThrow('Lion: betas[1]');
  expect(() => new Muon([tensor([1], { requiresGrad: true })])).toThrow('parameter 0 has shape (1), expected a matrix');
  expect(() => new Muon(p, { nsSteps: 100 })).toThrow('Muon: nsSteps must be in [0, 100), got 100');
  expect(() => new NAdam(p, { momentumDecay: -1 })).toThrow('NAdam: momentumDecay');
  expect(() => new RAdam(p, { eps: -1 })).toThrow('RAdam: eps');
  expect(() => new RMSprop(p, { alpha: -1 })).toThrow('RMSprop: alpha');
  expect(() => new Rprop(p, { etas: [1.1, 1.2] })).toThrow('etas must be one factor in (0, 1) and one above 1');
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
