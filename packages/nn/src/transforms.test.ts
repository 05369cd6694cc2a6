import { func, vmap } from '@flambeau/autograd';
import { manualSeed, randn, stack, type Tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { BatchNorm1d, Linear, type Module, ReLU, Sequential, utils } from './index.js';

const { functionalCall, stackModuleState } = utils;
manualSeed(4);

const net = () => new Sequential(new Linear(3, 5), new ReLU(), new Linear(5, 2));
const numbers = (t: Tensor) => t.flatten().toArray() as number[];
const near = (t: Tensor) => numbers(t).map((x) => expect.closeTo(x, 5));
type State = Record<string, Tensor>;

test('per-sample gradients of a module', () => {
  const model = net();
  const parameters = Object.fromEntries(model.namedParameters().map(([name, p]) => [name, p.detach()]));
  const x = randn([4, 3]);
  const loss = (p: State, input: Tensor) => (functionalCall(model as Module, p, input) as Tensor).square().sum();
  const gradients: State = vmap(func.grad(loss), { inDims: [null, 0] })(parameters, x);
  model(x).square().sum().backward();
  for (const [name, p] of model.namedParameters()) {
    expect(gradients[name].shape).toEqual([4, ...p.shape]);
    expect(numbers(gradients[name].sum(0))).toEqual(near(p.grad as Tensor));
  }
  const one: State = func.grad(loss)(parameters, x.select(0, 2));
  expect(numbers(gradients['0.weight'].select(0, 2))).toEqual(near(one['0.weight']));
});

test('an ensemble runs at once', () => {
  const models = [net(), net(), net()];
  const [parameters, buffers] = stackModuleState(models);
  const x = randn([4, 3]);
  const call = (p: State, b: State, input: Tensor): Tensor =>
    functionalCall(models[0] as Module, { ...p, ...b }, input) as Tensor;
  const predictions = vmap(call, { inDims: [0, 0, null] })(parameters, buffers, x);
  expect(numbers(predictions)).toEqual(near(stack(models.map((m) => m(x)))));
  predictions.sum().backward();
  models[1](x).sum().backward();
  expect(numbers((parameters['2.weight'].grad as Tensor).select(0, 1))).toEqual(
    near((models[1].parameters()[2] as Tensor).grad as Tensor),
  );
  expect(() => stackModuleState([models[0], new Linear(1, 1)])).toThrow(/module 1 does not have the parameters of module 0/);
});

test('running statistics cannot be shared by a batch', () => {
  const norm = new BatchNorm1d(3);
  expect(() => vmap((x: Tensor) => norm(x))(randn([2, 4, 3]))).toThrow(/vmap: native_batch_norm would write values that differ/);
  norm.eval();
  const x = randn([2, 4, 3]);
  expect(numbers(vmap((t: Tensor) => norm(t))(x))).toEqual(near(norm(x.reshape([8, 3]))));
});
