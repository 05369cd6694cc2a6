/** The smallest things to train, for tests. */
import { manualSeed, randn, type Tensor } from '@flambeau/core';
import { DataLoader, TensorDataset } from '@flambeau/data';
import { Linear } from '@flambeau/nn';
import { mseLoss } from '@flambeau/nn/functional';
import { SGD } from '@flambeau/optim';
import { LightningModule, type Optimizers, type StepOutput, Trainer, type TrainerOptions } from '../src/index.js';

export type Batch = [x: Tensor, y: Tensor];

/** Linear regression. Keeps the loss of every training batch. */
export class Boring extends LightningModule {
  net = new Linear(4, 1);
  readonly losses: Tensor[] = [];
  constructor(readonly lr = 0.1) {
    super();
  }
  forward(x: Tensor): Tensor {
    return this.net(x);
  }
  override trainingStep([x, y]: Batch, _index?: number): StepOutput | Promise<StepOutput> {
    const loss = mseLoss(this.net(x), y);
    this.losses.push(loss.detach());
    this.log('loss', loss);
    return loss;
  }
  override configureOptimizers(): Optimizers {
    return new SGD(this.parameters(), { lr: this.lr });
  }
  lossValues(): number[] {
    return this.losses.map((l) => Number(l.item()));
  }
}

export class BoringWithValidation extends Boring {
  override validationStep([x, y]: Batch): void {
    this.log('valLoss', mseLoss(this.net(x), y));
  }
  override testStep([x, y]: Batch): void {
    this.log('testLoss', mseLoss(this.net(x), y));
  }
}

/** `samples` points of one fixed linear function. */
export function regressionData(samples: number): TensorDataset {
  manualSeed(7);
  const x = randn([samples, 4]);
  return new TensorDataset(x, x.matmul(randn([4, 1])).add(0.5));
}
export const loaderOf = (samples: number, batchSize: number): DataLoader<Tensor[], Tensor[]> =>
  new DataLoader(regressionData(samples), { batchSize, seed: 0 });

/** A model that always begins with the same weights. */
export function seeded<M>(make: () => M): M {
  manualSeed(1);
  return make();
}

/** A trainer that writes nothing but what the options ask for. */
export const quiet = (options: TrainerOptions = {}): Trainer =>
  new Trainer({
    logger: false,
    enableCheckpointing: false,
    enableProgressBar: false,
    enableModelSummary: false,
    maxEpochs: 1,
    ...options,
  });
