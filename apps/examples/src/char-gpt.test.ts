import { slice, type Tensor, tensor } from '@flambeau/core';
import { describe, expect, it } from 'vitest';
import expected from '../test/char-gpt.json' with { type: 'json' };
import { scattered, setWeights } from '../test/formula.js';
import { GPT, learningRate, makeOptimizer, trainStep } from './char-gpt.js';

const SHAPE = { vocabSize: 65, context: 64, layers: 4, heads: 4, width: 128 };
const BATCH = 12;

/** The weights and batches of tooling/oracle/examples/char_gpt.py. */
function makeModel(): GPT {
  const model = new GPT(SHAPE);
  setWeights(model, 0.1);
  return model;
}
function batch(step: number): [Tensor, Tensor] {
  const ids = Array.from(scattered(BATCH * (SHAPE.context + 1), 1000 + step), (x) => Math.floor(x ** 2 * SHAPE.vocabSize));
  const piece = tensor(ids, { dtype: 'int64' }).view([BATCH, SHAPE.context + 1]);
  return [piece.index(slice(), slice(0, -1)), piece.index(slice(), slice(1)).contiguous()];
}

describe('the character-level GPT', () => {
  it("has PyTorch's losses from the same weights and batches", () => {
    const model = makeModel();
    const optimizer = makeOptimizer(model, 1e-3);
    expected.losses.forEach((loss, step) => {
      expect(Math.abs(trainStep(model, optimizer, ...batch(step)) / loss - 1)).toBeLessThan(1e-4);
    });
  });

  it('warms up, then cools down to a tenth', () => {
    expect(learningRate(0, 2000)).toBeCloseTo(1e-3 / 101, 10);
    expect(learningRate(100, 2000)).toBeCloseTo(1e-3, 10);
    expect(learningRate(2000, 2000)).toBeCloseTo(1e-4, 10);
  });
});
