import { expect, test } from 'vitest';
import { resultOf } from '@flambeau/vitest/run-script';

const script = new URL('long-scope.mjs', import.meta.url);
const full = process.env.FLAMBEAU_TEST_FULL !== undefined;

/** Runs a loop of `count` additions of `size` numbers in one scope; returns by how many MB memory grew at most. */
async function growth(size: number, count: number, budget: number): Promise<number> {
  const { total, growth } = await resultOf<{ total: number; growth: number }>(script, [], [size, count, budget].map(String));
  expect(total).toBe(count); // 1 + (count - 1)
  return growth;
}

test('large tensors in one scope stay within the budget', async () => {
  // 5 GB in all
  expect(await growth(65_536, full ? 100_000 : 20_000, 64)).toBeLessThan(64 + 150);
});

test('small tensors in one scope stay within the budget', async () => {
  expect(await growth(4, full ? 10_000_000 : 600_000, 32)).toBeLessThan(32 + 100);
});
