import { ones, type Tensor, tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { BatchNorm1d, Linear, Module, Parameter, Sequential, StateDictError } from './index.js';
import { toStateKey } from './names.js';

const values = (t: Tensor): number[] => t.detach().reshape([-1]).toArray() as number[];

test.each([
  ['weight', 'weight'],
  ['runningMean', 'running_mean'],
  ['weightIhL0', 'weight_ih_l0'],
  ['inProjWeight', 'in_proj_weight'],
  ['qProj', 'q_proj'],
  ['normA', 'norm_a'],
  ['layer1', 'layer1'],
  ['conv1x1Block', 'conv1x1_block'],
  ['ln_1', 'ln_1'],
  ['A_log', 'A_log'],
  ['LayerNorm', 'LayerNorm'],
  ['useQKV', 'useQKV'],
  ['some_mixedName', 'some_mixedName'],
  ['_private', '_private'],
])('the property %s is called %s', (property, key) => {
  expect(toStateKey(property)).toBe(key);
});

class Holder extends Module {
  constructor(readonly names: Record<string, number>) {
    super();
    for (const [name, value] of Object.entries(names)) this.registerParameter(name, new Parameter(tensor([value])));
  }
  forward(): void {}
}

test('two properties of one name are refused', () => {
  expect(() => new Holder({ runningMean: 1, running_mean: 2 }).stateDict()).toThrow(
    'Holder: the properties runningMean and running_mean are both called running_mean in state dicts; rename one',
  );
});

test('a class may choose other names', () => {
  class Renamed extends Holder {
    protected override stateKey(property: string): string {
      return property === 'firstNorm' ? 'ln_1' : super.stateKey(property);
    }
  }
  expect(Object.keys(new Renamed({ firstNorm: 1, otherNorm: 2 }).stateDict())).toEqual(['ln_1', 'other_norm']);
});

test('the tensors share memory with the module and have no history', () => {
  const layer = new Linear(2, 2);
  const state = layer.stateDict();
  expect(state.weight.requiresGrad).toBe(false);
  state.weight.fill_(3);
  expect(values(layer.weight)).toEqual([3, 3, 3, 3]);
});

test('a prefix goes before every name', () => {
  expect(Object.keys(new Linear(2, 2).stateDict({ prefix: 'model.' }))).toEqual(['model.weight', 'model.bias']);
});

describe('loading', () => {
  const make = () => new Sequential(new Linear(2, 3), new BatchNorm1d(3));

  test('copies values, converts the dtype and keeps the parameters', () => {
    const model = make();
    const { weight } = model[0] as Linear;
    const state = make().stateDict();
    state['0.weight'] = ones([3, 2], { dtype: 'float64' }).mul(0.5);
    expect(model.loadStateDict(state)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect((model[0] as Linear).weight).toBe(weight);
    expect(weight.dtype).toBe('float32');
    expect(values(weight)).toEqual(Array(6).fill(0.5));
    expect(weight.requiresGrad && weight.isLeaf).toBe(true);
    state['0.weight'].fill_(9);
    expect(values(weight)).toEqual(Array(6).fill(0.5));
  });

  test('takes a Map, too', () => {
    const model = make();
    model.loadStateDict(new Map(Object.entries(make().stateDict())));
  });

  test('names everything that does not fit and loads nothing', () => {
    const model = make();
    const before = values(model[0].stateDict().weight);
    const state = make().stateDict();
    state['0.weight'] = zeros([3, 2]);
    state['0.bias'] = zeros([4]);
    state['1.running_mean'] = zeros([3, 1]);
    delete state['1.weight'];
    delete state['1.bias'];
    state.extra = zeros([1]);
    state['2.x'] = zeros([1]);
    let error: unknown;
    try {
      model.loadStateDict(state);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(StateDictError);
    const { message, missingKeys, unexpectedKeys, mismatchedKeys } = error as StateDictError;
    expect(message).toBe(
      [
        'loadStateDict: the state dict does not fit Sequential; nothing was loaded',
        '  missing: 1.weight, 1.bias',
        '  unexpected: extra, 2.x',
        '  0.bias: shape (4) in the state dict, (3) in the module',
        '  1.running_mean: shape (3, 1) in the state dict, (3) in the module',
      ].join('\n'),
    );
    expect({ missingKeys, unexpectedKeys, mismatchedKeys }).toEqual({
      missingKeys: ['1.weight', '1.bias'],
      unexpectedKeys: ['extra', '2.x'],
      mismatchedKeys: ['0.bias', '1.running_mean'],
    });
    expect(values(model[0].stateDict().weight)).toEqual(before);
  });

  test('that is not strict tells what was left out, but shapes must fit', () => {
    const model = make();
    const weight = ones([3, 2]);
    expect(model.loadStateDict({ '0.weight': weight, other: weight }, { strict: false })).toEqual({
      missingKeys: ['0.bias', '1.weight', '1.bias', '1.running_mean', '1.running_var'],
      unexpectedKeys: ['other'],
    });
    expect(values((model[0] as Linear).weight)).toEqual(Array(6).fill(1));
    expect(() => model.loadStateDict({ '0.weight': ones([2, 3]) }, { strict: false })).toThrow('shape (2, 3) in the state dict');
    expect(() => model.loadStateDict({ '0.weight': [1] as never }, { strict: false })).toThrow(
      '0.weight: expected a tensor, got object',
    );
  });

  test('accepts old checkpoints: no batch count, scalars as vectors', () => {
    const model = make();
    const state = make().stateDict();
    delete state['1.num_batches_tracked'];
    model.loadStateDict(state);
    state['1.num_batches_tracked'] = tensor([5n]);
    model.loadStateDict(state);
    expect(model.stateDict()['1.num_batches_tracked'].item()).toBe(5);
  });

  test('leaves gradients flowing', () => {
    const model = make();
    model.loadStateDict(make().stateDict());
    model(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    )
      .square()
      .sum()
      .backward();
    expect((model[0] as Linear).weight.grad).not.toBe(null);
  });
});
