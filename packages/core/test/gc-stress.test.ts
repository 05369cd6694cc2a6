import { expect, test } from 'vitest';
import { resultOf } from '@flambeau/vitest/run-script';

const script = new URL('gc-stress.mjs', import.meta.url);

test.each([['--always-turbofan'], ['--no-opt']])('collections at the worst moments change no result (%s)', async (flag) => {
  const { checked, allocations } = await resultOf<{ checked: number; allocations: number }>(script, [
    '--expose-gc',
    '--stress-scavenge=30',
    flag,
  ]);
  expect(checked).toBe(275);
  expect(allocations).toBeGreaterThan(checked); // the collections did happen
});
