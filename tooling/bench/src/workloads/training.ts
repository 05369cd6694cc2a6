/** Whole training steps, from the batch to the updated parameters. */
import { noGrad } from '@flambeau/autograd';
import { cat, crossEntropy, scope, stack, type Tensor } from '@flambeau/core';
import { Conv2d, Flatten, Linear, MaxPool2d, type Module, ReLU, Sequential } from '@flambeau/nn';
import { Adam } from '@flambeau/optim';
import { type Ceiling, type InputSpec, type Inputs, type Prepared, repeat, workload } from '../workload.js';

const BATCH = 64;
/** Steps after which losses and parameters are compared. */
const STEPS = 5;

type Model = Module & ((x: Tensor) => Tensor);

/** A model with an optimizer, and the parameters that all sides start from: inputs `p0`, `p1`, … in the model's order. */
function trainer(build: () => Model, inputs: Inputs): { step(): Tensor; parameters(): Tensor } {
  const model = build();
  const parameters = [...model.parameters()];
  noGrad(() => parameters.forEach((p, i) => void p.copy_(inputs[`p${i}`])));
  const optimizer = new Adam(parameters, { lr: 1e-3 });
  return {
    step() {
      optimizer.zeroGrad();
      const loss = crossEntropy(model(inputs.x), inputs.y);
      loss.backward();
      optimizer.step();
      return loss;
    },
    parameters: () => noGrad(() => cat(parameters.map((p) => p.flatten()))),
  };
}

function prepare(build: () => Model, inputs: Inputs): Prepared {
  const plain = trainer(build, inputs);
  const scoped = trainer(build, inputs);
  return {
    variants: { plain: repeat(() => plain.step()), scope: repeat(() => scope(() => void scoped.step())) },
    outputs(variant) {
      const { step, parameters } = trainer(build, inputs);
      const one = variant === 'scope' ? () => scope(step) : step;
      const losses = Array.from({ length: STEPS }, () => one().detach());
      return [stack(losses), parameters()];
    },
  };
}

/** Parameters' inputs, each scaled as a layer of that many inputs is initialised. */
function parameterInputs(shapes: readonly (readonly number[])[]): Record<string, InputSpec> {
  return Object.fromEntries(
    shapes.map((shape, i) => {
      const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
      return [`p${i}`, { shape, dtype: 'float32', scale: shape.length > 1 ? 1 / Math.sqrt(fanIn) : 0.01 }];
    }),
  );
}

const training = (
  name: string,
  image: readonly number[],
  parameters: readonly (readonly number[])[],
  ceiling: Ceiling,
  build: () => Model,
) =>
  workload<string>({
    name,
    inputs: {
      x: { shape: [BATCH, ...image], dtype: 'float32' },
      y: { shape: [BATCH], dtype: 'int64', classes: 10 },
      ...parameterInputs(parameters),
    },
    ceiling,
    tolerance: 1e-3,
    prepare: (inputs) => prepare(build, inputs),
  });

const linearFlops = (inputs: number, outputs: number) => 2 * BATCH * inputs * outputs;
const convFlops = (inputs: number, outputs: number, size: number) => 2 * BATCH * inputs * outputs * 9 * size * size;

const mlp = training(
  'mlp',
  [784],
  [[128, 784], [128], [10, 128], [10]],
  // the first layer's input needs no gradient
  { kind: 'fma', flops: 2 * linearFlops(784, 128) + 3 * linearFlops(128, 10) },
  () => new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10)) as Model,
);

const lenet = training(
  'lenet',
  [1, 28, 28],
  [[32, 1, 3, 3], [32], [64, 32, 3, 3], [64], [128, 3136], [128], [10, 128], [10]],
  {
    kind: 'fma',
    flops: 2 * convFlops(1, 32, 28) + 3 * (convFlops(32, 64, 14) + linearFlops(3136, 128) + linearFlops(128, 10)),
  },
  () =>
    new Sequential(
      new Conv2d(1, 32, 3, { padding: 1 }),
      new ReLU(),
      new MaxPool2d(2),
      new Conv2d(32, 64, 3, { padding: 1 }),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      new Linear(3136, 128),
      new ReLU(),
      new Linear(128, 10),
    ) as Model,
);

export const trainingSteps = [mlp, lenet];
