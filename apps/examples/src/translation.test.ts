import { manualSeed } from '@flambeau/core';
import { AdamW } from '@flambeau/optim';
import { describe, expect, it } from 'vitest';
import { scattered, setWeights } from '../test/formula.js';
import expected from '../test/translation.json' with { type: 'json' };
import { encode, randomNumbers, spell, Translator, trainStep, translate } from './translation.js';

const BATCH = 64;

describe('the number translator', () => {
  it('spells numbers', () => {
    const spelled = [7, 13, 20, 42, 100, 999, 1_000, 70_015, 305_000_001].map((n) => spell(n).join(' '));
    expect(spelled).toEqual([
      'seven',
      'thirteen',
      'twenty',
      'forty two',
      'one hundred',
      'nine hundred ninety nine',
      'one thousand',
      'seventy thousand fifteen',
      'three hundred five million one',
    ]);
    expect(spell(777_777_777).length).toBe(14);
  });

  it('keeps multiples of seven for the test', () => {
    manualSeed(1);
    expect(randomNumbers(100, true).every((n) => n % 7 === 0)).toBe(true);
    const training = randomNumbers(200, false);
    expect(training.some((n) => n % 7 === 0)).toBe(false);
    expect(training.every((n) => n >= 1 && n <= 999_999_999)).toBe(true);
    expect(training.some((n) => n > 1e6 && n % 1e6 < 1000)).toBe(true); // no thousands
  });

  it("has PyTorch's losses from the same weights and numbers, and decodes what it has learned", () => {
    const model = new Translator();
    setWeights(model, 0.2);
    const optimizer = new AdamW(model.parameters(), { lr: 2e-3 });
    // ten steps: Adam makes whole steps of gradients that are only rounding errors (those of the keys' biases), so losses drift apart
    expected.losses.forEach((loss, step) => {
      const numbers = Array.from(scattered(BATCH, 1000 + step), (x) => Math.floor(10 ** (9 * x)));
      expect(Math.abs(trainStep(model, optimizer, ...encode(numbers)) / loss - 1)).toBeLessThan(1e-4);
    });
    const few = [7, 300, 42_000, 615];
    for (let step = 0; step < 30; step++) trainStep(model, optimizer, ...encode(few));
    model.eval();
    expect(translate(model, encode(few)[0])).toEqual(few.map(String));
  });
});
