import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BoringWithValidation, loaderOf, quiet } from '../../test/boring.js';
import { temporaryFolder as folder } from '@flambeau/vitest/temporary-folder';
import { readEvents } from '../../test/tfevents.js';
import { CSVLogger, TensorBoardLogger } from '../index.js';

const SHARED = process.env.FLAMBEAU_SHARED_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url));
const csvOf = (logger: CSVLogger) => readFileSync(join(logger.logDir, 'metrics.csv'), 'utf8');

describe('CSVLogger', () => {
  it('writes a row per step and a column per metric', () => {
    const logger = new CSVLogger(folder());
    logger.logMetrics({ epoch: 0, loss: 0.5 }, 1);
    logger.logMetrics({ epoch: 0, loss: Number.NaN }, 2);
    logger.flush();
    expect(csvOf(logger)).toBe('step,epoch,loss\n1,0,0.5\n2,0,NaN\n');
    logger.logMetrics({ 'acc, "top 5"': 1e-12 }, 2); // a new metric, and more of a row that was written
    logger.logMetrics({ loss: 3 }, 3);
    logger.close();
    expect(csvOf(logger)).toBe('step,"acc, ""top 5""",epoch,loss\n1,,0,0.5\n2,1e-12,0,NaN\n3,,,3\n');
  });
  it('makes its folder when there is something to write, the next free one or the named one', () => {
    const root = folder();
    expect(readdirSync(root)).toEqual([]);
    const paths = [
      new CSVLogger(root),
      new CSVLogger(root, { version: 7 }),
      new CSVLogger(root),
      new CSVLogger(root, { version: 'mine' }),
    ].map((l) => l.logDir);
    expect(paths).toEqual(['version_0', 'version_7', 'version_8', 'mine'].map((name) => join(root, name)));
  });
  it('takes the metrics of a run, and its hyperparameters', async () => {
    const defaultRootDir = folder();
    const trainer = quiet({ logger: true, defaultRootDir, logEveryNSteps: 2, maxEpochs: 2 });
    expect(existsSync(join(defaultRootDir, 'logs'))).toBe(false);
    const model = new BoringWithValidation();
    model.saveHyperparameters({ lr: 0.1 });
    await trainer.fit(model, loaderOf(12, 4), loaderOf(4, 4));
    const logDir = join(defaultRootDir, 'logs', 'version_0');
    expect(JSON.parse(readFileSync(join(logDir, 'hparams.json'), 'utf8'))).toEqual({ lr: 0.1 });
    const rows = readFileSync(join(logDir, 'metrics.csv'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(rows[0]).toEqual(['step', 'epoch', 'loss', 'valLoss']);
    expect(rows.slice(1).map(([step, epoch]) => [step, epoch])).toEqual([
      ['2', '0'],
      ['3', '0'],
      ['4', '1'],
      ['6', '1'],
    ]);
    const losses = model.lossValues();
    expect(rows.slice(1).map((row) => row[2])).toEqual([String(losses[1]), '', String(losses[3]), String(losses[5])]);
    expect(rows.slice(1).map((row) => row[3] !== '')).toEqual([false, true, false, true]);
  });
  it('has what led to a checkpoint, even if the run is killed later', async () => {
    const logger = new CSVLogger(folder());
    const seen: string[] = [];
    const trainer = quiet({
      logger,
      logEveryNSteps: 1,
      callbacks: [
        {
          onTrainBatchEnd: async (t) => {
            await t.saveCheckpoint(join(logger.logDir, 'a.ckpt'));
            seen.push(csvOf(logger));
          },
        },
      ],
    });
    await trainer.fit(new BoringWithValidation(), loaderOf(8, 4));
    expect(seen.map((text) => text.trim().split('\n').length)).toEqual([2, 3]);
  });
});

describe('TensorBoardLogger', () => {
  it('writes event files that can be read record by record', () => {
    const logger = new TensorBoardLogger(folder());
    logger.logMetrics({ epoch: 0, loss: 0.1 }, 0);
    logger.logMetrics({ 'valLoss/größer': 1e300, nan: Number.NaN, minus: Number.NEGATIVE_INFINITY }, 300);
    logger.flush();
    logger.flush();
    logger.logMetrics({ loss: -(2 ** -140) }, 2 ** 40);
    logger.close();
    expect(logger.file).toMatch(/version_0\/events\.out\.tfevents\.\d+\..+\.\d+\.0$/);
    const events = readEvents(readFileSync(logger.file));
    expect(events.map(({ wallTime, ...event }) => event)).toEqual([
      { step: 0, fileVersion: 'brain.Event:2', scalars: {} },
      { step: 0, scalars: { epoch: 0, loss: Math.fround(0.1) } },
      { step: 300, scalars: { 'valLoss/größer': Number.POSITIVE_INFINITY, nan: Number.NaN, minus: Number.NEGATIVE_INFINITY } },
      { step: 2 ** 40, scalars: { loss: Math.fround(-(2 ** -140)) } },
    ]);
    for (const { wallTime } of events) expect(Math.abs(wallTime - Date.now() / 1000)).toBeLessThan(60);
  });
  it('takes the metrics of a run', async () => {
    const logger = new TensorBoardLogger(folder());
    const model = new BoringWithValidation();
    await quiet({ logger, logEveryNSteps: 1 }).fit(model, loaderOf(8, 4), loaderOf(4, 4));
    const events = readEvents(readFileSync(logger.file));
    expect(events.flatMap(({ step, scalars }) => ('loss' in scalars ? [[step, scalars.loss]] : []))).toEqual(
      model.lossValues().map((l, i) => [i + 1, l]),
    );
    expect(events.at(-1)?.scalars).toHaveProperty('valLoss');
  });
  it('is checked by a reader that notices a flipped bit', () => {
    const logger = new TensorBoardLogger(folder());
    logger.logMetrics({ loss: 1 }, 1);
    logger.close();
    const bytes = readFileSync(logger.file);
    for (const at of [3, bytes.length - 1, bytes.length - 8]) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 1;
      expect(() => readEvents(damaged)).toThrow();
    }
  });

  const expectedFile = join(SHARED, 'tfevents', 'expected.json');
  it.skipIf(!existsSync(expectedFile))('and reads files of TensorFlow the same way', () => {
    const expected = JSON.parse(readFileSync(expectedFile, 'utf8')) as Record<
      string,
      { scalars: Record<string, [number, number][]> }
    >;
    expect(Object.keys(expected)).toHaveLength(3);
    for (const [path, { scalars }] of Object.entries(expected)) {
      const events = readEvents(readFileSync(join(SHARED, 'tfevents', path)));
      expect(events[0].fileVersion).toBe('brain.Event:2');
      for (const [tag, points] of Object.entries(scalars))
        expect(events.flatMap((e) => (tag in e.scalars ? [[e.step, e.scalars[tag]]] : []))).toEqual(points);
    }
  });
});
