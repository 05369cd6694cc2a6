import { type Tensor, tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import {
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  Embedding,
  Flatten,
  Linear,
  MaxPool2d,
  Module,
  ModuleList,
  ReLU,
  Sequential,
  summary,
} from './index.js';

const cnn = () =>
  new Sequential({
    features: new Sequential(new Conv2d(1, 4, 3, { padding: 1 }), new BatchNorm2d(4), new ReLU(), new MaxPool2d(2)),
    flatten: new Flatten(),
    head: new Linear(64, 10),
  });

test('a summary lists layers, shapes, parameters and multiply-adds', () => {
  const model = cnn();
  model.getSubmodule('head').requiresGrad_(false);
  const result = summary(model, [2, 1, 8, 8]);
  expect(result.layers.map(({ name, outputShape, parameters }) => [name, outputShape, parameters])).toEqual([
    ['', [2, 10], 0],
    ['features', [2, 4, 4, 4], 0],
    ['features.0', [2, 4, 8, 8], 40],
    ['features.1', [2, 4, 8, 8], 8],
    ['features.2', [2, 4, 8, 8], 0],
    ['features.3', [2, 4, 4, 4], 0],
    ['flatten', [2, 64], 0],
    ['head', [2, 10], 650],
  ]);
  const convolution = 9 * 2 * 4 * 8 * 8;
  expect(result.layers[2].multiplyAdds).toBe(convolution);
  expect(result.layers[7].multiplyAdds).toBe(2 * 10 * 64);
  expect(result.totalMultiplyAdds).toBe(convolution + 2 * 4 * 8 * 8 + 2 * 10 * 64);
  expect(result).toMatchObject({ totalParameters: 698, trainableParameters: 48 });
  expect(String(result)).toContain('    Conv2d (features.0)       (2, 4, 8, 8)          40          4,608');
  expect(String(result)).toMatch(
    /Parameters: 698 \(48 trainable\)\nMultiply-adds: 6,400\nMemory: 0\.00 MiB input, .* parameters$/,
  );
  // convolution, norm and ReLU (2, 4, 8, 8), pooling and flattening (2, 64), head (2, 10)
  expect(result.outputBytes).toBe(4 * (3 * 512 + 2 * 128 + 20));
  expect(result.inputBytes).toBe(4 * 128);
  expect(result.parameterBytes).toBe(4 * (698 + 8) + 8); // with two statistics of four channels and the count of batches
});

test('it leaves modes, statistics and hooks as they were', () => {
  const model = cnn();
  model.getSubmodule('flatten').eval();
  const before = JSON.stringify(model);
  const mean = model.stateDict()['features.1.running_mean'].toArray();
  summary(model, [2, 1, 8, 8]);
  expect(JSON.stringify(model)).toBe(before);
  expect(model.stateDict()['features.1.running_mean'].toArray()).toEqual(mean);
});

test('it takes inputs as they are, and containers that are not called', () => {
  class Lookup extends Sequential {
    unused = new ModuleList([new Linear(1, 1)]);
  }
  const model = new Lookup(new Embedding(5, 3));
  model.unused = new ModuleList();
  const result = summary(model[0], [tensor([[1, 2]], { dtype: 'int64' })]);
  expect(result.layers[0]).toMatchObject({ outputShape: [1, 2, 3], parameters: 15, multiplyAdds: 0 });
});

test('it counts the weights of transposed convolutions once per input position', () => {
  expect(summary(new ConvTranspose2d(4, 6, 3, { stride: 2 }), [2, 4, 5, 5]).totalMultiplyAdds).toBe(4 * 6 * 9 * 2 * 25);
});

test('it refuses models with hidden layers', () => {
  class Hidden extends Module {
    readonly #layer = new Linear(2, 2);
    forward(x: Tensor): Tensor {
      return this.#layer(x);
    }
  }
  expect(() => summary(new Hidden(), [1, 2])).toThrow('a Linear ran in Hidden that is not part of it');
});
