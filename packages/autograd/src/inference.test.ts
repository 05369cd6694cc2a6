import { tensor } from '@flambeau/core';
import { expect, test } from 'vitest';
import { inferenceMode, isGradEnabled, isInferenceModeEnabled } from './index.js';

test('inferenceMode records nothing and tracks no views', async () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const [y, view] = inferenceMode(() => {
    expect([isInferenceModeEnabled(), isGradEnabled()]).toEqual([true, false]);
    const result = x.mul(2);
    return [result, result.select(0, 0)];
  });
  expect([y.requiresGrad, view.base, isInferenceModeEnabled()]).toEqual([false, null, false]);
  await inferenceMode(async () => {
    await Promise.resolve();
    expect(x.mul(2).requiresGrad).toBe(false);
  });
});
