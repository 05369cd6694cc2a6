import { expect, test } from 'vitest';
import { resultOf } from '@flambeau/vitest/run-script';

const full = process.env.FLAMBEAU_TEST_FULL !== undefined;

test('kept losses hold little memory', async () => {
  const count = full ? 10_000 : 2_000;
  const script = new URL('kept-losses.mjs', import.meta.url);
  const { growth, first, last, finite } = await resultOf<{ growth: number; first: number; last: number; finite: boolean }>(
    script,
    [],
    [`${count}`],
  );
  expect(finite).toBe(true);
  expect(last).toBeLessThan(first);
  expect(growth).toBeLessThan(full ? 200 : 60);
});
