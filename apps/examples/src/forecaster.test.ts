import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adam } from '@flambeau/optim';
import { describe, expect, it } from 'vitest';
import expected from '../test/forecaster.json' with { type: 'json' };
import { scatteredTensor, setWeights } from '../test/formula.js';
import { Forecaster, readData, trainStep } from './forecaster.js';

describe('the forecaster', () => {
  it("has PyTorch's losses from the same weights and random walks", () => {
    const model = new Forecaster(7);
    setWeights(model, 0.5);
    const optimizer = new Adam(model.parameters(), { lr: 2e-3 });
    expected.losses.forEach((loss, step) => {
      const walks = scatteredTensor([16, 120, 7], 1000 + step, 1).cumsum(1);
      const far = trainStep(model, optimizer, walks.narrow(1, 0, 96), walks.narrow(1, 96, 24)) / loss - 1;
      expect(Math.abs(far)).toBeLessThan(1e-4);
    });
  });

  it('standardises by the training months and splits 12, 4 and 4', () => {
    const folder = mkdtempSync(join(tmpdir(), 'forecaster-'));
    const hours = 20 * 30 * 24 + 50; // what lies behind the 20 months is not read
    const lines = Array.from({ length: hours }, (_, i) => `2016-07-01 00:00:00,${i},${i % 2}`);
    writeFileSync(join(folder, 'table.csv'), `date,rising,OT\n${lines.join('\n')}\n`);
    const { series, training, validation, test } = readData(join(folder, 'table.csv'));
    rmSync(folder, { recursive: true });
    expect(series).toEqual(['rising', 'OT']);
    expect([training, validation, test].map((w) => w.length)).toEqual([8640 - 119, 2880 - 23, 2880 - 23]);
    // rising: mean 4319.5, deviation sqrt((8640² - 1) / 12); its first forecasts are of the first hours of each part
    const standard = (hour: number) => (hour - 4319.5) / Math.sqrt((8640 ** 2 - 1) / 12);
    const firstOf = (i: number, windows: typeof training) => windows.get(i)[1].toArray() as number[][];
    expect(firstOf(0, training)[0]).toEqual([expect.closeTo(standard(96), 5), -1]);
    expect(firstOf(0, validation)[0]).toEqual([expect.closeTo(standard(8640), 5), -1]);
    expect(firstOf(test.length - 1, test)[23]).toEqual([expect.closeTo(standard(14_399), 5), 1]);
  });
});
