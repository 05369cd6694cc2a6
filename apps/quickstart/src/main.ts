/**
 * Trains a convolutional network on handwritten digits, tests it on writers it has never seen, and ships it as ONNX.
 *
 *     node dist/main.js [--data DIR] [--epochs N] [--seed N] [--out DIR] [--workers N] [--resume FILE]
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cat, manualSeed, type Tensor } from '@flambeau/core';
import { summary } from '@flambeau/nn';
import { exportOnnx } from '@flambeau/onnx';
import { CSVLogger, LearningRateMonitor, ModelCheckpoint, readCheckpoint, TensorBoardLogger, Trainer } from '@flambeau/trainer';
import { compare, onnxLogits } from './agreement.js';
import { augmentation, loadData } from './data.js';
import { DigitClassifier } from './model.js';
import { accuracyOf, confusionMatrix, logitsOf, predictionsOf, saveMistakes } from './report.js';

const EMBEDDED = fileURLToPath(new URL('../data/optdigits', import.meta.url));
const BATCH_SIZE = 64;
const CLASSES = 10;

const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: EMBEDDED },
    epochs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'runs/quickstart' },
    workers: { type: 'string', default: '1' },
    resume: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  console.log(
    'Options: --data DIR (MNIST-format files; default: the embedded UCI digits)  --epochs N  --seed N  --out DIR  --workers N  --resume CHECKPOINT',
  );
  process.exit(0);
}

const started = performance.now();
const seed = Number(options.seed);
const embedded = options.data === EMBEDDED;
manualSeed(seed);

const probe = loadData({ root: options.data, batchSize: BATCH_SIZE, numWorkers: 0, augment: augmentation(28), seed });
const [firstImage] = (await probe.testSet.get(0)) as [Tensor, number];
const imageSize = firstImage.shape[1];
const data = loadData({
  root: options.data,
  batchSize: BATCH_SIZE,
  numWorkers: Number(options.workers),
  augment: augmentation(imageSize),
  seed,
});
const epochs = Number(options.epochs ?? (embedded ? 30 : 5));
const classNames = data.testSet.classes;
console.log(
  `${embedded ? 'UCI optical digits' : options.data}: ${data.sizes.train} training, ${data.sizes.validation} validation, ${data.sizes.test} test images of ${imageSize}×${imageSize}\n`,
);

const model = new DigitClassifier({ imageSize, classes: CLASSES, learningRate: 4e-3, totalSteps: epochs * data.train.length });
console.log(`${summary(model, [1, 1, imageSize, imageSize])}\n`);

const logs = join(options.out, 'logs');
const csv = new CSVLogger(join(logs, 'csv'));
const tensorboard = new TensorBoardLogger(join(logs, 'tensorboard'));
const best = new ModelCheckpoint({
  dirpath: join(options.out, 'checkpoints'),
  monitor: 'valLoss',
  mode: 'min',
  filename: 'best-{epoch}-{valAccuracy:.4f}',
  saveLast: true,
});
const trainer = new Trainer({
  maxEpochs: epochs,
  defaultRootDir: options.out,
  logger: [csv, tensorboard],
  logEveryNSteps: 10,
  gradientClipVal: 5,
  enableModelSummary: false,
  callbacks: [best, new LearningRateMonitor()],
});
await trainer.fit(model, data.train, data.validation, options.resume === undefined ? {} : { ckptPath: options.resume });
if (trainer.interruptedCheckpoint !== null) {
  console.log(`To go on: npm run quickstart -- --resume ${trainer.interruptedCheckpoint}`);
  process.exit(130);
}

// The checkpoint was picked by validation; only now is the test set read, once.
model.loadStateDict(readCheckpoint(best.bestModelPath).model);
const testBatches: Tensor[] = [];
const labels: number[] = [];
for await (const [images, digits] of data.test) {
  testBatches.push(images as Tensor);
  labels.push(...((digits as unknown as Tensor).toArray() as number[]));
}
const test = predictionsOf(logitsOf(model, testBatches), labels);
console.log(`\n${confusionMatrix(test, classNames)}\n`);

const mistakesPath = join(options.out, 'wrong.png');
const mistakes = await saveMistakes(mistakesPath, cat(testBatches), test);
const wrong = test.predicted.filter((p, i) => p !== labels[i]).length;
console.log(
  `Test accuracy: ${(100 * accuracyOf(test)).toFixed(2)} % (${wrong} of ${labels.length} wrong${mistakes.length ? `, true→predicted: ${mistakes.join(' ')}` : ''})\n`,
);

const onnxPath = join(options.out, 'model.onnx');
exportOnnx(model, [testBatches[0].narrow(0, 0, 2)], { path: onnxPath, inputNames: ['images'], outputNames: ['logits'] });
const reloaded = new DigitClassifier(model.settings);
reloaded.loadStateDict(readCheckpoint(best.bestModelPath).model);
const fromCheckpoint = compare(test.logits, logitsOf(reloaded, testBatches));
const fromOnnx = compare(test.logits, cat(await onnxLogits(onnxPath, testBatches)));
for (const [name, { maxDifference, equalPredictions, total }] of [
  ['checkpoint', fromCheckpoint],
  ['ONNX Runtime', fromOnnx],
] as const)
  console.log(
    `${name.padEnd(12)} agrees with the model: max difference ${maxDifference.toExponential(2)}, ${equalPredictions} of ${total} predictions equal`,
  );

console.log(`
checkpoint   ${best.bestModelPath}
ONNX         ${onnxPath}
metrics      ${join(csv.logDir, 'metrics.csv')}
TensorBoard  ${tensorboard.logDir}
mistakes     ${mistakesPath}
Done in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
