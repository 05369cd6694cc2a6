/**
 * Fashion-MNIST with a convolutional network (two convolutions, two linear layers, dropout), its batches from a DataLoader: five
 * epochs of AdamW with a one-cycle learning rate. It reaches a test accuracy of 0.9219 (PyTorch: 0.9240).
 *
 *     node dist/fashion-cnn.js --data DIR [--epochs 5] [--seed 0]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { manualSeed, scope, type Tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { DataLoader, TensorDataset } from '@flambeau/data';
import { Conv2d, Dropout, F, Linear, Module } from '@flambeau/nn';
import { AdamW, OneCycleLR } from '@flambeau/optim';
import { FashionMNIST } from '@flambeau/vision';

export class CNN extends Module {
  readonly conv1 = new Conv2d(1, 32, 3, { padding: 1 });
  readonly conv2 = new Conv2d(32, 64, 3, { padding: 1 });
  readonly dropout: Dropout;
  readonly hidden = new Linear(64 * 7 * 7, 128);
  readonly output = new Linear(128, 10);

  constructor(dropout = 0.3) {
    super();
    this.dropout = new Dropout(dropout);
  }

  /** Logits of the classes: (batch, 1, 28, 28) → (batch, 10). */
  override forward(images: Tensor): Tensor {
    const half = F.maxPool2d(F.relu(this.conv1(images)), 2); // (batch, 32, 14, 14)
    const quarter = F.maxPool2d(F.relu(this.conv2(half)), 2); // (batch, 64, 7, 7)
    return this.output(F.relu(this.hidden(this.dropout(quarter.flatten(1)))));
  }
}

export function makeOptimizer(model: CNN, steps: number): [AdamW, OneCycleLR] {
  const optimizer = new AdamW(model.parameters(), { lr: 3e-3, weightDecay: 0.05 });
  return [optimizer, new OneCycleLR(optimizer, { maxLr: 3e-3, totalSteps: steps })];
}

export function trainStep(model: CNN, [optimizer, scheduler]: [AdamW, OneCycleLR], images: Tensor, labels: Tensor): number {
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

/** Images (1, 28, 28) with mean 0 and variance 1, and their labels. */
function readData(root: string, train: boolean): TensorDataset {
  const { images, labels } = new FashionMNIST({ root, train });
  return new TensorDataset(images.float().div(255).sub(0.286).div(0.353).unsqueeze(1), labels.long());
}

async function accuracy(model: CNN, dataset: TensorDataset): Promise<number> {
  let correct = 0;
  model.eval();
  for await (const [images, labels] of new DataLoader(dataset, { batchSize: 500 }))
    correct += scope(() => noGrad(() => model(images).argmax(1).eq(labels).sum().item()));
  return correct / dataset.length;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      epochs: { type: 'string', default: '5' },
      seed: { type: 'string', default: '0' },
    },
  });
  if (values.data === undefined) {
    console.error('fashion-cnn: name the folder of the four Fashion-MNIST files with --data DIR');
    process.exit(2);
  }
  const epochs = Number(values.epochs);
  manualSeed(Number(values.seed));
  const loader = new DataLoader(readData(values.data, true), { batchSize: 128, shuffle: true });
  const test = readData(values.data, false);

  const model = new CNN();
  const training = makeOptimizer(model, epochs * loader.length);
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++)
    for await (const [images, labels] of loader) {
      const loss = trainStep(model, training, images, labels);
      if (++step % 50 === 0 || step === epochs * loader.length)
        process.stdout.write(`\repoch ${epoch}/${epochs}  step ${step}  loss ${loss.toFixed(4)}  ${seconds().toFixed(0)} s`);
    }
  const trainingTime = seconds();
  console.log(`\ntest accuracy ${(await accuracy(model, test)).toFixed(4)}`);
  console.log(`training took ${trainingTime.toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
