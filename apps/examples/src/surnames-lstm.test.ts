import { manualSeed } from '@flambeau/core';
import { Adam } from '@flambeau/optim';
import { describe, expect, it } from 'vitest';
import { scattered, setWeights } from '../test/formula.js';
import { sharedData } from '../test/shared-data.js';
import expected from '../test/surnames-lstm.json' with { type: 'json' };
import { accuracy, collate, plain, readNames, SurnameLSTM, split, train, trainStep } from './surnames-lstm.js';

const BATCH = 64;
const surnames = sharedData('names');

describe('the surname classifier', () => {
  it("has PyTorch's losses from the same weights and names of random letters", () => {
    const model = new SurnameLSTM({ characters: 60, languages: 18, dropout: 0 });
    setWeights(model, 0.5);
    const optimizer = new Adam(model.parameters(), { lr: 4e-3 });
    expected.losses.forEach((loss, step) => {
      const letters = Array.from(scattered(BATCH * 12, 2000 + step), (x) => Math.floor(60 * x));
      const samples = Array.from(scattered(BATCH, 1000 + step), (x, i) => {
        const ids = letters.slice(12 * i, 12 * i + 1 + Math.floor(12 * x));
        return [ids, ids[0] % 18] as const;
      });
      expect(Math.abs(trainStep(model, optimizer, collate(samples)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('takes accents off and keeps every tenth name for the test', () => {
    expect(['Dvořák', 'Nguyễn', 'Ślusàrski', "O'Neal"].map(plain)).toEqual(['Dvorak', 'Nguyen', 'Slusarski', "O'Neal"]);
    const names = Array.from({ length: 25 }, (_, i) => 'ab'[i % 2]);
    const idOf = new Map([
      ['a', 0],
      ['b', 1],
    ]);
    const { training, test } = split([names, ['ab']], idOf);
    expect(training.length).toBe(22);
    expect(test).toEqual([
      [[0], 0],
      [[0], 0],
      [[0], 0],
      [[0, 1], 1],
    ]);
  });

  it.skipIf(surnames.missing)(`tells Italian from Japanese names after two epochs${surnames.note}`, async () => {
    manualSeed(1);
    const { languages, lists } = readNames(surnames.path);
    expect(languages.length).toBe(18);
    const two = ['Italian', 'Japanese'].map((language) => lists[languages.indexOf(language)]);
    const characters = [...new Set(two.flat().join(''))];
    const { training, test } = split(two, new Map(characters.map((c, i) => [c, i])));
    const model = new SurnameLSTM({ characters: characters.length, languages: 2 });
    await train(model, training, 2);
    expect(await accuracy(model, test)).toBeGreaterThan(0.85);
  });
});
