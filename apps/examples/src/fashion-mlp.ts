/**
 * Fashion-MNIST with a multilayer perceptron (784-512-256-10) in a training loop written by hand: ten epochs of AdamW with a
 * one-cycle learning rate. It reaches a test accuracy of 0.8991 (PyTorch: 0.9001).
 *
 *     node dist/fashion-mlp.js --data DIR [--epochs 10] [--seed 0]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { manualSeed, randperm, scope, type Tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { F, Linear, Module, ReLU, Sequential } from '@flambeau/nn';
import { AdamW, OneCycleLR } from '@flambeau/optim';
import { FashionMNIST } from '@flambeau/vision';

const BATCH_SIZE = 128;

export class MLP extends Module {
  readonly layers = new Sequential(new Linear(784, 512), new ReLU(), new Linear(512, 256), new ReLU(), new Linear(256, 10));

  /** Logits of the classes: (batch, 784) → (batch, 10). */
  override forward(images: Tensor): Tensor {
    return this.layers(images);
  }
}

export function makeOptimizer(model: MLP, steps: number): [AdamW, OneCycleLR] {
  const optimizer = new AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0.05 });
  return [optimizer, new OneCycleLR(optimizer, { maxLr: 2e-3, totalSteps: steps })];
}

export function trainStep(model: MLP, [optimizer, scheduler]: [AdamW, OneCycleLR], images: Tensor, labels: Tensor): number {
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

/** Images (N, 784) with mean 0 and variance 1, and their labels (N). */
function readData(root: string, train: boolean): [images: Tensor, labels: Tensor] {
  const { images, labels } = new FashionMNIST({ root, train });
  return [images.float().div(255).sub(0.286).div(0.353).flatten(1), labels.long()];
}

function accuracy(model: MLP, images: Tensor, labels: Tensor): number {
  return scope(() => noGrad(() => model(images).argmax(1).eq(labels).float().mean().item()));
}

function main(): void {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      epochs: { type: 'string', default: '10' },
      seed: { type: 'string', default: '0' },
    },
  });
  if (values.data === undefined) {
    console.error('fashion-mlp: name the folder of the four Fashion-MNIST files with --data DIR');
    process.exit(2);
  }
  const epochs = Number(values.epochs);
  manualSeed(Number(values.seed));
  const [images, labels] = readData(values.data, true);
  const test = readData(values.data, false);

  const model = new MLP();
  const training = makeOptimizer(model, epochs * Math.ceil(labels.numel / BATCH_SIZE));
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let loss = 0;
    for (const indices of randperm(labels.numel).split(BATCH_SIZE))
      loss = trainStep(model, training, images.indexSelect(0, indices), labels.indexSelect(0, indices));
    process.stdout.write(`\repoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  ${seconds().toFixed(0)} s`);
  }
  const trainingTime = seconds();
  console.log(`\ntest accuracy ${accuracy(model, ...test).toFixed(4)}`);
  console.log(`training took ${trainingTime.toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
