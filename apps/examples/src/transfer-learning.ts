/**
 * Transfer learning: a ResNet-20 that was trained on CIFAR-10's photos learns Fashion-MNIST from 500 labelled images. The last layer
 * is replaced; the others are fine-tuned with a lower learning rate. It reaches a test accuracy of 0.8335 (PyTorch: 0.8226); the same
 * network from random weights (`--scratch`), 0.7378 (PyTorch: 0.7561).
 *
 *     node dist/transfer-learning.js --weights resnet20-12fca82f.th --data DIR [--epochs 8] [--seed 0] [--scratch]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { manualSeed, randperm, scope, slice, type Tensor, tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { BatchNorm2d, Conv2d, F, Linear, Module, Sequential, type StateDict } from '@flambeau/nn';
import { AdamW, OneCycleLR } from '@flambeau/optim';
import { FashionMNIST } from '@flambeau/vision';
import { load } from '@flambeau/weights';

const LABELLED = 500;
const BATCH_SIZE = 50;

/** He et al. 2015, "Deep Residual Learning for Image Recognition", section 4.2; shortcuts of type A. */
class Block extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;

  constructor(
    private readonly inChannels: number,
    private readonly channels: number,
    private readonly stride: number,
  ) {
    super();
    this.conv1 = new Conv2d(inChannels, channels, 3, { stride, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(channels);
    this.conv2 = new Conv2d(channels, channels, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(channels);
  }

  override forward(x: Tensor): Tensor {
    const inner = this.bn2(this.conv2(F.relu(this.bn1(this.conv1(x)))));
    return F.relu(inner.add(this.shortcut(x)));
  }

  /** Every second pixel, and zeros for the additional channels. */
  private shortcut(x: Tensor): Tensor {
    if (this.stride === 1) return x;
    const extra = (this.channels - this.inChannels) / 2;
    const every = slice(0, undefined, this.stride);
    return F.pad(x.index(slice(), slice(), every, every), [0, 0, 0, 0, extra, extra]);
  }
}

const stage = (inChannels: number, channels: number, stride: number): Sequential =>
  new Sequential(new Block(inChannels, channels, stride), new Block(channels, channels, 1), new Block(channels, channels, 1));

/** The names are the checkpoint's. */
export class ResNet20 extends Module {
  readonly conv1 = new Conv2d(3, 16, 3, { padding: 1, bias: false });
  readonly bn1 = new BatchNorm2d(16);
  readonly layer1 = stage(16, 16, 1);
  readonly layer2 = stage(16, 32, 2);
  readonly layer3 = stage(32, 64, 2);
  linear = new Linear(64, 10);

  /** Logits of the classes: (batch, 3, H, W) → (batch, 10), for images of any size. */
  override forward(images: Tensor): Tensor {
    const stem = F.relu(this.bn1(this.conv1(images)));
    return this.linear(this.layer3(this.layer2(this.layer1(stem))).mean([2, 3]));
  }
}

/** Reads weights that were saved from a DataParallel, which puts `module.` before every name. */
export function loadPretrained(model: ResNet20, path: string): void {
  const { state_dict: saved } = load<{ state_dict: StateDict }>(path);
  model.loadStateDict(Object.fromEntries(Object.entries(saved).map(([name, t]) => [name.replace(/^module\./, ''), t])));
}

/** AdamW with a lower learning rate for what is known already. */
export function makeOptimizer(model: ResNet20, bodyLr: number, steps: number): [AdamW, OneCycleLR] {
  const body = [...model.namedParameters()].filter(([name]) => !name.startsWith('linear')).map(([, p]) => p);
  const groups = [
    { params: body, lr: bodyLr },
    { params: [...model.linear.parameters()], lr: 1e-2 },
  ];
  const optimizer = new AdamW(groups, { weightDecay: 1e-2 });
  return [optimizer, new OneCycleLR(optimizer, { maxLr: [bodyLr, 1e-2], totalSteps: steps })];
}

export function trainStep(model: ResNet20, [optimizer, scheduler]: [AdamW, OneCycleLR], images: Tensor, labels: Tensor): number {
  const loss = scope(() => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model(images), labels);
    loss.backward();
    optimizer.step();
    return loss.item();
  });
  scheduler.step();
  return loss;
}

/** The first images (N, 3, 28, 28), prepared as for CIFAR-10, and their labels (N). */
function readData(root: string, train: boolean, count: number): [images: Tensor, labels: Tensor] {
  const { images, labels } = new FashionMNIST({ root, train });
  const perChannel = (values: number[]) => tensor(values).view([3, 1, 1]);
  const grey = images.narrow(0, 0, count).float().div(255).unsqueeze(1);
  const colours = grey.sub(perChannel([0.485, 0.456, 0.406])).div(perChannel([0.229, 0.224, 0.225]));
  return [colours, labels.narrow(0, 0, count).long()];
}

function accuracy(model: ResNet20, images: Tensor, labels: Tensor): number {
  model.eval();
  const targets = labels.split(500);
  const correct = images
    .split(500)
    .map((batch, i) => scope(() => noGrad(() => model(batch).argmax(1).eq(targets[i]).sum().item())));
  return correct.reduce((a, b) => a + b) / labels.numel;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      weights: { type: 'string' },
      data: { type: 'string' },
      epochs: { type: 'string', default: '8' },
      seed: { type: 'string', default: '0' },
      scratch: { type: 'boolean', default: false },
    },
  });
  if (values.data === undefined || (values.weights === undefined && !values.scratch)) {
    console.error(
      'transfer-learning: name the checkpoint with --weights FILE and the folder of the Fashion-MNIST files with --data DIR',
    );
    process.exit(2);
  }
  const epochs = Number(values.epochs);
  manualSeed(Number(values.seed));
  const [images, labels] = readData(values.data, true, LABELLED);
  const test = readData(values.data, false, 10_000);

  const model = new ResNet20();
  if (!values.scratch) loadPretrained(model, values.weights as string);
  model.linear = new Linear(64, 10); // of the ten classes of clothes
  const training = makeOptimizer(model, values.scratch ? 5e-3 : 2e-3, (epochs * LABELLED) / BATCH_SIZE);
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let loss = 0;
    for (const indices of randperm(LABELLED).split(BATCH_SIZE))
      loss = trainStep(model, training, images.indexSelect(0, indices), labels.indexSelect(0, indices));
    process.stdout.write(`\repoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  ${seconds().toFixed(0)} s`);
  }
  const trainingTime = seconds();
  console.log(`\ntest accuracy ${accuracy(model, ...test).toFixed(4)}`);
  console.log(`training took ${trainingTime.toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
