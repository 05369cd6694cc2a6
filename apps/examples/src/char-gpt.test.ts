import { join } from 'node:path';
import { slice, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import expected from '../test/char-gpt.json' with { type: 'json' };
import { scattered, setWeights } from '../test/formula.js';
import { sharedData } from '../test/shared-data.js';
import { batchAt, GPT, learningRate, makeOptimizer, readText, trainStep } from './char-gpt.js';

const SHAPE = { vocabSize: 65, context: 64, layers: 4, heads: 4, width: 128 };
const BATCH = 12;
const shakespeare = sharedData('tinyshakespeare');
const full = process.env.FLAMBEAU_TEST_FULL !== undefined;

/** How far the losses of some steps are from those of tooling/oracle/examples/char_gpt.py, from the same weights: relative, per step. */
function differences(losses: readonly number[], batch: (step: number) => [Tensor, Tensor]): number[] {
  const model = new GPT(SHAPE);
  setWeights(model, 0.1);
  const optimizer = makeOptimizer(model, 1e-3);
  return losses.map((loss, step) => Math.abs(trainStep(model, optimizer, ...batch(step)) / loss - 1));
}

function batchOfIds(step: number): [Tensor, Tensor] {
  const ids = Array.from(scattered(BATCH * (SHAPE.context + 1), 1000 + step), (x) => Math.floor(x ** 2 * SHAPE.vocabSize));
  const piece = tensor(ids, { dtype: 'int64' }).view([BATCH, SHAPE.context + 1]);
  return [piece.index(slice(), slice(0, -1)), piece.index(slice(), slice(1)).contiguous()];
}

describe('the character-level GPT', () => {
  it("has PyTorch's losses from the same weights and batches", () => {
    expect(Math.max(...differences(expected.ids, batchOfIds))).toBeLessThan(1e-4);
  });

  it.skipIf(shakespeare.missing)(
    `has PyTorch's losses on Shakespeare, ${full ? 200 : 20} steps${shakespeare.note}`,
    () => {
      const { characters, training } = readText(join(shakespeare.path, 'input.txt'));
      expect(characters.length).toBe(SHAPE.vocabSize);
      const batch = (step: number): [Tensor, Tensor] => {
        const places = Array.from(scattered(BATCH, 1000 + step), (x) => Math.floor(x * (training.numel - SHAPE.context)));
        return batchAt(training, places, SHAPE.context);
      };
      const far = differences(expected.text.slice(0, full ? 200 : 20), batch);
      expect(Math.max(...far.slice(0, 20))).toBeLessThan(1e-4);
      expect(Math.max(...far)).toBeLessThan(1e-2);
    },
    120_000,
  );

  it('warms up, then cools down to a tenth', () => {
    expect(learningRate(0, 2000)).toBeCloseTo(1e-3 / 101, 10);
    expect(learningRate(100, 2000)).toBeCloseTo(1e-3, 10);
    expect(learningRate(2000, 2000)).toBeCloseTo(1e-4, 10);
  });
});
