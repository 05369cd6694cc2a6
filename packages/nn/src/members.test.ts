/** What modules hold, find and copy. */
import { ones, type Tensor, zeros } from '@flambeau/core';
import { describe, expect, test } from 'vitest';
import { values } from '../test/stored-case.js';
import {
  BatchNorm1d,
  Buffer,
  deepCopy,
  Linear,
  Module,
  ModuleDict,
  ModuleList,
  Parameter,
  ParameterDict,
  ParameterList,
  ReLU,
  Sequential,
} from './index.js';

class Holder extends Module {
  constructor(readonly held: unknown) {
    super();
  }
  forward(x: Tensor): Tensor {
    return x;
  }
}

describe('members that would not be found', () => {
  test.each([
    ['an array', [new Linear(1, 1)], 'ModuleList'],
    ['a map', new Map([['a', new Linear(1, 1)]]), 'ModuleDict'],
    ['a set', new Set([new Linear(1, 1)]), 'ModuleList'],
    ['an object', { a: new Linear(1, 1) }, 'ModuleDict'],
    ['an array of parameters', [new Parameter(ones([1]))], 'ParameterList'],
    ['an object of parameters', { a: new Parameter(ones([1])) }, 'ParameterDict'],
  ])('in %s are refused', (_name, held, container) => {
    expect(() => new Holder(held).parameters()).toThrow(`the field held holds`);
    expect(() => new Sequential(new Holder(held)).stateDict()).toThrow(`use a ${container}`);
  });
  test('are no problem if they are members, too, or if it is something else', () => {
    class Both extends Module {
      a = new Linear(1, 1);
      list = [this.a];
      numbers = [1, 2];
      options = { size: 3, nested: { deep: [4] } };
      none: Module[] = [];
      forward(x: Tensor): Tensor {
        return this.list[0](x);
      }
    }
    expect(new Both().parameters()).toHaveLength(2);
  });
});

describe('paths', () => {
  const make = () => new Sequential(new Linear(2, 2), new Sequential({ norm: new BatchNorm1d(2), act: new ReLU() }));
  test('lead to parameters, buffers and modules', () => {
    const model = make();
    expect(model.getParameter('0.weight')).toBe((model[0] as Linear).weight);
    expect(model.getBuffer('1.norm.running_mean').shape).toEqual([2]);
    expect(model.getBuffer('1.norm.runningMean')).toBe(model.getBuffer('1.norm.running_mean'));
    expect(() => model.getParameter('0.gain')).toThrow("0 has no parameter 'gain'; it has weight, bias");
    expect(() => model.getBuffer('1.act.gain')).toThrow("has no buffer 'gain'; it has none");
    expect(() => model.getParameter('2.weight')).toThrow("no submodule '2'");
  });
  test('say where to put a module', () => {
    const model = make();
    model.setSubmodule('1.act', new Linear(2, 3));
    expect(Object.keys(model.stateDict())).toContain('1.act.weight');
    expect(model(zeros([4, 2])).shape).toEqual([4, 3]);
    expect(() => model.setSubmodule('0.weight', new ReLU())).toThrow('is a parameter');
    const holder = new Holder(new ModuleList([new ReLU(), new ModuleDict({ a: new ReLU() })]));
    holder.setSubmodule('held.0', new Linear(1, 1));
    holder.setSubmodule('held.1.a', new Linear(1, 2));
    expect(Object.keys(holder.stateDict())).toEqual(['held.0.weight', 'held.0.bias', 'held.1.a.weight', 'held.1.a.bias']);
  });
});

describe('a deep copy', () => {
  class Tied extends Module {
    a = new Linear(2, 2, { bias: false });
    b = new Linear(2, 2);
    heads = new ModuleDict({ one: new Linear(2, 1) });
    scales = new ParameterList([new Parameter(ones([2]))]);
    norm = new BatchNorm1d(2);
    mask = this.registerBuffer('mask', ones([2]), { persistent: false });
    settings = { sizes: [1, 2] };
    constructor() {
      super();
      this.b.weight = this.a.weight;
    }
    forward(x: Tensor): Tensor {
      return this.heads.get('one')(this.norm(this.b(this.a(x)).mul(this.scales[0]).mul(this.mask)));
    }
  }
  test('computes the same and shares nothing but what the original shares inside', () => {
    const original = new Tied();
    const x = ones([3, 2]);
    original(x).sum().backward();
    original.a.weight.requiresGrad = false;
    const calls: Module[] = [];
    original.a.registerForwardHook((m) => void calls.push(m));
    const copy = deepCopy(original);
    expect(copy).toBeInstanceOf(Tied);
    expect(String(copy)).toBe(String(original));
    expect(Object.keys(copy.stateDict())).toEqual(Object.keys(original.stateDict()));
    expect(values(copy.eval()(x))).toEqual(values(original.eval()(x)));
    expect(calls).toEqual([copy.a, original.a]);
    expect(copy.b.weight).toBe(copy.a.weight);
    expect(copy.a.weight.requiresGrad).toBe(false);
    expect(copy.b.bias?.grad).toBe(null);
    expect(copy.settings).toEqual(original.settings);
    expect(copy.settings).not.toBe(original.settings);
    const before = values(original.heads.get('one').weight);
    for (const p of copy.parameters()) p.detach().fill_(9);
    for (const b of copy.buffers()) b.fill_(9);
    expect(values(original.heads.get('one').weight)).toEqual(before);
    expect(values(original.mask)).toEqual([1, 1]);
    expect(original.norm.numBatchesTracked?.item()).toBe(1);
  });
  test('copies lists of modules and leaves other values alone', () => {
    const layer = new Linear(1, 1);
    const date = new Date();
    const [a, b, c] = deepCopy([layer, layer, date] as const);
    expect(a).toBe(b);
    expect(a).not.toBe(layer);
    expect(c).toBe(date);
  });
});

describe('containers', () => {
  test('Sequential inserts, removes and slices', () => {
    const [a, b, c] = [new Linear(1, 2), new ReLU(), new Linear(2, 1)];
    const model = new Sequential(a, c);
    expect([...model.insert(1, b)]).toEqual([a, b, c]);
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
    expect([...model.slice(0, 2)]).toEqual([a, b]);
    expect(model.pop()).toBe(c);
    expect(model.pop(0)).toBe(a);
    expect([...model.extend([c, a])]).toEqual([b, c, a]);
    expect(() => model.pop(5)).toThrow('there is no module 5; there are 3');
    expect(() => new Sequential({ a }).insert(0, b)).toThrow('have no positions');
  });
  test('lists and dicts of modules give back what they held', () => {
    const [a, b] = [new ReLU(), new Linear(1, 1)];
    const list = new ModuleList<Module>([a, b]);
    expect(list.pop(0)).toBe(a);
    expect([...list]).toEqual([b]);
    expect(() => list.pop(3)).toThrow('no module 3');
    const dict = new ModuleDict<Module>().update({ a, b });
    expect(dict.pop('a')).toBe(a);
    expect([...dict.keys()]).toEqual(['b']);
    dict.clear();
    expect(dict.size).toBe(0);
  });
  test('ParameterDict works like a map of parameters', () => {
    const [a, b] = [new Parameter(ones([2])), new Parameter(zeros([3]))];
    const dict = new ParameterDict({ a });
    expect(dict.setDefault('b', b)).toBe(b);
    expect(dict.setDefault('a', b)).toBe(a);
    expect(Object.keys(dict.stateDict())).toEqual(['a', 'b']);
    expect(
      dict
        .copy()
        .parameters()
        .map((p) => p === a || p === b),
    ).toEqual([true, true]);
    expect(dict.popItem()[1]).toBe(b);
    expect(dict.get('b', a)).toBe(a);
    expect(() => dict.get('b')).toThrow("no parameter 'b'; there are a");
    expect(() => dict.set('c', zeros([1]) as Parameter)).toThrow('wrap the tensor');
    expect(ParameterDict.fromKeys(['x', 'y'], a).size).toBe(2);
    const module = new Holder(dict);
    module.double();
    expect(a.dtype).toBe('float64');
    expect(module.namedParameters().map(([name]) => name)).toEqual(['held.a']);
  });
});

test('type converts integers, too', () => {
  const norm = new BatchNorm1d(2).type('float64').cpu();
  expect(norm.numBatchesTracked?.dtype).toBe('float64');
  expect(norm.weight?.dtype).toBe('float64');
});

test('a buffer is found, saved, converted and copied like a registered one', () => {
  class Shift extends Module {
    offset = new Buffer(ones([2]));
    scratch = new Buffer(zeros([1]), { persistent: false });
    forward(x: Tensor): Tensor {
      return x.add(this.offset);
    }
  }
  const module = new Shift();
  for (const m of [module, deepCopy(module)]) {
    expect(m.namedBuffers().map(([name]) => name)).toEqual(['offset', 'scratch']);
    expect(Object.keys(m.stateDict())).toEqual(['offset']);
    expect(m.offset).toBeInstanceOf(Buffer);
    expect(m.double().offset.dtype).toBe('float64');
  }
  expect(ones([2])).not.toBeInstanceOf(Buffer);
});

test('shared memory keeps values and parameters', () => {
  const layer = new Linear(2, 2);
  const [weight, before] = [layer.weight, values(layer.weight)];
  layer.shareMemory().shareMemory();
  expect(layer.weight).toBe(weight);
  expect(layer.weight.storage.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(values(layer.weight)).toEqual(before);
  layer(ones([1, 2]))
    .sum()
    .backward();
  expect(values(layer.weight.grad as Tensor)).toEqual([1, 1, 1, 1]);
});
