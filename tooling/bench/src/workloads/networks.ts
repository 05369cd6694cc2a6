/** Whole networks: training steps from the batch to the updated parameters, and inference. */
import { autocast, inferenceMode, noGrad } from '@flambeau/autograd';
import { cat, crossEntropy, stack, type Tensor } from '@flambeau/core';
import { Conv2d, Flatten, Linear, MaxPool2d, type Module, ReLU, Sequential } from '@flambeau/nn';
import { Adam, AdamW, type Optimizer, SGD } from '@flambeau/optim';
import { initialise, NOISE } from '../models/initialise.js';
import { mobilenetV2 } from '../models/mobilenet.js';
import { resnet18 } from '../models/resnet.js';
import { bert, gptBlocks } from '../models/transformer.js';
import { arithmetic, type Inputs, type InputSpec, type Prepared, row, type Target, type Workload } from '../workload.js';
import { plainAndScoped } from './operation.js';
import { withAndWithoutWinograd } from './winograd.js';

type Model = Module & ((x: Tensor) => Tensor);

interface Training {
  readonly name: string;
  /** The function in `python/models.py`. */
  readonly model: string;
  readonly x: InputSpec;
  /** Classes of the labels; without, the loss is the output's mean square. */
  readonly classes?: number;
  readonly optimizer: keyof typeof OPTIMIZERS;
  readonly lr: number;
  /** Forward in bfloat16. */
  readonly autocast?: boolean;
  /** Multiplications and additions of a step. */
  readonly flops: number;
  /** Steps after which losses and parameters are compared. */
  readonly steps: number;
  readonly target: Target;
  readonly tolerance?: number;
}

const OPTIMIZERS = {
  sgd: (p: Tensor[], lr: number): Optimizer => new SGD(p, { lr, momentum: 0.9 }),
  adam: (p: Tensor[], lr: number): Optimizer => new Adam(p, { lr }),
  adamw: (p: Tensor[], lr: number): Optimizer => new AdamW(p, { lr }),
};

const MODELS: Readonly<Record<string, () => Module>> = {
  mlp: () => new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10)),
  lenet: () =>
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
    ),
  resnet18,
  mobilenet_v2: mobilenetV2,
  gpt: gptBlocks,
  bert,
};

const build = (name: string, { noise }: Inputs): Model => initialise(MODELS[name](), noise) as Model;

// ---- training ----

function trainer(t: Training, inputs: Inputs) {
  const model = build(t.model, inputs);
  const parameters = [...model.parameters()];
  const optimizer = OPTIMIZERS[t.optimizer](parameters, t.lr);
  const { x, y } = inputs;
  const lossOf = () => (y === undefined ? model(x).square().mean() : crossEntropy(model(x), y));
  return {
    parameters,
    step(): Tensor {
      optimizer.zeroGrad();
      const loss = t.autocast ? autocast({ dtype: 'bfloat16' }, lossOf) : lossOf();
      loss.backward();
      optimizer.step();
      return loss;
    },
  };
}

function prepareTraining(t: Training, inputs: Inputs): Prepared {
  let own: ReturnType<typeof trainer> | undefined;
  return {
    variants: plainAndScoped(() => {
      own ??= trainer(t, inputs);
      own.step();
    }),
    outputs() {
      const { step, parameters } = trainer(t, inputs);
      const losses = Array.from({ length: t.steps }, () => step().detach());
      return [stack(losses), noGrad(() => cat(parameters.map((p) => p.flatten())))];
    },
  };
}

function training(t: Training): Workload {
  const labels: Record<string, InputSpec> =
    t.classes === undefined ? {} : { y: { shape: [t.x.shape[0]], dtype: 'int64', classes: t.classes } };
  return {
    name: t.name,
    peer: { op: t.model, pass: 'step', optimizer: t.optimizer, lr: t.lr, steps: t.steps, autocast: t.autocast ?? false },
    inputs: { x: t.x, noise: NOISE, ...labels },
    ceiling: arithmetic(t.flops, t.autocast ? 'bfloat16' : 'float32'),
    lines: row(t.target),
    tolerance: t.tolerance ?? 1e-3,
    prepare: (inputs) => prepareTraining(t, inputs),
  };
}

// ---- inference ----

const inference = (name: string, model: string, x: InputSpec, flops: number, target: Target): Workload => ({
  name,
  peer: { op: model, pass: 'inference' },
  inputs: { x, noise: NOISE },
  ceiling: arithmetic(flops),
  lines: row(target),
  tolerance: 1e-4,
  prepare(inputs) {
    const network = build(model, inputs).eval();
    const run = () => inferenceMode(() => network(inputs.x));
    return { variants: plainAndScoped(run), outputs: () => [run()] };
  },
});

// ---- the rows ----

const linearFlops = (rows: number, inputs: number, outputs: number) => 2 * rows * inputs * outputs;
const convFlops = (inputs: number, outputs: number, size: number) => 2 * 64 * inputs * outputs * 9 * size * size;

// the first layer's input needs no gradient
const steps: readonly Training[] = [
  {
    name: 'mlp',
    model: 'mlp',
    x: { shape: [64, 784] },
    classes: 10,
    optimizer: 'adam',
    lr: 1e-3,
    flops: 2 * linearFlops(64, 784, 128) + 3 * linearFlops(64, 128, 10),
    steps: 5,
    target: { ratio: 3 },
  },
  {
    name: 'lenet',
    model: 'lenet',
    x: { shape: [64, 1, 28, 28] },
    classes: 10,
    optimizer: 'adam',
    lr: 1e-3,
    flops: 2 * convFlops(1, 32, 28) + 3 * (convFlops(32, 64, 14) + linearFlops(64, 3136, 128) + linearFlops(64, 128, 10)),
    steps: 5,
    target: { ratio: 2 },
  },
];

/** Of one image of 224 by 224: of all convolutions and the last layer. */
const RESNET18_FLOPS = 3.628e9;
const RESNET18_STEM_FLOPS = 2 * 64 * 147 * 112 * 112;
const MOBILENET_FLOPS = 0.6016e9;
const images = (batch: number): InputSpec => ({ shape: [batch, 3, 224, 224] });

const resnetTraining = (batch: number): Training => ({
  name: `resnet18.training.${batch}`,
  model: 'resnet18',
  x: images(batch),
  classes: 1000,
  optimizer: 'sgd',
  lr: 0.01,
  flops: batch * (3 * RESNET18_FLOPS - RESNET18_STEM_FLOPS),
  steps: 2,
  target: { ratio: 1.05 },
  tolerance: 5e-3,
});

const resnets = [
  training(resnetTraining(8)),
  training(resnetTraining(1)),
  ...[8, 1].map((batch) =>
    inference(`resnet18.inference.${batch}`, 'resnet18', images(batch), batch * RESNET18_FLOPS, { ratio: 1.05 }),
  ),
].map((w) => withAndWithoutWinograd(w, { ratio: 1.2 }, { ratio: 1.05 }));

const mobilenets = [8, 1].map((batch) =>
  inference(`mobilenetV2.inference.${batch}`, 'mobilenet_v2', images(batch), batch * MOBILENET_FLOPS, { ratio: 1.5 }),
);

const D = 768;
/** Of 12 blocks forward: two for each weight and token, and the products of attention (all of them, as model FLOPs are counted). */
const blockFlops = (batch: number, tokens: number) => 12 * batch * tokens * (2 * 12 * D * D + 4 * tokens * D);
const gptInput: InputSpec = { shape: [4, 256, D] };

const gptTraining: Training = {
  name: 'gpt12.training',
  model: 'gpt',
  x: gptInput,
  optimizer: 'adamw',
  lr: 1e-4,
  flops: 3 * blockFlops(4, 256),
  steps: 2,
  target: { ratio: 1.1, ofCeiling: 0.75 },
};

const transformers = [
  training(gptTraining),
  training({ ...gptTraining, name: 'gpt12.bf16Training', autocast: true, target: { ratio: 1 }, tolerance: 2e-2 }),
  inference('gpt12.inference', 'gpt', gptInput, blockFlops(4, 256), { ratio: 1.05 }),
  ...[1, 8].map((batch) =>
    inference(
      `bert.inference.${batch}`,
      'bert',
      { shape: [batch, 128], dtype: 'int64', classes: 30522 },
      blockFlops(batch, 128),
      { ratio: 1.05 },
    ),
  ),
];

/** Peak memory of a process that does nothing but train. */
const memory = [resnetTraining(8), gptTraining].map(
  (t): Workload => ({
    ...training({ ...t, name: `memory.${t.name}`, target: { ratio: 1 } }),
    ceiling: undefined,
    measures: 'memory',
  }),
);

export const networks: readonly Workload[] = [...steps.map(training), ...resnets, ...mobilenets, ...transformers, ...memory];
