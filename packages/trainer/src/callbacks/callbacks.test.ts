import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor } from '@flambeau/core';
import { type Optimizer, SGD, StepLR } from '@flambeau/optim';
import { saveFile } from '@flambeau/weights';
import { describe, expect, it } from 'vitest';
import { type Batch, Boring, BoringWithValidation, loaderOf, quiet } from '../../test/boring.js';
import { temporaryFolder as folder } from '@flambeau/vitest/temporary-folder';
import {
  CSVLogger,
  EarlyStopping,
  LearningRateMonitor,
  type LightningModule,
  ModelCheckpoint,
  modelSummary,
  type OptimizerConfig,
  ProgressBar,
  readCheckpoint,
} from '../index.js';

/** Its validation loss goes through the given values, one per epoch. */
class Scripted extends Boring {
  constructor(readonly valLosses: readonly number[]) {
    super(0.01);
  }
  override validationStep(): void {
    this.log('valLoss', this.valLosses[this.currentEpoch]);
  }
}
const fitScripted = async (valLosses: readonly number[], options: object) => {
  const trainer = quiet({ maxEpochs: valLosses.length, numSanityValSteps: 0, ...options });
  await trainer.fit(new Scripted(valLosses), loaderOf(8, 4), loaderOf(4, 4));
  return trainer;
};

describe('ModelCheckpoint', () => {
  it('keeps the best k, and the last', async () => {
    const dirpath = folder();
    const callback = new ModelCheckpoint({
      dirpath,
      monitor: 'valLoss',
      saveTopK: 2,
      saveLast: true,
      filename: 'e{epoch}-{valLoss:.2f}',
    });
    await fitScripted([0.5, 0.3, Number.NaN, 0.4, 0.6], { callbacks: [callback], enableCheckpointing: true });
    expect(readdirSync(dirpath).toSorted()).toEqual(['e1-0.30.ckpt', 'e3-0.40.ckpt', 'last.ckpt']);
    expect(callback).toMatchObject({
      bestModelPath: join(dirpath, 'e1-0.30.ckpt'),
      bestModelScore: 0.3,
      lastModelPath: join(dirpath, 'last.ckpt'),
    });
    expect(readCheckpoint(callback.bestModelPath).state).toMatchObject({ epoch: 1, globalStep: 4, epochComplete: true });
    expect(readCheckpoint(callback.lastModelPath).state).toMatchObject({ epoch: 4, globalStep: 10 });
  });
  it('keeps the largest with mode max, all with -1, none with 0', async () => {
    const names = async (options: object) => {
      const dirpath = folder();
      await fitScripted([1, 3, 2], { callbacks: [new ModelCheckpoint({ dirpath, filename: '{epoch}', ...options })] });
      return readdirSync(dirpath).toSorted();
    };
    expect(await names({ monitor: 'valLoss', mode: 'max' })).toEqual(['1.ckpt']);
    expect(await names({ saveTopK: -1 })).toEqual(['0.ckpt', '1.ckpt', '2.ckpt']);
    expect(await names({})).toEqual(['2.ckpt']);
    expect(await names({ saveTopK: 0 })).toEqual([]);
    expect(await names({ everyNEpochs: 2, saveTopK: -1 })).toEqual(['1.ckpt']);
  });
  it('saves every so many steps, also by a metric that is not read at every step', async () => {
    const dirpath = folder();
    const callback = new ModelCheckpoint({
      dirpath,
      everyNTrainSteps: 3,
      monitor: 'loss',
      mode: 'max',
      saveTopK: -1,
      filename: 'step{step}',
    });
    const model = new Boring();
    await quiet({ maxEpochs: 2, callbacks: [callback] }).fit(model, loaderOf(20, 4));
    expect(readdirSync(dirpath).toSorted()).toEqual(['step3.ckpt', 'step6.ckpt', 'step9.ckpt']);
    const scores = [3, 6, 9].map((step) => model.lossValues()[step - 1]);
    expect(callback.bestModelScore).toBeCloseTo(Math.max(...scores), 6);
    expect(readCheckpoint(join(dirpath, 'step6.ckpt')).state).toMatchObject({
      epoch: 1,
      batchIndex: 1,
      epochComplete: false,
      loader: { epoch: 1, batches: 1 },
    });
  });
  it('never writes over files of another run, nor over one that it keeps', async () => {
    const dirpath = folder();
    writeFileSync(join(dirpath, 'best.ckpt'), 'of another run');
    const options = { dirpath, filename: 'best', monitor: 'valLoss' };
    await fitScripted([3, 2, 1], { callbacks: [new ModelCheckpoint({ ...options, saveTopK: 2 })] });
    expect(readFileSync(join(dirpath, 'best.ckpt'), 'utf8')).toBe('of another run');
    const kept = readdirSync(dirpath).filter((name) => name !== 'best.ckpt');
    expect(kept.map((name) => readCheckpoint(join(dirpath, name)).state.epoch).toSorted()).toEqual([1, 2]);
  });
  it('keeps one name if it keeps one file', async () => {
    const dirpath = folder();
    await fitScripted([3, 2, 1], { callbacks: [new ModelCheckpoint({ dirpath, filename: 'best', monitor: 'valLoss' })] });
    expect(readdirSync(dirpath)).toEqual(['best.ckpt']);
    expect(readCheckpoint(join(dirpath, 'best.ckpt')).state.epoch).toBe(2);
  });
  it('is added by default, below the root folder', async () => {
    const defaultRootDir = folder();
    const trainer = quiet({ enableCheckpointing: true, defaultRootDir });
    await trainer.fit(new Boring(), loaderOf(4, 4));
    expect(trainer.checkpointCallback?.bestModelPath).toBe(join(defaultRootDir, 'checkpoints', 'epoch=0-step=1.ckpt'));
    expect(existsSync(trainer.checkpointCallback?.bestModelPath as string)).toBe(true);
  });
  it('explains mistakes', async () => {
    expect(() => new ModelCheckpoint({ saveTopK: 3 })).toThrow('saveTopK above 1 needs a metric to monitor');
    expect(() => new ModelCheckpoint({ saveTopK: -2 })).toThrow('saveTopK must be an integer of at least -1');
    const fit = (options: object) => fitScripted([1], { callbacks: [new ModelCheckpoint({ dirpath: folder(), ...options })] });
    await expect(fit({ monitor: 'acc' })).rejects.toThrow(
      "ModelCheckpoint: the metric 'acc' was not logged; logged are valLoss (this.log('acc', value) in a step)",
    );
    await expect(fit({ filename: '{acc}' })).rejects.toThrow("the file name asks for 'acc', which was not logged");
  });
});

describe('EarlyStopping', () => {
  const epochs = async (valLosses: number[], options: object) => {
    const trainer = await fitScripted(valLosses, { callbacks: [new EarlyStopping({ monitor: 'valLoss', ...options })] });
    return [trainer.currentEpoch, trainer.stopReason];
  };
  it('stops after patience looks without improvement', async () => {
    expect(await epochs([5, 4, 4.5, 4, 4.2, 1, 1], { patience: 3 })).toEqual([
      5,
      'EarlyStopping: valLoss did not improve on 4 3 times in a row',
    ]);
    expect(await epochs([5, 4, 3, 2], { patience: 1 })).toEqual([4, null]);
    expect((await epochs([1, 2, 3, 2.5], { mode: 'max', patience: 1 }))[0]).toBe(4);
    expect((await epochs([5, 4.9, 4.8, 4.7], { minDelta: 0.5, patience: 2 }))[0]).toBe(3);
  });
  it('stops at a threshold and at values that are not finite', async () => {
    expect(await epochs([5, 4, 0.5, 0.4], { stoppingThreshold: 1 })).toEqual([3, 'EarlyStopping: valLoss reached 1']);
    expect(await epochs([5, Number.NaN, 3], {})).toEqual([2, 'EarlyStopping: valLoss is NaN']);
    expect((await epochs([5, Number.POSITIVE_INFINITY, 3], { checkFinite: false, patience: 2 }))[0]).toBe(3);
  });
  it('looks at training metrics where there is no validation: a loss that explodes ends the run', async () => {
    class Exploding extends Boring {
      override trainingStep(batch: Batch) {
        this.log('trainLoss', this.currentEpoch === 1 ? Number.NaN : 1, { onEpoch: true, onStep: false });
        return super.trainingStep(batch);
      }
    }
    const trainer = quiet({ maxEpochs: 9, callbacks: [new EarlyStopping({ monitor: 'trainLoss' })] });
    await trainer.fit(new Exploding(), loaderOf(8, 4));
    expect([trainer.currentEpoch, trainer.stopReason]).toEqual([2, 'EarlyStopping: trainLoss is NaN']);
  });
  it('does not count validations outside of training, and continues from a checkpoint', async () => {
    const dirpath = folder();
    const stopping = () => new EarlyStopping({ monitor: 'valLoss', patience: 3 });
    const first = stopping();
    await fitScripted([5, 6, 7], { callbacks: [first, new ModelCheckpoint({ dirpath, filename: '{epoch}' })] });
    expect(first.waitCount).toBe(2);
    const model = new Scripted([1, 1, 1, 8, 8, 8]);
    const trainer = quiet({ maxEpochs: 6, callbacks: [stopping()] });
    await trainer.fit(model, loaderOf(8, 4), loaderOf(4, 4), { ckptPath: join(dirpath, '2.ckpt') });
    expect(trainer.currentEpoch).toBe(4);
    const alone = quiet({ callbacks: [first] });
    await alone.validate(new Scripted([9]), loaderOf(4, 4));
    expect(first.waitCount).toBe(2);
  });
  it('explains mistakes', async () => {
    await expect(epochs([1], { monitor: 'valAcc' })).rejects.toThrow(
      "EarlyStopping: the metric 'valAcc' was not logged; logged are valLoss",
    );
    expect(() => new EarlyStopping({ monitor: 'x', patience: -1 })).toThrow('patience must be a non-negative integer');
  });
});

describe('LearningRateMonitor', () => {
  class Decaying extends Boring {
    override configureOptimizers(): OptimizerConfig {
      const optimizer = new SGD([{ params: [this.net.weight] }, { params: [this.net.bias as never], lr: 0.5 }], {
        lr: 1e-3,
      }) as unknown as Optimizer;
      return { optimizer, lrScheduler: { scheduler: new StepLR(optimizer, { stepSize: 2, gamma: 0.1 }), interval: 'step' } };
    }
  }
  const rows = async (loggingInterval: 'step' | 'epoch', logEveryNSteps: number) => {
    const logger = new CSVLogger(folder());
    await quiet({ logger, logEveryNSteps, maxEpochs: 2, callbacks: [new LearningRateMonitor({ loggingInterval })] }).fit(
      new Decaying(),
      loaderOf(8, 4),
    );
    const lines = readFileSync(join(logger.logDir, 'metrics.csv'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const column = lines[0].indexOf('lr-SGD/pg2');
    return lines.slice(1).map((line) => [line[lines[0].indexOf('epoch')], line[0], Number(line[column])]);
  };
  it('logs the rate that each logged step, or epoch, began with', async () => {
    expect(await rows('step', 1)).toEqual([
      ['0', '1', 0.5],
      ['0', '2', 0.5],
      ['1', '3', 0.05],
      ['1', '4', 0.05],
    ]);
    expect(await rows('epoch', 100)).toEqual([
      ['0', '2', 0.5],
      ['1', '4', 0.05],
    ]);
  });
});

describe('ProgressBar', () => {
  class Shown extends BoringWithValidation {
    override trainingStep(batch: Batch) {
      this.log('acc', 0.25, { progBar: true });
      this.log('tiny', 1e-6, { progBar: true, onEpoch: true });
      return super.trainingStep(batch);
    }
    override validationStep(): void {
      this.log('valAcc', 0.5, { progBar: true });
    }
  }
  const output = async (isTTY: boolean, run = 2) => {
    const written: string[] = [];
    const bar = new ProgressBar({ isTTY, columns: 80, write: (text) => written.push(text) });
    const trainer = quiet({ maxEpochs: run, callbacks: [bar] });
    await trainer.fit(new Shown(), loaderOf(12, 4), loaderOf(8, 4));
    await trainer.test(new Shown(), loaderOf(8, 4));
    await trainer.predict(new Shown(), loaderOf(8, 4));
    return written;
  };
  it('redraws one line on a terminal, no wider than it, and leaves a line per epoch', async () => {
    const written = await output(true);
    const drawn = written.filter((text) => text.includes('it/s')).map((text) => text.replace('\r\x1b[2K', ''));
    expect(drawn.every((text) => text.length < 80 && !text.includes('\n'))).toBe(true);
    expect(drawn.some((text) => text.startsWith('Sanity check') && text.includes('2/2'))).toBe(true);
    const last = drawn.find((text) => text.startsWith('Epoch 1/2') && text.includes('3/3')) as string;
    expect(last).toMatch(/^Epoch 1\/2 {2}━{20} 100% {2}3\/3 {2}[\d.]+ it\/s {2}eta 0\.0s {2}acc 0\.2500/);
    expect(drawn.some((text) => text.startsWith('Validation  ━'))).toBe(true);
    expect(drawn.some((text) => text.startsWith('Test'))).toBe(true);
    expect(drawn.some((text) => text.startsWith('Prediction'))).toBe(true);
    const lines = written.filter((text) => text.endsWith('\n'));
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^Epoch 2\/2 {2}3 batches in [\d.]+s {2}valAcc 0\.5000 {2}acc 0\.2500 {2}tiny 1\.00e-6\n$/);
  });
  it('writes only a line per epoch to a file', async () => {
    const written = await output(false);
    expect(written).toHaveLength(2);
    for (const control of ['\r', '\x1b']) expect(written.join('')).not.toContain(control);
    expect(written[0]).toMatch(/^Epoch 1\/2 {2}3 batches in [\d.]+s {2}valAcc 0\.5000/);
  });
  it('does not decide what callbacks monitor', async () => {
    // an epoch's mean stays what the bar last read of a step
    class Forked extends Boring {
      override trainingStep(batch: Batch, index?: number) {
        this.log('x', index as number, { progBar: true, onEpoch: true });
        return super.trainingStep(batch);
      }
    }
    const callback = new ModelCheckpoint({ dirpath: folder(), monitor: 'x' });
    await quiet({ callbacks: [new ProgressBar({ isTTY: true, write: () => {} }), callback] }).fit(new Forked(), loaderOf(12, 4));
    expect(callback.bestModelScore).toBe(1);
  });
});

it('modelSummary lists the children with their parameters', () => {
  expect(modelSummary(new Boring())).toBe(
    [
      '  │ Name │ Type   │ Params',
      '──┼──────┼────────┼───────',
      '0 │ net  │ Linear │     5 ',
      '──┼──────┼────────┼───────',
      '5  trainable, 0  fixed parameters (20 B as float32)',
    ].join('\n'),
  );
});

describe('checkpoints', () => {
  const saved = async () => {
    const path = join(folder(), 'a.ckpt');
    const trainer = quiet();
    await trainer.fit(new Boring(), loaderOf(8, 4));
    await trainer.saveCheckpoint(path);
    return path;
  };
  const resume = (ckptPath: string, model: LightningModule = new Boring()) =>
    quiet({ maxEpochs: 2 }).fit(model, loaderOf(8, 4), null, { ckptPath });

  it('hold hyperparameters and what the module adds', async () => {
    class Adding extends Boring {
      got: unknown;
      override onSaveCheckpoint(extra: Record<string, unknown>): void {
        extra.best = Number.NEGATIVE_INFINITY;
      }
      override onLoadCheckpoint(extra: Readonly<Record<string, unknown>>): void {
        this.got = extra;
      }
    }
    const path = join(folder(), 'a.ckpt');
    const model = new Adding();
    model.saveHyperparameters({ width: 4 });
    const trainer = quiet();
    await trainer.fit(model, loaderOf(8, 4));
    await trainer.saveCheckpoint(path);
    expect(readCheckpoint(path).state.hyperParameters).toEqual({ width: 4 });
    const second = new Adding();
    await resume(path, second);
    expect(second.got).toEqual({ best: Number.NEGATIVE_INFINITY });
  });
  it('that do not fit are refused with a reason', async () => {
    const path = await saved();
    class Other extends Boring {
      extra = new Boring().net;
    }
    await expect(resume(path, new Other())).rejects.toMatchObject({
      name: 'StateDictError',
      message: expect.stringContaining('missing: extra.weight'),
    });
    class Scheduled extends Boring {
      override configureOptimizers(): OptimizerConfig {
        const optimizer = new SGD(this.parameters(), { lr: 1 }) as unknown as Optimizer;
        return { optimizer, lrScheduler: new StepLR(optimizer, { stepSize: 1 }) };
      }
    }
    await expect(resume(path, new Scheduled())).rejects.toThrow(
      'the checkpoint has 0 learning-rate schedulers, configureOptimizers made 1',
    );
    await expect(resume(join(folder(), 'none.ckpt'))).rejects.toMatchObject({
      name: 'CheckpointError',
      message: expect.stringContaining('none.ckpt'),
    });
    writeFileSync(path, 'not a checkpoint');
    await expect(resume(path)).rejects.toThrow(/a\.ckpt is truncated or not a safetensors file/);
    const write = (metadata: Record<string, string>) => saveFile(path, { x: tensor(1) }, { metadata });
    write({});
    await expect(resume(path)).rejects.toThrow('a.ckpt holds tensors but no training state; load it with loadFile');
    write({ 'flambeau.trainer': '{"version": 99}' });
    await expect(resume(path)).rejects.toThrow('another version of the trainer (format 99, this one reads 1)');
    write({ 'flambeau.trainer': '{' });
    await expect(resume(path)).rejects.toThrow('a.ckpt: the training state is not JSON');
    write({ 'flambeau.trainer': '{"version": 1}' });
    await expect(resume(path)).rejects.toThrow('a.ckpt: the training state is incomplete');
  });
  it('of a mid-epoch need data that can go to a position', async () => {
    const dirpath = folder();
    await quiet({ callbacks: [new ModelCheckpoint({ dirpath, everyNTrainSteps: 1, filename: '{step}', saveTopK: -1 })] }).fit(
      new Boring(),
      loaderOf(12, 4),
    );
    const plain = { length: 3, [Symbol.asyncIterator]: () => loaderOf(12, 4)[Symbol.asyncIterator]() };
    await expect(quiet().fit(new Boring(), plain, null, { ckptPath: join(dirpath, '1.ckpt') })).rejects.toThrow(
      'cannot go to a position; use a DataLoader',
    );
  });
});
