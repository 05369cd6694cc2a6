import type { Tensor } from '@flambeau/core';
import { BatchNorm2d, Conv2d, Dropout, Linear, MaxPool2d, ReLU, Sequential } from '@flambeau/nn';
import { crossEntropy } from '@flambeau/nn/functional';
import { AdamW, OneCycleLR } from '@flambeau/optim';
import { LightningModule, type OptimizerConfig } from '@flambeau/trainer';

export interface Settings {
  readonly imageSize: number;
  readonly classes: number;
  readonly learningRate: number;
  /** Optimizer steps of the whole run. */
  readonly totalSteps: number;
}

type Batch = [images: Tensor, labels: Tensor];

const block = (inChannels: number, outChannels: number): Sequential =>
  new Sequential(new Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false }), new BatchNorm2d(outChannels), new ReLU());

/** Three convolutions with batch norm, two poolings, one linear layer: small, but as real networks are built. */
export class DigitClassifier extends LightningModule {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(readonly settings: Settings) {
    super();
    const { imageSize, classes } = settings;
    this.features = new Sequential(block(1, 32), block(32, 64), new MaxPool2d(2), block(64, 64), new MaxPool2d(2));
    const pooled = Math.floor(Math.floor(imageSize / 2) / 2);
    this.classifier = new Sequential(new Dropout(0.3), new Linear(64 * pooled * pooled, classes));
    this.saveHyperparameters({ ...settings });
  }

  /** Images (N, 1, H, W) to logits (N, classes). */
  forward(images: Tensor): Tensor {
    return this.classifier(this.features(images).flatten(1)); // (N, 64, H/4, W/4) → (N, classes)
  }

  override trainingStep([images, labels]: Batch): Tensor {
    const loss = crossEntropy(this.forward(images), labels, { labelSmoothing: 0.05 });
    this.log('loss', loss, { progBar: true });
    return loss;
  }
  override validationStep([images, labels]: Batch): void {
    this.evaluate('val', images, labels);
  }
  override testStep([images, labels]: Batch): void {
    this.evaluate('test', images, labels);
  }

  private evaluate(stage: 'val' | 'test', images: Tensor, labels: Tensor): void {
    const logits = this.forward(images);
    this.log(`${stage}Loss`, crossEntropy(logits, labels), { progBar: true });
    this.log(`${stage}Accuracy`, logits.argmax(1).eq(labels).float().mean(), { progBar: true });
  }

  override configureOptimizers(): OptimizerConfig {
    const { learningRate, totalSteps } = this.settings;
    const optimizer = new AdamW(this.parameters(), { lr: learningRate, weightDecay: 0.05 });
    return {
      optimizer,
      lrScheduler: { scheduler: new OneCycleLR(optimizer, { maxLr: learningRate, totalSteps }), interval: 'step' },
    };
  }
}
