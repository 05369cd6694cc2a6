/**
 * A convolutional autoencoder on Fashion-MNIST: every picture of 784 pixels goes through 32 numbers and comes back. Three epochs reach a
 * mean squared error of 0.00995 on the test pictures (PyTorch: 0.01036).
 *
 *     node dist/autoencoder.js --data DIR [--epochs 3] [--seed 1] [--out pairs.png]
 *
 * DIR holds the four files of Fashion-MNIST (or MNIST). The picture shows test images above what comes back of them.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cat, manualSeed, randperm, scope, slice, type Tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { Conv2d, ConvTranspose2d, F, Flatten, Linear, Module, ReLU, Sequential, Sigmoid, Unflatten } from '@flambeau/nn';
import { Adam } from '@flambeau/optim';
import { FashionMNIST, saveImage } from '@flambeau/vision';

const BATCH = 128;

export class Autoencoder extends Module {
  readonly encoder: Sequential;
  readonly decoder: Sequential;

  constructor(codeSize = 32) {
    super();
    this.encoder = new Sequential(
      new Conv2d(1, 16, 3, { stride: 2, padding: 1 }), // (N, 16, 14, 14)
      new ReLU(),
      new Conv2d(16, 32, 3, { stride: 2, padding: 1 }), // (N, 32, 7, 7)
      new ReLU(),
      new Flatten(),
      new Linear(32 * 7 * 7, codeSize),
    );
    this.decoder = new Sequential(
      new Linear(codeSize, 32 * 7 * 7),
      new ReLU(),
      new Unflatten(1, [32, 7, 7]),
      new ConvTranspose2d(32, 16, 4, { stride: 2, padding: 1 }), // (N, 16, 14, 14)
      new ReLU(),
      new ConvTranspose2d(16, 1, 4, { stride: 2, padding: 1 }), // (N, 1, 28, 28)
      new Sigmoid(),
    );
  }

  /** Images (N, 1, 28, 28) in [0, 1] → the same, as well as the code can tell. */
  override forward(images: Tensor): Tensor {
    return this.decoder(this.encoder(images));
  }
}

export function trainStep(model: Autoencoder, optimizer: Adam, images: Tensor): number {
  return scope(() => {
    optimizer.zeroGrad();
    const loss = F.mseLoss(model.forward(images), images);
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

function testError(model: Autoencoder, images: Tensor): number {
  let sum = 0;
  for (const batch of images.split(500))
    sum += scope(() => noGrad(() => F.mseLoss(model.forward(batch), batch).item() * batch.shape[0]));
  return sum / images.shape[0];
}

function loadImages(root: string, train: boolean): Tensor {
  return new FashionMNIST({ root, train }).images.unsqueeze(1).float().div(255);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      epochs: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
    },
  });
  if (values.data === undefined) {
    console.error('autoencoder: name the folder of Fashion-MNIST with --data DIR');
    process.exit(2);
  }
  const epochs = Number(values.epochs);
  manualSeed(Number(values.seed));
  const [training, test] = [loadImages(values.data, true), loadImages(values.data, false)];

  const model = new Autoencoder();
  const optimizer = new Adam(model.parameters(), { lr: 2e-3 });
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let loss = 0;
    for (const chosen of randperm(training.shape[0]).split(BATCH)) loss = trainStep(model, optimizer, training.index(chosen));
    process.stdout.write(`\repoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  ${seconds().toFixed(0)} s`);
  }
  const took = seconds();

  if (values.out !== undefined) {
    const originals = test.index(slice(0, 16));
    await saveImage(cat([originals, noGrad(() => model.forward(originals))]), values.out, { nrow: 16 });
  }
  console.log(`\ntest mean squared error ${testError(model, test).toFixed(5)}`);
  console.log(`training took ${took.toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
