import { tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { detectAnomaly, setDetectAnomaly } from './index.js';

/** 0 · ∞ in the derivative of sqrt at 0. */
const invalid = () => {
  const x = tensor([0, 1], { requiresGrad: true });
  return x.mul(1).sqrt().mul(0).sum();
};

test('detectAnomaly names the operation that gave NaN, and where it was called', () => {
  invalid().backward(); // says nothing
  expect(() => detectAnomaly(() => invalid().backward())).toThrow(
    /the backward of sqrt gave NaN[\s\S]*at invalid .*anomaly\.test/,
  );
  detectAnomaly(() => invalid().backward(), { checkNan: false });
  invalid().backward(); // off again
});

test('setDetectAnomaly stays on until it is switched off; async callbacks are covered', async () => {
  setDetectAnomaly(true);
  try {
    expect(() => invalid().backward()).toThrow(/sqrt/);
  } finally {
    setDetectAnomaly(false);
  }
  const run = detectAnomaly(async () => {
    await Promise.resolve();
    invalid().backward();
  });
  await expect(run).rejects.toThrow(/sqrt/);
  invalid().backward();
});
