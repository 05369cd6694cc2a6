/**
 * Fashion-MNIST with a small residual network (three blocks of 32, 64 and 128 channels, batch norm), trained by the Trainer: two
 * epochs of SGD with a one-cycle learning rate. It reaches a test accuracy of 0.9186 (PyTorch: 0.9178).
 *
 *     node dist/fashion-resnet.js --data DIR [--epochs 2] [--seed 0]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { manualSeed, type Tensor } from '@flambeau/core';
import { DataLoader, TensorDataset } from '@flambeau/data';
import { BatchNorm2d, Conv2d, F, Linear, Module, Sequential } from '@flambeau/nn';
import { OneCycleLR, SGD } from '@flambeau/optim';
import { LightningModule, type OptimizerConfig, Trainer } from '@flambeau/trainer';
import { FashionMNIST } from '@flambeau/vision';

type Batch = [images: Tensor, labels: Tensor];

const conv3x3 = (inChannels: number, outChannels: number, stride = 1): Conv2d =>
  new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, bias: false });

/** Two convolutions and a way around them. He et al. 2015, "Deep Residual Learning for Image Recognition". */
class Block extends Module {
  readonly conv1: Conv2d;
  readonly norm1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly shortcut: Sequential;

  constructor(inChannels: number, channels: number, stride: number) {
    super();
    this.conv1 = conv3x3(inChannels, channels, stride);
    this.norm1 = new BatchNorm2d(channels);
    this.conv2 = conv3x3(channels, channels);
    this.norm2 = new BatchNorm2d(channels);
    this.shortcut = new Sequential(); // nothing, unless the shape changes
    if (stride !== 1)
      this.shortcut.append(new Conv2d(inChannels, channels, 1, { stride, bias: false })).append(new BatchNorm2d(channels));
  }

  override forward(x: Tensor): Tensor {
    const inner = F.relu(this.norm1(this.conv1(x)));
    return F.relu(this.norm2(this.conv2(inner)).add(this.shortcut(x)));
  }
}

export class ResNet extends LightningModule {
  readonly conv = conv3x3(1, 32);
  readonly norm = new BatchNorm2d(32);
  readonly blocks = new Sequential(new Block(32, 32, 1), new Block(32, 64, 2), new Block(64, 128, 2));
  readonly output = new Linear(128, 10);

  /** `steps`: optimizer steps of the whole training, over which the learning rate rises and falls. */
  constructor(readonly steps: number) {
    super();
  }

  /** Logits of the classes: (batch, 1, 28, 28) → (batch, 10). */
  override forward(images: Tensor): Tensor {
    const stem = F.maxPool2d(F.relu(this.norm(this.conv(images))), 2); // (batch, 32, 14, 14)
    return this.output(this.blocks(stem).mean([2, 3])); // (batch, 128, 4, 4) before the mean
  }

  override trainingStep([images, labels]: Batch): Tensor {
    const loss = F.crossEntropy(this.forward(images), labels);
    this.log('loss', loss, { progBar: true });
    return loss;
  }

  override testStep([images, labels]: Batch): void {
    this.log('accuracy', this.forward(images).argmax(1).eq(labels).float().mean());
  }

  override configureOptimizers(): OptimizerConfig {
    const optimizer = new SGD(this.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 });
    const scheduler = new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: this.steps });
    return { optimizer, lrScheduler: { scheduler, interval: 'step' } };
  }
}

/** Images (1, 28, 28) with mean 0 and variance 1, and their labels. */
function readData(root: string, train: boolean): TensorDataset {
  const { images, labels } = new FashionMNIST({ root, train });
  return new TensorDataset(images.float().div(255).sub(0.286).div(0.353).unsqueeze(1), labels.long());
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      epochs: { type: 'string', default: '2' },
      seed: { type: 'string', default: '0' },
    },
  });
  if (values.data === undefined) {
    console.error('fashion-resnet: name the folder of the four Fashion-MNIST files with --data DIR');
    process.exit(2);
  }
  const maxEpochs = Number(values.epochs);
  manualSeed(Number(values.seed));
  const loader = new DataLoader(readData(values.data, true), { batchSize: 128, shuffle: true });
  const testLoader = new DataLoader(readData(values.data, false), { batchSize: 500 });

  const model = new ResNet(maxEpochs * loader.length);
  const trainer = new Trainer({ maxEpochs, logger: false, enableCheckpointing: false });
  const start = performance.now();
  await trainer.fit(model, loader);
  const trainingTime = (performance.now() - start) / 1000;
  const { accuracy } = await trainer.test(model, testLoader);
  console.log(`\ntest accuracy ${accuracy.toFixed(4)}`);
  console.log(`training took ${trainingTime.toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
