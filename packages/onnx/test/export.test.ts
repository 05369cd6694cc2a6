import { noGrad } from '@flambeau/autograd';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cat, dropout, eye, manualSeed, ones, randn, scope, slice, type Tensor, tensor, where, zeros } from '@flambeau/core';
import { Linear, Module, ReLU, Sequential } from '@flambeau/nn';
import { beforeEach, describe, expect, it } from 'vitest';
import * as ort from 'onnxruntime-node';
import { exportOnnx, OnnxExportError } from '../src/index.js';
import { compare, runOnnx } from './compare.js';

beforeEach(() => {
  manualSeed(0);
});

const load = (bytes: Uint8Array) => ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const x = () => randn([2, 3]);

describe('the file', () => {
  it('is written to the path and has names, axes, metadata and a description', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flambeau-onnx-'));
    try {
      const path = join(folder, 'model.onnx');
      const bytes = exportOnnx(new Sequential(new Linear(3, 4), new ReLU()), x(), {
        path,
        inputNames: ['features'],
        outputNames: ['logits'],
        metadata: { author: 'somebody' },
        docString: 'what it is',
      });
      expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
      const session = await ort.InferenceSession.create(path);
      expect(session.inputNames).toEqual(['features']);
      expect(session.inputMetadata[0]).toMatchObject({ type: 'float32', shape: ['batch', 3] });
      expect(session.outputMetadata[0]).toMatchObject({ name: 'logits', shape: ['batch', 4] });
      for (const part of ['flambeau', 'author', 'somebody', 'what it is', '0.weight', '0.bias'])
        expect(text(bytes)).toContain(part);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('names several inputs and outputs', async () => {
    const bytes = exportOnnx((a: Tensor, b: Tensor) => [a.add(b), a.mul(b)], [x(), x()]);
    const session = await load(bytes);
    expect(session.inputNames).toEqual(['input0', 'input1']);
    expect(session.outputNames).toEqual(['output0', 'output1']);
    const record = await load(exportOnnx((a: Tensor) => ({ sum: a.sum(), twice: a.mul(2) }), x()));
    expect(record.outputNames).toEqual(['sum', 'twice']);
  });

  it('has fixed sizes without dynamic axes, and formulas for dependent ones', async () => {
    const fixed = await load(exportOnnx((a: Tensor) => a.add(1), x(), { dynamicAxes: {} }));
    expect(fixed.inputMetadata[0]).toMatchObject({ shape: [2, 3] });
    const joined = await load(exportOnnx((a: Tensor) => cat([a, a, ones([1, 3])]), x()));
    expect(joined.outputMetadata[0]).toMatchObject({ shape: ['2*batch + 1', 3] });
  });

  it('hands inputs, parameters and one value twice out', async () => {
    await compare(
      (a: Tensor) => {
        const y = a.add(1);
        return [a, y, y, ones([2])];
      },
      [[x()], [randn([5, 3])]],
    );
  });

  it('shares tied parameters and leaves unused ones out', async () => {
    class Tied extends Module {
      a = new Linear(3, 3, { bias: false });
      b = new Linear(3, 3);
      unused = new Linear(3, 3);
      constructor() {
        super();
        this.b.weight = this.a.weight;
      }
      forward(input: Tensor): Tensor {
        return this.b(this.a(input)).add(this.a.weight.detach().sum());
      }
    }
    const bytes = await compare(new Tied(), [[x()], [randn([4, 3])]]);
    expect(text(bytes)).toContain('a.weight');
    expect(text(bytes)).not.toMatch(/b\.weight|unused/);
  });

  it('folds constants', () => {
    const bytes = exportOnnx((a: Tensor) => a.add(eye(3).mul(2).exp().sum(0)), x());
    expect(text(bytes)).toContain('Add');
    expect(text(bytes)).not.toMatch(/Exp|ReduceSum|Mul/);
  });

  it('goes through noGrad and scope', async () => {
    const model = (a: Tensor) => scope(() => noGrad(() => a.mul(2).add(1)));
    await compare(model, [[x()], [randn([4, 3])]]);
  });

  it('leaves the example inputs as they are', () => {
    const input = ones([2, 3]);
    exportOnnx((a: Tensor) => a.mul_(2), input);
    expect(input.toArray()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });

  it('keeps one value per probe apart: sizes may coincide', async () => {
    const model = (a: Tensor, b: Tensor) => cat([a, b]).reshape([-1]);
    const options = { dynamicAxes: { input0: { 0: 'n' }, input1: { 0: 'm' } } };
    const bytes = await compare(
      model,
      [
        [x(), x()],
        [x(), randn([4, 3])],
        [randn([7, 3]), randn([1, 3])],
      ],
      options,
    );
    expect(text(bytes)).toContain('3*m + 3*n');
  });
});

describe('what cannot be exported', () => {
  const fails = (fn: (a: Tensor) => Tensor, message: RegExp | string, input = x()) => {
    const run = () => exportOnnx(fn, input);
    expect(run).toThrow(OnnxExportError);
    expect(run).toThrow(message);
  };

  it('an operator without an ONNX form', () => fails((a) => a.maskedSelect(a.gt(0)), /nonzero has no ONNX form/));
  it('a complex tensor', () => fails((a) => a.to('complex64'), /complex64/));
  it('random numbers', () => fails((a) => dropout(a, 0.5), /native_dropout draws random numbers/));
  it('numbers read from the data', () => {
    fails((a) => a.mul(a.amax().item() as number), /computed from the data/);
    fails((a) => a.index(0, Number(a.amax().mul(1e6).long().item()) % 3), /select .*depends on the data|computed from the data/);
  });
  it('a path that depends on the data or on the batch', () => {
    fails((a) => ((a.index(0, 0).item() as number) > 0.97 ? a.relu() : a.neg()), /different paths.*relu.*neg/, ones([2, 3]));
    fails((a) => (a.shape[0] > 2 ? a.relu() : a.neg()), /different paths/);
  });
  it('a constant of dynamic size that has no pattern', () =>
    fails((a) => a.add(eye(a.shape[0], 3)), /neither one number everywhere nor a range/));
  it('a write through a view', () => {
    fails((a) => {
      const y = zeros([2, 3]);
      y.narrow(1, 0, 1).copy_(a.narrow(1, 0, 1).narrow(0, 0, 2));
      return y;
    }, /writing to another view/);
  });
  it('state', () => {
    class Counter extends Module {
      count = this.registerBuffer('count', zeros([1]));
      forward(a: Tensor): Tensor {
        return a.add(this.count.add_(1));
      }
    }
    class Window extends Module {
      memory = this.registerBuffer('memory', zeros([3]));
      forward(a: Tensor): Tensor {
        this.memory.narrow(0, 1, 1).add_(1);
        return a.add(1);
      }
    }
    expect(() => exportOnnx(new Counter(), x())).toThrow(/add_ writes to count/);
    expect(() => exportOnnx(new Window(), x())).toThrow(/add_ writes to memory/);
  });
  it('says in which module', () => {
    class Inner extends Module {
      forward(a: Tensor): Tensor {
        return a.asStrided([2], [1]);
      }
    }
    class Late extends Module {
      forward(a: Tensor): Tensor {
        return a.mul(a.sum().item() as number);
      }
    }
    expect(() => exportOnnx(new Sequential(new ReLU(), new Sequential(new Inner())), x())).toThrow(
      /as_strided has no ONNX form.*\(in 1\.0: Inner\)/,
    );
    expect(() => exportOnnx(new Sequential(new ReLU(), new Late()), x())).toThrow(/computed from the data.*\(in 1\)/);
  });
  it('options that do not fit', () => {
    expect(() => exportOnnx((a: Tensor) => a, x(), { dynamicAxes: { nothing: { 0: 'batch' } } })).toThrow(
      /dynamicAxes names 'nothing'/,
    );
    expect(() => exportOnnx((a: Tensor) => a, x(), { dynamicAxes: { input: { 5: 'batch' } } })).toThrow(/axis 5/);
    expect(() => exportOnnx((a: Tensor, b: Tensor) => a.add(b.sum()), [x(), randn([4])])).toThrow(/sizes 2, 4/);
    expect(() => exportOnnx((a: Tensor) => a, x(), { inputNames: ['a', 'b'] })).toThrow(/2 inputNames for 1/);
    expect(() => exportOnnx((a: Tensor) => a.add(1), x(), { inputNames: ['a'], outputNames: ['a'] })).toThrow(/names two things/);
    expect(() => exportOnnx((a: Tensor) => a, x(), { opset: 9 as 17 })).toThrow(/opset 9/);
    expect(() => exportOnnx((() => 3) as never, x())).toThrow(/must return a tensor/);
  });
});

it('may be fixed to sizes where a dynamic one fails', async () => {
  const bytes = exportOnnx((a: Tensor) => where(a.gt(0), a, eye(2, 3)).index(slice(0, 1)), x(), { dynamicAxes: {} });
  const [result] = [
    ...(
      await runOnnx(bytes, [
        tensor([
          [-1, -1, -1],
          [1, 1, 1],
        ]),
      ])
    ).values(),
  ];
  expect(result.toArray()).toEqual([[1, 0, 0]]);
});
