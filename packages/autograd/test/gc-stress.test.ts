import { expect, test } from 'vitest';
import { resultOf } from '@flambeau/vitest/run-script';

type Losses = readonly number[];

test('collections at the worst moments change no training step', async () => {
  const script = new URL('gc-stress.mjs', import.meta.url);
  const result = await resultOf<{ calm: Losses; stressed: Losses; scoped: Losses; allocations: number }>(script, [
    '--expose-gc',
    '--always-turbofan',
  ]);
  expect(result.allocations).toBeGreaterThan(50); // the collections did happen
  expect(result.calm.every(Number.isFinite)).toBe(true);
  expect(result.stressed).toEqual(result.calm);
  expect(result.scoped).toEqual(result.calm);
});
