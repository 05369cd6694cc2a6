import { expect, test } from 'vitest';
import { resultOf } from '@flambeau/vitest/run-script';

test('threads load the addon, compute together and end in any way, also with the process', async () => {
  const { ended } = await resultOf<{ ended: number[] }>(new URL('workers.mjs', import.meta.url));
  expect(ended).toEqual([0, 7, 1, 0, 0, 7, 1, 0, 0, 7, 1, 0]);
});
