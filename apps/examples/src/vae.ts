/**
 * A variational autoencoder on MNIST (Kingma and Welling 2013: one hidden layer of 400 units, 20 latent numbers). Five epochs reach a
 * negative evidence lower bound of 108.55 nats on the test digits (PyTorch: 108.07); `--out` draws new digits.
 *
 *     node dist/vae.js --data DIR [--epochs 5] [--seed 1] [--out digits.png]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { manualSeed, randn, randperm, scope, type Tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { F, Linear, Module } from '@flambeau/nn';
import { Adam } from '@flambeau/optim';
import { MNIST, saveImage } from '@flambeau/vision';

const PIXELS = 28 * 28;
const BATCH = 128;

export class VAE extends Module {
  readonly hidden: Linear;
  readonly mean: Linear;
  readonly logVariance: Linear;
  readonly decoderHidden: Linear;
  readonly pixels: Linear;

  constructor(
    hiddenSize = 400,
    readonly latentSize = 20,
  ) {
    super();
    this.hidden = new Linear(PIXELS, hiddenSize);
    this.mean = new Linear(hiddenSize, latentSize);
    this.logVariance = new Linear(hiddenSize, latentSize);
    this.decoderHidden = new Linear(latentSize, hiddenSize);
    this.pixels = new Linear(hiddenSize, PIXELS);
  }

  /** Images (N, 784) → mean and log variance of the latent numbers, (N, latent) each. */
  encode(images: Tensor): [mean: Tensor, logVariance: Tensor] {
    const h = this.hidden(images).relu();
    return [this.mean(h), this.logVariance(h)];
  }

  /** Latent numbers (N, latent) → logits of the pixels (N, 784). */
  decode(latent: Tensor): Tensor {
    return this.pixels(this.decoderHidden(latent).relu());
  }

  /**
   * The negative evidence lower bound in nats per image: what the decoder's pixels cost, and how far the latent numbers are from a
   * standard normal distribution.
   *
   * @param noise - Standard normal, (N, latent): the latent numbers are mean + deviation · noise, which lets gradients through.
   */
  override forward(images: Tensor, noise: Tensor): Tensor {
    const [mean, logVariance] = this.encode(images);
    const latent = mean.add(logVariance.mul(0.5).exp().mul(noise));
    const reconstruction = F.binaryCrossEntropyWithLogits(this.decode(latent), images, { reduction: 'sum' });
    const divergence = logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum().mul(-0.5);
    return reconstruction.add(divergence).div(images.shape[0]);
  }
}

export function trainStep(model: VAE, optimizer: Adam, images: Tensor, noise: Tensor): number {
  return scope(() => {
    optimizer.zeroGrad();
    const loss = model.forward(images, noise);
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

function testBound(model: VAE, images: Tensor): number {
  const batches = images.split(1000);
  const sum = batches.reduce(
    (total, batch) => total + scope(() => noGrad(() => model.forward(batch, randn([batch.shape[0], model.latentSize])).item())),
    0,
  );
  return sum / batches.length;
}

/** New digits (N, 1, 28, 28): what the decoder makes of random latent numbers. */
export function sample(model: VAE, count: number): Tensor {
  return noGrad(() =>
    model
      .decode(randn([count, model.latentSize]))
      .sigmoid()
      .view([count, 1, 28, 28]),
  );
}

function loadImages(root: string, train: boolean): Tensor {
  return new MNIST({ root, train }).images.flatten(1).float().div(255);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      epochs: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
    },
  });
  if (values.data === undefined) {
    console.error('vae: name the folder of MNIST with --data DIR');
    process.exit(2);
  }
  const epochs = Number(values.epochs);
  manualSeed(Number(values.seed));
  const [training, test] = [loadImages(values.data, true), loadImages(values.data, false)];

  const model = new VAE();
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let loss = 0;
    for (const chosen of randperm(training.shape[0]).split(BATCH))
      loss = trainStep(model, optimizer, training.index(chosen), randn([chosen.shape[0], model.latentSize]));
    process.stdout.write(`\repoch ${epoch}/${epochs}  loss ${loss.toFixed(2)}  ${seconds().toFixed(0)} s`);
  }
  const took = seconds();

  if (values.out !== undefined) await saveImage(sample(model, 64), values.out);
  console.log(`\ntest negative bound ${testBound(model, test).toFixed(2)}`);
  console.log(`training took ${took.toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
