// One training run with everything that is random, in a process of its own: node resumable.mjs <folder> <JSON options>.
// Appends every loss to <folder>/losses.txt at once, so that they are there after a kill, and ends with the hash of the weights.
import { createHash } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { manualSeed } from '@flambeau/core';
import { DataLoader } from '@flambeau/data';
import { BatchNorm1d, Dropout, Linear, ReLU, Sequential } from '@flambeau/nn';
import { mseLoss } from '@flambeau/nn/functional';
import { AdamW, OneCycleLR } from '@flambeau/optim';
import { LightningModule, ModelCheckpoint, Trainer } from '@flambeau/trainer';
import { NoisyPoints } from './noisy-dataset.mjs';

const [folder, json] = process.argv.slice(2);
const { ckptPath, numWorkers, stepMilliseconds = 0, valCheckInterval = 1, accumulateGradBatches = 1 } = JSON.parse(json);
const EPOCHS = 3;
const SAMPLES = 80;
const BATCH = 8;

class Net extends LightningModule {
  net = new Sequential(new Linear(8, 16), new BatchNorm1d(16), new ReLU(), new Dropout(0.3), new Linear(16, 1));
  forward(x) {
    return this.net(x);
  }
  async trainingStep([x, y], index) {
    const loss = mseLoss(this(x), y);
    this.log('loss', loss, { onEpoch: true });
    appendFileSync(`${folder}/losses.txt`, `${this.currentEpoch} ${index} ${loss.item()}\n`);
    if (stepMilliseconds) await new Promise((resolve) => setTimeout(resolve, stepMilliseconds));
    return loss;
  }
  validationStep([x, y]) {
    this.log('valLoss', mseLoss(this(x), y));
  }
  configureOptimizers() {
    const optimizer = new AdamW(this.parameters(), { lr: 1e-3 });
    const totalSteps = Math.ceil(SAMPLES / BATCH / accumulateGradBatches) * EPOCHS;
    return { optimizer, lrScheduler: { scheduler: new OneCycleLR(optimizer, { maxLr: 0.02, totalSteps }), interval: 'step' } };
  }
  onTrainEpochEnd() {
    appendFileSync(`${folder}/epochs.txt`, `${this.currentEpoch} ${this.trainer.metrics.values.valLoss}\n`);
  }
}

manualSeed(ckptPath ? 999 : 5); // a resumed run must not depend on how its process began
const loader = (length) => new DataLoader(new NoisyPoints(length), { batchSize: BATCH, shuffle: true, numWorkers });
const model = new Net();
const trainer = new Trainer({
  maxEpochs: EPOCHS,
  valCheckInterval,
  accumulateGradBatches,
  defaultRootDir: folder,
  enableProgressBar: false,
  enableModelSummary: false,
  logger: false,
  callbacks: [
    new ModelCheckpoint({ dirpath: `${folder}/steps`, filename: '{step}', everyNTrainSteps: 4, saveTopK: -1 }),
    new ModelCheckpoint({ dirpath: `${folder}/epochs`, filename: '{epoch}', saveTopK: -1 }),
  ],
});
await trainer.fit(model, loader(SAMPLES), loader(16), { ckptPath });

const hash = createHash('sha256');
for (const [name, t] of Object.entries(model.stateDict())) hash.update(name).update(new Uint8Array(t.toTypedArray().buffer));
writeFileSync(
  `${folder}/result.json`,
  JSON.stringify({ weights: hash.digest('hex'), metrics: trainer.metrics.values, interrupted: trainer.interruptedCheckpoint }),
);
