import { type Tensor, tensor, zeros } from '@flambeau/core';
import { expect, test } from 'vitest';
import { Buffer, deepCopy, Linear, Module, ModuleDict, Parameter, ParameterDict, ReLU, Sequential, utils } from './index.js';

test('dicts give back keys, values and entries in order', () => {
  const modules = new ModuleDict({ b: new Linear(1, 2), a: new ReLU() });
  expect([...modules.values()].map((module) => module.constructor)).toEqual([Linear, ReLU]);
  expect([...modules.entries()].map(([name]) => name)).toEqual(['b', 'a']);
  const parameters = new ParameterDict({ y: new Parameter(zeros([1])), x: new Parameter(zeros([2])) });
  const [y, x] = [...parameters.values()];
  expect([y === parameters.get('y'), x === parameters.get('x')]).toEqual([true, true]);
  expect([...parameters.entries()].map(([name, { shape }]) => [name, shape])).toEqual([
    ['y', [1]],
    ['x', [2]],
  ]);
});

test('a module prints its settings and its children', () => {
  class Scaled extends Module {
    readonly inner = new Linear(3, 2);
    override extraRepr(): string {
      return 'by=2';
    }
    forward(x: Tensor): Tensor {
      return this.inner(x).mul(2);
    }
  }
  expect(new Linear(3, 2, { bias: false }).extraRepr()).toMatch(/^inFeatures=3, outFeatures=2, bias=false$/);
  expect(new Scaled().toString()).toMatch(/^Scaled\(\n {2}by=2\n {2}\(inner\): Linear\(/);
  expect(new Sequential(new ReLU()).children()).toHaveLength(1);
});

test('a tied weight is one parameter, saved under each of its names', () => {
  class Tied extends Module {
    readonly encoder = new Linear(2, 2, { bias: false });
    readonly decoder = new Linear(2, 2, { bias: false });
    forward(x: Tensor): Tensor {
      return this.decoder(this.encoder(x));
    }
  }
  const tied = new Tied();
  tied.decoder.weight = tied.encoder.weight;
  expect(tied.parameters()).toHaveLength(1);
  expect(Object.keys(tied.stateDict())).toEqual(['encoder.weight', 'decoder.weight']);
  tied(zeros([1, 2]).add(1))
    .sum()
    .backward();
  expect(tied.encoder.weight.grad === tied.decoder.weight.grad).toBe(true);
});

test('deepCopy copies a leaf, and keeps its kind', () => {
  const leaf = tensor([1, 2], { requiresGrad: true });
  const copy = deepCopy(leaf);
  expect([copy.tolist(), copy.requiresGrad]).toEqual([[1, 2], true]);
  copy.detach().fill_(7);
  expect(leaf.tolist()).toEqual([1, 2]);
  expect(deepCopy(new Parameter(zeros([1])))).toBeInstanceOf(Parameter);
  expect(deepCopy(new Buffer(zeros([1]))).requiresGrad).toBe(false);
});

test('a pruning method of one’s own', () => {
  const { BasePruningMethod } = utils.prune;
  class Largest extends BasePruningMethod {
    computeMask(scores: Tensor) {
      return scores.ne(scores.max());
    }
  }
  const layer = new Linear(2, 1, { bias: false });
  layer.loadStateDict({ weight: tensor([[0.25, 3]]) });
  new Largest().apply(layer, 'weight');
  expect(layer.weight.tolist()).toEqual([[0.25, 0]]);
});
