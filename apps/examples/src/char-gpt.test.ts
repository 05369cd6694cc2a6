import { fromTypedArray, slice, type Tensor, tensor } from '@flambeau/core';
import { noGrad } from '@flambeau/autograd';
import { describe, expect, it } from 'vitest';
import expected from '../test/char-gpt.json' with { type: 'json' };
import { GPT, learningRate, makeOptimizer, trainStep } from './char-gpt.js';

const SHAPE = { vocabSize: 65, context: 64, layers: 4, heads: 4, width: 128 };
const BATCH = 12;

/** Numbers in [0, 1) that look random: multiplicative hashing of (index, salt). */
function scattered(count: number, salt: number): Float64Array {
  const mix = (i: number) => Math.imul(i ^ (i >>> 16), 0x45d9f3b) >>> 0;
  return Float64Array.from({ length: count }, (_, at) => {
    const i = mix(mix((at + ((salt * 1000003) % 2 ** 32)) >>> 0));
    return ((i ^ (i >>> 16)) >>> 0) / 2 ** 32;
  });
}

/** The weights and batches of tooling/oracle/char_gpt.py. */
function makeModel(): GPT {
  const model = new GPT(SHAPE);
  let salt = 0;
  for (const p of model.parameters()) {
    if (p.ndim === 2) {
      const values = Float32Array.from(scattered(p.numel, salt), (x) => 0.1 * (x - 0.5));
      noGrad(() => p.copy_(fromTypedArray(values, p.shape)));
    }
    salt++;
  }
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
