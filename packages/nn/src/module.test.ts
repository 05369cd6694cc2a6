import { ones, randn, scope, setDefaultDevice, type Tensor, tensor, zeros } from '@flambeau/core';
import { type StorageTracker, withContext } from '@flambeau/core/internal';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import {
  AdaptiveLogSoftmaxWithLoss,
  BatchNorm1d,
  BatchNorm2d,
  Bilinear,
  Conv2d,
  ConvTranspose1d,
  Dropout,
  Embedding,
  EmbeddingBag,
  F,
  type FactoryOptions,
  GroupNorm,
  GRU,
  GRUCell,
  InstanceNorm2d,
  isModule,
  isParameter,
  LayerNorm,
  LazyLinear,
  Linear,
  LinearCrossEntropyLoss,
  LSTM,
  LSTMCell,
  Module,
  ModuleDict,
  ModuleList,
  MultiheadAttention,
  Parameter,
  ParameterList,
  PReLU,
  ReLU,
  RMSNorm,
  summary,
  Sequential,
  Transformer,
} from './index.js';

const values = (t: Tensor): number[] => t.detach().reshape([-1]).toArray() as number[];

class Net extends Module {
  fc1 = new Linear(4, 3);
  fc2 = new Linear(3, 2);
  forward(x: Tensor): Tensor {
    return this.fc2(this.fc1(x).relu());
  }
}

describe('a module is called', () => {
  test('and runs its forward, with all arguments', () => {
    class Sum extends Module {
      forward(...terms: number[]): number {
        return terms.reduce((a, b) => a + b, 0);
      }
    }
    expect(new Sum()(1, 2, 3, 4, 5, 6)).toBe(21);
    expect([...new Net()(zeros([5, 4])).shape]).toEqual([5, 2]);
  });

  test('and is an object of its class all the same', () => {
    const net = new Net();
    expect(typeof net).toBe('function');
    expect(net).toBeInstanceOf(Net);
    expect(net).toBeInstanceOf(Module);
    expect(net.constructor).toBe(Net);
    expect(isModule(net) && isModule(new ModuleList())).toBe(true);
    expect(isModule(() => 1) || isModule({}) || isModule(null)).toBe(false);
    expect(Object.keys(net)).toEqual(['hasHooks', 'training', 'fc1', 'fc2']);
  });

  test("and leaves the function's own name and length alone", () => {
    const own = Object.getOwnPropertyDescriptors(new Net()) as Record<string, PropertyDescriptor>;
    expect(own.name).toMatchObject({ writable: false, enumerable: false, configurable: true });
    expect(own.length).toMatchObject({ writable: false, enumerable: false, configurable: true });
  });

  test('and keeps fast properties, also as a large model after all kinds of use', () => {
    setFlagsFromString('--allow-natives-syntax');
    const hasFastProperties = new Function('object', 'return %HasFastProperties(object)') as (object: object) => boolean;
    class Wide extends Net {
      a = 1;
      b = 2;
      c = 3;
      d = 4;
      e = 5;
      f = 6;
      g = 7;
      h = 8;
      i = 9;
      j = 10;
      k = 11;
      l = 12;
      m = 13;
      n = 14;
      o = 15;
      p = 16;
      scale = new Parameter(ones([1]));
      buffer = this.registerBuffer('buffer', ones([1]));
    }
    const model = new Sequential(new Wide(), new BatchNorm1d(2), new ModuleList([new Net()]), new ReLU());
    model[0](zeros([5, 4]));
    model.double().train(false).loadStateDict(model.stateDict());
    for (const module of model.modules()) expect(hasFastProperties(module), module.constructor.name).toBe(true);
    const dictionary = Object.defineProperty(() => 0, 'name', { value: 'x' });
    delete (dictionary as { name?: string }).name;
    expect(hasFastProperties(dictionary), 'the measurement itself').toBe(false);
  });

  test('and may have a field called name', () => {
    class Named extends Module {
      override name = 'encoder';
      override length = 7;
      forward(): string {
        return this.name;
      }
    }
    expect(new Named()()).toBe('encoder');
    expect(new Named().length).toBe(7);
  });
});

describe('hooks', () => {
  test('run around forward, in order, and may replace arguments and output', () => {
    const seen: string[] = [];
    class Double extends Module {
      forward(x: number): number {
        seen.push(`forward ${x}`);
        return 2 * x;
      }
    }
    const module = new Double();
    const removers = [
      module.registerForwardPreHook((m, [x]) => {
        seen.push(`pre ${m === module} ${x}`);
        return [x + 1];
      }),
      module.registerForwardPreHook(() => void seen.push('second pre')),
      module.registerForwardHook((_m, [x], y) => {
        seen.push(`post ${x} ${y}`);
        return -y;
      }),
      module.registerForwardHook((_m, _args, y) => void seen.push(`second post ${y}`)),
    ];
    expect(module(3)).toBe(-8);
    expect(seen).toEqual(['pre true 3', 'second pre', 'forward 4', 'post 4 8', 'second post -8']);
    for (const remove of removers) remove();
    expect(module(3)).toBe(6);
  });
});

test('a memory tracker is told of forward and of what hooks see', () => {
  const seen: string[] = [];
  const tracker: StorageTracker = {
    parent: null,
    track: () => {},
    keep: () => {},
    enterForward: () => void seen.push('enter'),
    leaveForward: (output) => void seen.push(`leave ${output}`),
    expose: (value) => void seen.push(`expose ${JSON.stringify(value)}`),
  };
  class Half extends Module {
    forward(x: number): number {
      if (x % 2 === 1) throw new RangeError('odd');
      return x / 2;
    }
  }
  class Outer extends Module {
    inner = new Half();
    forward(x: number): number {
      return this.inner(x) + 1;
    }
  }
  const outer = new Outer();
  outer.inner.registerForwardHook(() => undefined);
  expect(withContext('test', { scope: tracker }, () => outer(4))).toBe(3);
  expect(seen.splice(0)).toEqual(['enter', 'enter', 'expose [[4],2]', 'leave 2', 'leave 3']);
  expect(() => withContext('test', { scope: tracker }, () => outer(3))).toThrow('odd (in inner: Half)');
  expect(seen).toEqual(['enter', 'enter', 'leave undefined', 'leave undefined']);
});

describe('what a module holds', () => {
  test('is found by name, parameters before buffers, shared ones once', () => {
    class Tied extends Module {
      encoder = new Linear(2, 2, { bias: false });
      norm = new BatchNorm1d(2);
      decoder = new Linear(2, 2);
      again = this.encoder;
      constructor() {
        super();
        this.decoder.weight = this.encoder.weight;
      }
      forward(): void {}
    }
    const tied = new Tied();
    expect(tied.namedParameters().map(([name]) => name)).toEqual(['encoder.weight', 'norm.weight', 'norm.bias', 'decoder.bias']);
    expect(tied.parameters()).toHaveLength(4);
    expect(tied.namedParameters({ removeDuplicate: false }).map(([name]) => name)).toEqual([
      'encoder.weight',
      'norm.weight',
      'norm.bias',
      'decoder.weight',
      'decoder.bias',
      'again.weight',
    ]);
    expect(tied.namedBuffers().map(([name]) => name)).toEqual([
      'norm.running_mean',
      'norm.running_var',
      'norm.num_batches_tracked',
    ]);
    expect(tied.namedModules().map(([name]) => name)).toEqual(['', 'encoder', 'norm', 'decoder']);
    expect(tied.namedChildren().map(([name]) => name)).toEqual(['encoder', 'norm', 'decoder']);
    expect(tied.parameters(false)).toEqual([]);
    expect(tied.namedParameters({ prefix: 'model' })[0][0]).toBe('model.encoder.weight');
    expect(Object.keys(tied.stateDict())).toContain('again.weight');
  });

  test('can be replaced by another parameter or by null, but not by a plain tensor', () => {
    const layer = new Linear(2, 2);
    layer.weight = new Parameter(ones([2, 2]));
    layer.bias = null;
    expect(layer.namedParameters().map(([name]) => name)).toEqual(['weight']);
    expect(values(layer(ones([1, 2])))).toEqual([2, 2]);
    layer.weight = zeros([2, 2]) as Parameter;
    expect(() => layer.parameters()).toThrow(
      'Linear: a plain tensor was assigned over the parameter weight; assign new Parameter(tensor)',
    );
  });

  test('can be deleted', () => {
    const net = new Net();
    delete (net as { fc2?: Linear }).fc2;
    expect(Object.keys(net.stateDict())).toEqual(['fc1.weight', 'fc1.bias']);
  });

  test('a buffer stays one when a tensor is assigned', () => {
    class Counter extends Module {
      count = this.registerBuffer('count', zeros([]));
      absent = this.registerBuffer('absent', null);
      hidden = this.registerBuffer('hidden', zeros([2]), { persistent: false });
      forward(): void {
        this.count = this.count.add(1);
      }
    }
    const counter = new Counter();
    counter();
    counter();
    expect(Object.keys(counter.stateDict())).toEqual(['count']);
    expect(counter.stateDict().count.item()).toBe(2);
    expect(counter.namedBuffers().map(([name]) => name)).toEqual(['count', 'hidden']);
  });

  test('can get names at run time', () => {
    const net = new Net();
    net.registerParameter('extra', new Parameter(zeros([1])));
    net.registerParameter('none', null);
    net.registerModule('act', new ReLU());
    expect(net.namedParameters().map(([name]) => name)).toContain('extra');
    expect(net.namedChildren().map(([name]) => name)).toEqual(['fc1', 'fc2', 'act']);
    expect(() => net.registerModule('forward', new ReLU())).toThrow('forward exists already');
    expect(() => net.registerModule('name', new ReLU())).toThrow('name exists already');
    expect(() => net.registerModule('a.b', new ReLU())).toThrow('no dots');
    expect(() => net.registerModule('x', {} as never)).toThrow('must be a Module');
    expect(() => net.registerParameter('x', zeros([1]) as never)).toThrow('must be a Parameter');
  });

  test('is reached by its path', () => {
    const model = new Sequential(new Net(), new ReLU());
    expect(model.getSubmodule('0.fc1')).toBe((model[0] as Net).fc1);
    expect(model.getSubmodule('')).toBe(model);
    expect(() => model.getSubmodule('0.fc3.x')).toThrow("getSubmodule: 0 has no submodule 'fc3'; it has fc1, fc2");
  });
});

describe('parameters', () => {
  test('are leaves with memory of their own that every scope leaves alone', () => {
    const data = ones([2, 3]).mul(2).t();
    const parameter = new Parameter(data);
    expect(parameter.requiresGrad && parameter.isLeaf && parameter.isContiguous()).toBe(true);
    expect(parameter.storage.persistent).toBe(true);
    expect(parameter.storage.isSlab).toBe(false);
    expect(parameter.storage).not.toBe(data.storage);
    expect(parameter.toArray()).toEqual(data.toArray());
    expect(parameter).toBeInstanceOf(Parameter);
    expect(isParameter(parameter)).toBe(true);
    expect(isParameter(parameter.clone())).toBe(false);
    expect(new Parameter(zeros([1], { dtype: 'int64' }), { requiresGrad: false }).requiresGrad).toBe(false);
    expect(() => new Parameter([1] as never)).toThrow('Parameter: data must be a tensor');
  });

  test('and their gradients outlive a scope', () => {
    const net = scope(() => {
      const made = new Net();
      made(ones([1, 4]))
        .sum()
        .backward();
      return () => made;
    })();
    expect(net(ones([1, 4])).numel).toBe(2);
    expect(values(net.fc2.bias?.grad as Tensor)).toEqual([1, 1]);
  });

  test('forget the history of their data', () => {
    const x = ones([1], { requiresGrad: true });
    const parameter = new Parameter(x.mul(2));
    parameter.sum().backward();
    expect(x.grad).toBe(null);
    expect(values(parameter.grad as Tensor)).toEqual([1]);
  });
});

describe('modes and conversions', () => {
  test('train and eval reach every module', () => {
    const model = new Sequential(new Net(), new ModuleList([new Dropout()]));
    expect(
      model
        .eval()
        .modules()
        .map((m) => m.training),
    ).toEqual(Array(6).fill(false));
    expect(
      model
        .train()
        .modules()
        .map((m) => m.training),
    ).toEqual(Array(6).fill(true));
  });

  test('to(dtype) converts floating tensors and keeps the parameters the same objects', () => {
    const layer = new BatchNorm1d(3);
    const weight = layer.weight as Parameter;
    layer(randn([4, 3]))
      .square()
      .sum()
      .backward();
    const before = values(weight.grad as Tensor);
    expect(layer.double()).toBe(layer);
    expect(layer.weight).toBe(weight);
    expect([weight.dtype, weight.grad?.dtype, layer.runningMean?.dtype]).toEqual(['float64', 'float64', 'float64']);
    expect(layer.numBatchesTracked?.dtype).toBe('int64');
    expect(values(weight.grad as Tensor)).toEqual(before);
    layer.zeroGrad();
    const y = layer(randn([4, 3], { dtype: 'float64' }));
    expect(y.dtype).toBe('float64');
    y.sum().backward();
    expect(weight.grad?.dtype).toBe('float64');
    expect(layer.bfloat16().weight?.dtype).toBe('bfloat16');
    expect(layer.half().float().weight?.dtype).toBe('float32');
    expect(() => layer.to('int32')).toThrow('parameters are converted to floating dtypes only, not to int32');
    expect(() => layer.to({ device: 'gpu' })).toThrow("no device 'gpu'");
  });

  test('requiresGrad_ freezes, zeroGrad drops', () => {
    const net = new Net().requiresGrad_(false);
    expect(net(ones([1, 4])).requiresGrad).toBe(false);
    net.fc2.requiresGrad_();
    net(ones([1, 4]))
      .sum()
      .backward();
    expect(net.parameters().map((p) => p.grad !== null)).toEqual([false, false, true, true]);
    net.zeroGrad({ setToNone: false });
    expect(values(net.fc2.weight.grad as Tensor)).toEqual(Array(6).fill(0));
    net.zeroGrad();
    expect(net.parameters().every((p) => p.grad === null)).toBe(true);
  });

  test('apply visits the innermost first', () => {
    const names: string[] = [];
    new Sequential(new Net(), new ReLU()).apply((m) => names.push(m.constructor.name));
    expect(names).toEqual(['Linear', 'Linear', 'Net', 'ReLU', 'Sequential']);
  });
});

describe('containers', () => {
  test('Sequential runs its modules, numbered or named', () => {
    const model = new Sequential(new Linear(2, 3), new ReLU(), new Linear(3, 1));
    expect([...model(ones([4, 2])).shape]).toEqual([4, 1]);
    expect(model.size).toBe(3);
    expect(model[0]).toBe(model.at(0));
    expect(model.at(-1)).toBe(model[2]);
    model.append(new ReLU());
    expect([...model].map((m) => m.constructor.name)).toEqual(['Linear', 'ReLU', 'Linear', 'ReLU']);
    const named = new Sequential({ first_layer: new Linear(2, 3), act: new ReLU(), lastLayer: new Linear(3, 1) });
    expect([...named(ones([4, 2])).shape]).toEqual([4, 1]);
    expect(Object.keys(named.stateDict())).toEqual([
      'first_layer.weight',
      'first_layer.bias',
      'lastLayer.weight',
      'lastLayer.bias',
    ]);
    expect(() => new Sequential({ apply: new ReLU() })).toThrow('apply exists already');
    expect(() => new Sequential(3 as never, 4 as never)).toThrow('must be a Module');
    expect(() => named.append(new ReLU())).toThrow('the module 3 would come before those with names');
    named.registerModule('end', new ReLU());
    expect(named.at(-1)).toBeInstanceOf(ReLU);
    model[1] = new Dropout(0);
    expect([...model][1]).toBeInstanceOf(Dropout);
  });

  test('ModuleList is a list', () => {
    const list = new ModuleList([new Linear(1, 1), new Linear(1, 2)]);
    expect(list.length).toBe(2);
    expect(list[1].outFeatures).toBe(2);
    expect(list.at(-2)?.outFeatures).toBe(1);
    list.append(new Linear(1, 4)).insert(2, new Linear(1, 3));
    expect([...list].map((m) => m.outFeatures)).toEqual([1, 2, 3, 4]);
    expect(list.namedChildren().map(([name]) => name)).toEqual(['0', '1', '2', '3']);
    expect(() => list.forward()).toThrow('ModuleList has no forward');
    expect(() => new ModuleList([1 as never])).toThrow('element 0 is not a Module');
  });

  test('ModuleDict is a map with any keys', () => {
    const dict = new ModuleDict({ '10': new ReLU(), forward: new ReLU(), camelCase: new Linear(1, 1) });
    dict.set('length', new ReLU());
    expect([...dict.keys()]).toEqual(['10', 'forward', 'camelCase', 'length']);
    expect(dict.size).toBe(4);
    expect(dict.has('forward') && dict.delete('forward')).toBe(true);
    expect(Object.keys(dict.stateDict())).toEqual(['camelCase.weight', 'camelCase.bias']);
    expect(() => dict.get('forward')).toThrow("no module 'forward'; there are 10, camelCase, length");
    expect(() => dict.set('a.b', new ReLU())).toThrow('no dots');
  });

  test('ParameterList holds parameters', () => {
    class Weights extends Module {
      list = new ParameterList([new Parameter(ones([1])), new Parameter(ones([2]))]);
      forward(): number {
        return this.list.length;
      }
    }
    const module = new Weights();
    expect(module()).toBe(2);
    expect(Object.keys(module.stateDict())).toEqual(['list.0', 'list.1']);
    expect(() => module.list.append(ones([1]) as never)).toThrow('wrap the tensor: new Parameter(tensor)');
  });
});

describe('errors', () => {
  class Layer extends Module {
    attn = new Net();
    forward(x: Tensor): Tensor {
      return this.attn(x);
    }
  }
  class Model extends Module {
    layers = new ModuleList([new Layer(), new Layer()]);
    forward(x: Tensor): Tensor {
      let y = x;
      for (const layer of this.layers) y = layer(y);
      return y;
    }
  }
  const failure = (run: () => unknown): Error => {
    try {
      run();
    } catch (error) {
      return error as Error;
    }
    throw new Error('nothing was thrown');
  };

  test('say where in the model they were thrown', () => {
    const error = failure(() => new Model()(zeros([1, 4])));
    expect(error.name).toBe('ShapeError');
    expect(error.message).toMatch(/ \(in layers\.1\.attn\.fc1: Linear\)$/);
    expect(error.message.match(/\(in /g)).toHaveLength(1);
    expect(error.stack).toContain('(in layers.1.attn.fc1: Linear)');
    expect(failure(() => new Linear(2, 2)(zeros([1, 4]))).message).toMatch(/ \(in Linear\)$/);
  });

  test('of modules that are not members name the class', () => {
    class Maker extends Module {
      forward(x: Tensor): Tensor {
        return new Linear(2, 2)(x);
      }
    }
    expect(failure(() => new Sequential(new Maker())(zeros([1, 4]))).message).toMatch(/ \(in 0\.<Linear>: Linear\)$/);
  });

  test('that are not Errors pass unchanged', () => {
    class Thrower extends Module {
      forward(): void {
        throw 'text';
      }
    }
    expect(() => new Thrower()()).toThrow('text');
    const frozen = Object.freeze(new TypeError('frozen'));
    class Freezer extends Module {
      forward(): void {
        throw frozen;
      }
    }
    expect(failure(() => new Freezer()())).toBe(frozen);
  });
});

describe('printing', () => {
  const model = new Sequential(
    new Linear(3, 4),
    new ModuleList([new Sequential(new ReLU()), new Sequential(new ReLU()), new BatchNorm2d(2)]),
  );
  const text = [
    'Sequential(',
    '  (0): Linear(inFeatures=3, outFeatures=4, bias=true)',
    '  (1): ModuleList(',
    '    (0-1): 2 x Sequential(',
    '      (0): ReLU()',
    '    )',
    '    (2): BatchNorm2d(2, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)',
    '  )',
    ')',
  ].join('\n');

  test("looks like PyTorch's", () => {
    expect(String(model)).toBe(text);
    expect(inspect(model)).toBe(text);
  });

  test('and JSON tells what the model is made of', () => {
    expect(JSON.parse(JSON.stringify(new Sequential(new Linear(3, 4, { bias: false }))))).toEqual({
      type: 'Sequential',
      training: true,
      modules: {
        '0': {
          type: 'Linear',
          settings: 'inFeatures=3, outFeatures=4, bias=false',
          training: true,
          parameters: { weight: { dtype: 'float32', shape: [4, 3] } },
        },
      },
    });
  });
});

test('a model learns', () => {
  const net = new Sequential(new Linear(2, 8), new ReLU(), new Linear(8, 1));
  const x = tensor([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = tensor([[0], [1], [1], [2]]);
  const loss = () => net(x).sub(y).square().mean();
  const first = loss().item();
  for (let step = 0; step < 50; step++) {
    net.zeroGrad();
    loss().backward();
    for (const p of net.parameters()) p.detach().sub_((p.grad as Tensor).mul(0.05));
  }
  expect(loss().item()).toBeLessThan(first / 2);
});

const FACTORIES: [name: string, make: (options: FactoryOptions) => Module][] = [
  ['Linear', (o) => new Linear(3, 2, o)],
  ['Bilinear', (o) => new Bilinear(3, 2, 4, o)],
  ['Conv2d', (o) => new Conv2d(3, 2, 3, o)],
  ['ConvTranspose1d', (o) => new ConvTranspose1d(3, 2, 3, o)],
  ['Embedding', (o) => new Embedding(5, 2, { paddingIdx: 1, ...o })],
  ['EmbeddingBag', (o) => new EmbeddingBag(5, 2, o)],
  ['BatchNorm1d', (o) => new BatchNorm1d(3, o)],
  ['InstanceNorm2d', (o) => new InstanceNorm2d(3, { affine: true, trackRunningStats: true, ...o })],
  ['LayerNorm', (o) => new LayerNorm([3, 2], o)],
  ['RMSNorm', (o) => new RMSNorm(3, o)],
  ['GroupNorm', (o) => new GroupNorm(2, 4, o)],
  ['PReLU', (o) => new PReLU(o)],
  ['LSTM', (o) => new LSTM(3, 4, { numLayers: 2, bidirectional: true, ...o })],
  ['GRUCell', (o) => new GRUCell(3, 4, o)],
  ['MultiheadAttention', (o) => new MultiheadAttention(4, 2, { addBiasKV: true, ...o })],
  [
    'Transformer',
    (o) => new Transformer({ dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 8, ...o }),
  ],
  ['AdaptiveLogSoftmaxWithLoss', (o) => new AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], { divValue: 2, ...o })],
  ['LinearCrossEntropyLoss', (o) => new LinearCrossEntropyLoss(3, 4, o)],
];

describe('on the meta device', () => {
  test('a module is built without memory, and gets some with toEmpty', () => {
    setDefaultDevice('meta');
    let large: Sequential;
    try {
      large = new Sequential(new Linear(200_000, 300_000), new BatchNorm1d(300_000), new Linear(300_000, 1));
    } finally {
      setDefaultDevice('cpu');
    }
    expect(large.parameters().every((p) => p.isMeta && p.requiresGrad)).toBe(true);
    expect(large.eval()(zeros([5, 200_000], { device: 'meta' })).shape).toEqual([5, 1]);

    const source = new Linear(3, 2);
    const module = new Linear(3, 2).to({ device: 'meta' });
    const { weight } = module;
    module.toEmpty({ device: 'cpu' }).loadStateDict(source.stateDict());
    expect(module.weight).toBe(weight);
    expect(module(ones([1, 3])).tolist()).toEqual(source(ones([1, 3])).tolist());
  });

  test('interpolation goes where its input is', () => {
    const [x, meta] = [ones([1, 1, 3]), zeros([1, 1, 3], { device: 'meta' })];
    for (const input of [meta, x, meta]) expect(F.interpolate(input, { size: 5, mode: 'linear' }).device).toBe(input.device);
  });

  test('a module takes values with assign, and says so', () => {
    const source = new Linear(3, 2);
    const module = new Linear(3, 2).to({ device: 'meta' });
    expect(() => module.loadStateDict(source.stateDict())).toThrow(/weight: .*device meta.*assign: true.*toEmpty/);
    module.loadStateDict(source.stateDict(), { assign: true });
    expect(module(ones([1, 3])).tolist()).toEqual(source(ones([1, 3])).tolist());
  });

  test.each(FACTORIES)('%s is made on the device and of the dtype that its options name', (_, make) => {
    const [module, plain] = [make({ device: 'meta', dtype: 'float64' }), make({})];
    const described = (m: Module) => [...m.namedParameters(), ...m.namedBuffers()].map(([name, t]) => `${name} ${t.shape}`);
    expect(described(module)).toEqual(described(plain));
    expect(module.parameters().length).toBeGreaterThan(0);
    for (const t of [...module.parameters(), ...module.buffers()]) {
      expect(t.device).toBe('meta');
      expect(['float64', 'int64']).toContain(t.dtype);
    }
    for (const t of plain.parameters()) expect([t.device, t.dtype]).toEqual(['cpu', 'float32']);
  });

  test('a lazy module stays on its device', () => {
    const module = new LazyLinear(3, { device: 'meta' });
    expect(module(zeros([2, 5], { device: 'meta' })).device).toBe('meta');
    expect([module.weight.device, module.weight.shape]).toEqual(['meta', [3, 5]]);
  });

  test('recurrent modules and cells run there without given states', () => {
    const x = zeros([4, 2, 3], { device: 'meta' });
    expect(new GRU(3, 5, { device: 'meta' })(x)[0].shape).toEqual([4, 2, 5]);
    expect(new LSTM(3, 5, { device: 'meta' })(x)[0].device).toBe('meta');
    expect(new LSTMCell(3, 5, { device: 'meta' })(x.select(0, 0))[0].shape).toEqual([2, 5]);
  });

  test('attention with masks, rotary embeddings and losses run there', () => {
    const x = zeros([2, 3, 4], { device: 'meta' });
    const attention = new MultiheadAttention(4, 2, { addZeroAttn: true, batchFirst: true, device: 'meta' });
    expect(attention(x, x, x, { isCausal: true })[0].device).toBe('meta');
    expect(F.rotaryEmbedding(x).device).toBe('meta');
    expect(F.crossEntropy(x.flatten(0, 1), [0, 1, 2, 3, 0, 1]).device).toBe('meta');
  });

  test('a summary takes no memory', () => {
    const lines = String(summary(new Linear(200_000, 300_000, { device: 'meta' }), [1, 200_000]));
    expect(lines).toContain('60,000,300,000');
  });
});
