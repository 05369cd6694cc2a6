import { ones, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { values } from '../test/stored-case.js';
import {
  Linear,
  Module,
  type ModuleGradients,
  Parameter,
  registerModuleForwardHook,
  registerModuleForwardPreHook,
  registerModuleFullBackwardHook,
  registerModuleFullBackwardPreHook,
  Sequential,
} from './index.js';

/** `factor * a * b`, with a second output. */
class Product extends Module {
  factor = new Parameter(tensor([3]));
  forward(a: Tensor, b: Tensor, label = ''): [Tensor, Tensor, string] {
    const y = a.mul(b).mul(this.factor);
    return [y, y.add(1), label];
  }
}
const wanted = (list: number[]): Tensor => tensor(list, { requiresGrad: true });
const numbers = (grads: ModuleGradients) => grads.map((g) => (g === null ? null : values(g)));

describe('forward hooks', () => {
  test('run in order, prepended ones first, and may be registered twice', () => {
    const module = new Linear(1, 1);
    const calls: string[] = [];
    const second = () => void calls.push('second');
    module.registerForwardHook(() => void calls.push('first'));
    const remove = module.registerForwardHook(second);
    module.registerForwardHook(second);
    module.registerForwardHook(() => void calls.push('zeroth'), { prepend: true });
    module.registerForwardPreHook(() => void calls.push('pre'));
    module(ones([1, 1]));
    expect(calls).toEqual(['pre', 'zeroth', 'first', 'second', 'second']);
    remove();
    module(ones([1, 1]));
    expect(calls.slice(5)).toEqual(['pre', 'zeroth', 'first', 'second']);
  });

  test('are called after an error if they want to be', () => {
    const module = new Linear(1, 1);
    const outputs: unknown[] = [];
    module.registerForwardHook((_m, _args, output) => void outputs.push(['always', output]), { alwaysCall: true });
    module.registerForwardHook((_m, _args, output) => void outputs.push(['else', output]));
    expect(() => module(ones([1, 2]))).toThrow('Linear');
    expect(outputs).toEqual([['always', undefined]]);
  });

  test('of all modules run before those of one', () => {
    const model = new Sequential(new Linear(1, 1));
    const calls: string[] = [];
    const removers = [
      registerModuleForwardPreHook((m) => void calls.push(`pre ${m.constructor.name}`)),
      registerModuleForwardHook((m) => void calls.push(`post ${m.constructor.name}`)),
    ];
    model[0].registerForwardHook(() => void calls.push('own'));
    model(ones([1, 1]));
    expect(calls).toEqual(['pre Sequential', 'pre Linear', 'post Linear', 'own', 'post Sequential']);
    for (const remove of removers) remove();
    model(ones([1, 1]));
    expect(calls.slice(5)).toEqual(['own']);
  });
});

describe('backward hooks', () => {
  test('see the gradients of arguments and outputs, with null for what has none', () => {
    const module = new Product();
    const seen: unknown[] = [];
    module.registerFullBackwardPreHook((_m, gradOutput) => void seen.push(['pre', numbers(gradOutput)]));
    module.registerFullBackwardHook((_m, gradInput, gradOutput) => void seen.push([numbers(gradInput), numbers(gradOutput)]));
    const a = wanted([1, 2]);
    const [y] = module(a, tensor([5, 7]), 'x');
    y.mul(tensor([1, 10]))
      .sum()
      .backward();
    expect(seen).toEqual([
      ['pre', [[1, 10], null, null]],
      [
        [[15, 210], null, null],
        [[1, 10], null, null],
      ],
    ]);
    expect(values(a.grad as Tensor)).toEqual([15, 210]);
    expect(values(module.factor.grad as Tensor)).toEqual([145]);
  });

  test('may change gradients', () => {
    const module = new Product();
    module.registerFullBackwardPreHook((_m, [first, second]) => [(first as Tensor).mul(2), second, null]);
    module.registerFullBackwardHook((_m, [first, second]) => [(first as Tensor).add(0.5), second]);
    const [a, b] = [wanted([1]), wanted([5])];
    module(a, b)[0].sum().backward();
    expect([a, b, module.factor].map((t) => values(t.grad as Tensor))).toEqual([[30.5], [6], [10]]);
  });

  test('run with nulls where no argument needs a gradient', () => {
    const module = new Product();
    const seen: unknown[] = [];
    const remove = module.registerFullBackwardHook((_m, gradInput, gradOutput) => {
      seen.push([gradInput, numbers(gradOutput)]);
    });
    module(tensor([1]), tensor([5]))[1]
      .sum()
      .backward();
    expect(seen).toEqual([
      [
        [null, null],
        [null, [1], null],
      ],
    ]);
    remove();
    module.registerFullBackwardHook(() => [null, null]);
    expect(() =>
      module(tensor([1]), tensor([5]))[0]
        .sum()
        .backward(),
    ).toThrow('none of them needs any');
  });

  test('must return as many gradients as there are', () => {
    const module = new Product();
    module.registerFullBackwardHook(() => [null]);
    expect(() =>
      module(wanted([1]), tensor([5]))[0]
        .sum()
        .backward(),
    ).toThrow('list of 2 gradients');
  });

  test('of all modules are called from the last module to the first', () => {
    const model = new Sequential(new Linear(2, 3), new Linear(3, 1));
    const calls: string[] = [];
    const removers = [
      registerModuleFullBackwardPreHook((m) => void calls.push(`pre ${m.constructor.name}`)),
      registerModuleFullBackwardHook((m, [g]) => void calls.push(`${m.constructor.name} ${g?.shape.join('x')}`)),
    ];
    const x = ones([4, 2], { requiresGrad: true });
    model(x).sum().backward();
    for (const remove of removers) remove();
    expect(calls).toEqual(['pre Sequential', 'pre Linear', 'Linear 4x3', 'pre Linear', 'Linear 4x2', 'Sequential 4x2']);
    const plain = new Sequential(model[0], model[1]);
    const same = ones([4, 2], { requiresGrad: true });
    plain(same).sum().backward();
    expect(values(x.grad as Tensor)).toEqual(values(same.grad as Tensor));
  });
});

describe('hooks around state dicts', () => {
  test('see and change what is saved and loaded', () => {
    const model = new Sequential(new Linear(1, 1), new Linear(1, 1));
    const calls: string[] = [];
    model[1].registerStateDictPreHook((_m, prefix) => void calls.push(`save ${prefix}`));
    model[1].registerStateDictPostHook((_m, state, prefix) => {
      state[`${prefix}gain`] = state[`${prefix}weight`];
      delete state[`${prefix}weight`];
    });
    const state = model.stateDict();
    expect(Object.keys(state)).toEqual(['0.weight', '0.bias', '1.bias', '1.gain']);
    expect(() => model.loadStateDict(state)).toThrow('missing: 1.weight');
    model[1].registerLoadStateDictPreHook((_m, given, prefix) => {
      given[`${prefix}weight`] = given[`${prefix}gain`];
      delete given[`${prefix}gain`];
    });
    model.registerLoadStateDictPostHook((_m, { missingKeys }) => void calls.push(`loaded, ${missingKeys.length} missing`));
    model.loadStateDict(state);
    expect(Object.keys(state)).toContain('1.gain'); // the hook worked on a copy
    expect(calls).toEqual(['save 1.', 'loaded, 0 missing']);
  });

  test('extra state is saved and given back', () => {
    class Counter extends Module {
      steps = 0;
      override getExtraState(): Tensor {
        return tensor([this.steps]);
      }
      override setExtraState(state: Tensor): void {
        this.steps = state.item() as number;
      }
      forward(x: Tensor): Tensor {
        return x;
      }
    }
    const [one, other] = [new Sequential(new Counter()), new Sequential(new Counter())];
    (one[0] as Counter).steps = 7;
    expect(Object.keys(one.stateDict())).toEqual(['0._extra_state']);
    other.loadStateDict(one.stateDict());
    expect((other[0] as Counter).steps).toBe(7);
    expect(() => other.loadStateDict({})).toThrow('missing: 0._extra_state');
  });

  test('assign shares memory and dtype, keepVars gives the parameters themselves', () => {
    const module = new Linear(2, 1);
    const state = { weight: ones([1, 2], { dtype: 'float64' }), bias: ones([1], { dtype: 'float64' }) };
    const { weight } = module;
    module.loadStateDict(state, { assign: true });
    expect(module.weight).toBe(weight);
    expect(module.weight.dtype).toBe('float64');
    state.weight.fill_(4);
    expect(values(module.weight)).toEqual([4, 4]);
    expect(module.stateDict({ keepVars: true }).weight).toBe(weight);
    expect(module.stateDict().weight.requiresGrad).toBe(false);
  });
});
